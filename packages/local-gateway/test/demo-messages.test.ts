import { describe, expect, it } from 'vitest'
import { createDemoModel } from '../src/demo-model/demo-model.ts'

// What the official client makes of it is tested with the adapter of that client; here it is the wire.
const model = createDemoModel()
type Wire = Record<string, unknown>

function post(body: unknown, path = 'messages'): Promise<Response> {
  const text = JSON.stringify(body)
  return model.fetch(new Request(`http://demo.test/demo/v1/${path}`, { method: 'POST', body: text }))
}

function ask(content: unknown, more: Wire = {}): Wire {
  return { model: 'pincer-demo', max_tokens: 1_000, messages: [{ role: 'user', content }], ...more }
}

async function answer(body: Wire): Promise<Wire> {
  const response = await post(body)
  expect(response.status).toBe(200)
  return (await response.json()) as Wire
}

async function events(body: Wire): Promise<Wire[]> {
  const text = await (await post({ ...body, stream: true })).text()
  return text
    .split('\n\n')
    .filter(Boolean)
    .map((block) => {
      const [name, data = ''] = block.split('\n')
      const event = JSON.parse(data.slice('data: '.length)) as Wire
      expect(name).toBe(`event: ${String(event['type'])}`)
      return event
    })
}

// The pieces of one field, put together.
function piecesOf(all: readonly Wire[], field: string): string {
  return all
    .map(({ delta }) => (delta as Readonly<Record<string, string>> | undefined)?.[field] ?? '')
    .join('')
}

const add = {
  name: 'add_numbers',
  description: 'Adds two numbers',
  input_schema: { type: 'object', properties: { a: { type: 'number' } }, required: ['a'] },
}

describe('messages', () => {
  it('answers in the shape of the API, with the cache counted apart', async () => {
    const first = ask('Say: hello there', { system: 'Be brief.' })
    const message = await answer(first)
    expect(message).toMatchObject({
      type: 'message',
      role: 'assistant',
      model: 'pincer-demo',
      content: [{ type: 'text', text: 'hello there' }],
      stop_reason: 'end_turn',
      usage: { cache_read_input_tokens: 0, service_tier: 'standard' },
    })
    const { usage } = await answer({
      ...first,
      messages: [
        { role: 'user', content: 'Say: hello there' },
        { role: 'assistant', content: message['content'] },
        { role: 'user', content: [{ type: 'text', text: 'Say: again' }] },
      ],
    })
    const counts = usage as Record<string, number>
    expect(counts['cache_read_input_tokens']).toBeGreaterThan(0)
    expect(counts['input_tokens']).toBeGreaterThan(0)
  })

  it('streams the events of the API, whose texts are the whole answer', async () => {
    const all = await events(ask('Say: one two three [[reason]]'))
    expect(all.map(({ type }) => type)).toEqual([
      'message_start',
      'ping',
      'content_block_start',
      ...all
        .filter(({ type, index }) => type === 'content_block_delta' && index === 0)
        .map(({ type }) => type),
      'content_block_stop',
      'content_block_start',
      ...all
        .filter(({ type, index }) => type === 'content_block_delta' && index === 1)
        .map(({ type }) => type),
      'content_block_stop',
      'message_delta',
      'message_stop',
    ])
    expect(piecesOf(all, 'text')).toBe('one two three')
    expect(all.at(-2)).toMatchObject({
      delta: { stop_reason: 'end_turn' },
      usage: { output_tokens_details: {} },
    })
  })

  it('calls a tool, streamed too, and tells what it answered', async () => {
    const body = ask('Add the numbers 4, please', {
      tools: [add, { type: 'web_search_20250305', name: 'web_search' }],
    })
    const message = await answer(body)
    expect(message).toMatchObject({
      content: [{ type: 'tool_use', name: 'add_numbers', input: { a: 4 } }],
      stop_reason: 'tool_use',
    })
    const pieces = piecesOf(await events(body), 'partial_json')
    expect(JSON.parse(pieces)).toEqual({ a: 4 })
    const [use] = message['content'] as Wire[]
    const result = { type: 'tool_result', tool_use_id: use?.['id'], content: [{ type: 'text', text: '8' }] }
    const next = await answer({
      ...body,
      messages: [
        { role: 'user', content: 'Add the numbers 4, please' },
        { role: 'assistant', content: message['content'] },
        { role: 'user', content: [result] },
      ],
    })
    expect(next['content']).toMatchObject([{ type: 'text', text: expect.stringContaining('8') as string }])
  })

  it.each([
    ['[[length]] Say: one two three four', 'max_tokens'],
    ['[[refuse]]', 'refusal'],
    ['[[filter]]', 'refusal'],
  ])('%s stops with %s', async (content, reason) => {
    expect((await answer(ask(content)))['stop_reason']).toBe(reason)
  })

  it('goes on with a thread by the id of its last message, and knows no other', async () => {
    const first = await answer(ask('Add the numbers 4, please', { tools: [add], thread: { type: 'create' } }))
    const [use] = first['content'] as Wire[]
    const thread = { type: 'continue', previous_message_id: first['id'] }
    const content = [{ type: 'tool_result', tool_use_id: use?.['id'], content: '8' }]
    const second = await answer(ask(content, { thread }))
    expect(second['content']).toMatchObject([{ text: expect.stringContaining('8') as string }])
    const lost = await post(ask('Hi', { thread: { type: 'continue', previous_message_id: 'msg_other' } }))
    expect(lost.status).toBe(404)
    expect(await lost.json()).toMatchObject({
      error: { type: 'not_found_error', details: { error_code: 'thread_not_found' } },
    })
  })

  it.each([
    [401, 'authentication_error'],
    [429, 'rate_limit_error'],
    [500, 'api_error'],
    [529, 'overloaded_error'],
  ])('fails with %i as the API does', async (status, type) => {
    const response = await post(ask(`[[error:${status}]]`))
    expect(response.status).toBe(status)
    const requestId = response.headers.get('request-id')
    expect(requestId).toMatch(/^req_demo_/)
    expect(await response.json()).toMatchObject({ type: 'error', error: { type }, request_id: requestId })
  })

  it('sends an error in the middle of a stream', async () => {
    const all = await events(ask('Say: one two three [[error-midstream]]'))
    expect(all.at(-1)).toMatchObject({ type: 'error', error: { type: 'api_error' } })
  })

  it('counts tokens', async () => {
    const response = await post(ask('Hello'), 'messages/count_tokens')
    expect(await response.json()).toEqual({ input_tokens: 6 })
  })

  it.each([
    ['no messages', { model: 'm', messages: [] }, 'messages'],
    ['a wrong role', { model: 'm', messages: [{ role: 'tool', content: 'x' }] }, 'messages[0].role'],
    ['no model', { messages: [{ role: 'user', content: 'x' }] }, 'model'],
  ])('refuses %s, and names it', async (_, body, path) => {
    const response = await post(body)
    expect(response.status).toBe(400)
    const { error } = (await response.json()) as { error: { type: string; message: string } }
    expect(error.type).toBe('invalid_request_error')
    expect(error.message).toContain(path)
  })
})
