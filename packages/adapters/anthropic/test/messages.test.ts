import {
  jsonAnswer,
  type Recorded,
  recorded,
  sendEvent,
  startEvents,
  useScriptedServer,
} from '@pincer/testing'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'

import { wrapAnthropic } from '../src/index.ts'
import { clientKinds } from './clients.ts'
import {
  block,
  events,
  failure,
  message,
  messageEnd,
  messageStart,
  openStream,
  textBlock,
  textStream,
  toolStream,
  toolUse,
  usageConverted,
} from './wire.ts'

const messages = [{ role: 'user' as const, content: 'Say hello' }]
const hello = { model: 'claude-test', max_tokens: 100, messages }
const streamed = { ...hello, stream: true as const }
const fixture = useScriptedServer('request-id')

const searchUse = {
  type: 'server_tool_use',
  id: 'srvtoolu_1',
  name: 'web_search',
  input: { query: 'Bergen' },
}
const searchResult = {
  type: 'web_search_tool_result',
  tool_use_id: 'srvtoolu_1',
  content: [
    {
      type: 'web_search_result',
      url: 'https://example.test',
      title: 'Rain',
      encrypted_content: 'opaque'.repeat(50),
    },
  ],
}
const citation = {
  type: 'web_search_result_location',
  cited_text: 'It rains',
  url: 'https://example.test',
  title: 'Rain',
  encrypted_index: 'opaque',
}
const { encrypted_index: _, ...shownCitation } = citation

describe.each(clientKinds)('messages of $name', ({ make, provider }) => {
  let record: Recorded
  let client: ReturnType<typeof make>
  beforeEach(() => {
    record = recorded()
    client = wrapAnthropic(make(fixture.server.url), record.claw)
  })
  afterEach(() => record.done())
  const read = async (): Promise<void> => {
    for await (const event of await client.messages.create(streamed)) void event
  }
  const completed = async (): Promise<unknown[]> =>
    (await record.of('model.call.completed')).map(({ data }) => data)

  test('the request stands in the record: system prompt and messages as input, tools by name', async () => {
    fixture.server.answer(jsonAnswer(message('Hello!')))
    const tool = { name: 'add', input_schema: { type: 'object' as const } }
    await client.messages.create({
      ...hello,
      system: 'Be brief.',
      tools: [tool],
      thinking: { type: 'disabled' },
    })
    expect((await record.of('model.call.started'))[0]?.data).toMatchObject({
      provider,
      model: 'claude-test',
      operation: 'chat',
      input: [{ role: 'system', content: 'Be brief.' }, ...messages],
      parameters: { max_tokens: 100, tools: ['add'], thinking: { type: 'disabled' } },
      stream: false,
    })
    expect((await completed())[0]).toMatchObject({
      finishReason: 'end_turn',
      responseId: 'msg_1',
      output: { role: 'assistant', content: [{ type: 'text', text: 'Hello!' }] },
    })
    expect((await record.of('usage.reported'))[0]?.data).toMatchObject({
      provider,
      model: 'claude-test-2026',
    })
  })

  test('files are counted, not copied', async () => {
    fixture.server.answer(jsonAnswer(message('A cat')))
    const source = { type: 'base64' as const, media_type: 'image/png' as const, data: 'AAAA'.repeat(100) }
    const image = { type: 'image' as const, source }
    const content = [image, { type: 'text' as const, text: 'What is this?' }]
    await client.messages.create({ ...hello, messages: [{ role: 'user', content }] })
    const [started] = await record.of('model.call.started')
    expect(started?.data.input).toEqual([
      {
        role: 'user',
        content: [
          { type: 'image', source: { type: 'base64', media_type: 'image/png', bytes: 300 } },
          { type: 'text', text: 'What is this?' },
        ],
      },
    ])
    expect(JSON.stringify(fixture.server.requests[0]?.body)).toContain(source.data)
    expect(content[0]).toBe(image)
  })

  test.each([
    ['end_turn', 'ok'],
    ['stop_sequence', 'ok'],
    ['tool_use', 'ok'],
    ['pause_turn', 'ok'],
    ['max_tokens', 'length'],
    ['model_context_window_exceeded', 'length'],
    ['refusal', 'refusal'],
  ])('%s is told apart', async (reason, outcome) => {
    fixture.server.answers(jsonAnswer(message('cut', reason)), textStream(['cut'], reason))
    await client.messages.create(hello)
    await read()
    expect(await completed()).toMatchObject([
      { outcome, finishReason: reason },
      { outcome, finishReason: reason },
    ])
  })

  test('the two counts of a stream are one usage, not a sum, and keep what only the first tells', async () => {
    fixture.server.answer(
      events(
        messageStart(),
        ...textBlock(['Hi']),
        ...messageEnd('end_turn', {
          output_tokens: 9,
          input_tokens: 12,
          server_tool_use: { web_search_requests: 1, web_fetch_requests: 0 },
        }),
      ),
    )
    await read()
    expect((await record.of('usage.reported')).map(({ data }) => data)).toMatchObject([
      {
        inputTokens: 22,
        outputTokens: 9,
        totalTokens: 31,
        details: { ...usageConverted.details, webSearchRequests: 1 },
      },
    ])
  })

  test('thinking is told as thinking, and its signature is left out', async () => {
    const thinking = { type: 'thinking', thinking: 'Hm, well', signature: 'sig'.repeat(100) }
    const redacted = { type: 'redacted_thinking', data: 'AAAA' }
    fixture.server.answers(
      events(
        messageStart(),
        ...block(0, { ...thinking, thinking: '', signature: '' }, [
          { type: 'thinking_delta', thinking: 'Hm, ' },
          { type: 'thinking_delta', thinking: 'well' },
          { type: 'signature_delta', signature: thinking.signature },
        ]),
        ...block(1, redacted),
        ...textBlock(['Hi'], 2),
        ...messageEnd(),
      ),
      jsonAnswer(message([thinking, redacted, { type: 'text', text: 'Hi' }])),
    )
    await read()
    await client.messages.create(hello)
    const content = [
      { type: 'thinking', thinking: 'Hm, well' },
      { type: 'redacted_thinking', bytes: 3 },
      { type: 'text', text: 'Hi' },
    ]
    expect(await completed()).toMatchObject([{ output: { content } }, { output: { content } }])
    expect((await record.of('thinking.delta')).map(({ data }) => data.delta).join('')).toBe('Hm, well')
    expect((await record.of('assistant.delta')).map(({ data }) => data.delta).join('')).toBe('Hi')
    expect(JSON.stringify(await record.events())).not.toContain('sigsig')
  })

  test('tools the caller runs stand in the output, with the arguments put together', async () => {
    const uses = [
      { id: 'toolu_1', name: 'add', input: { a: 1, signature: 'mine' } },
      { id: 'toolu_2', name: 'sub', input: {} },
    ]
    fixture.server.answers(
      toolStream(...uses),
      jsonAnswer(
        message(
          uses.map(({ id, name, input }) => toolUse(id, name, input)),
          'tool_use',
        ),
      ),
    )
    await read()
    await client.messages.create(hello)
    const content = uses.map((use) => ({ type: 'tool_use', ...use }))
    expect(await completed()).toMatchObject([{ output: { content } }, { output: { content } }])
    expect(await record.of('tool.call.started')).toEqual([])
  })

  test('tools that the service runs are tool calls of the model call, and citations are kept', async () => {
    const text = { type: 'text', text: 'It rains.', citations: [citation] }
    const pieces = [
      ...block(0, { ...searchUse, input: {} }, [
        { type: 'input_json_delta', partial_json: '{"query":"Bergen"}' },
      ]),
      ...block(1, searchResult),
      ...block(2, { type: 'text', text: '', citations: [] }, [
        { type: 'text_delta', text: 'It rains.' },
        { type: 'citations_delta', citation },
      ]),
    ]
    fixture.server.answers(
      jsonAnswer(message([searchUse, searchResult, text])),
      events(messageStart(), ...pieces, ...messageEnd()),
    )
    await client.messages.create(hello)
    await read()
    const calls = await record.of('model.call.started')
    expect((await record.of('tool.call.started')).map(({ data }) => data)).toMatchObject(
      calls.map(({ actionId }) => ({
        toolCallId: 'srvtoolu_1',
        name: 'web_search',
        input: { query: 'Bergen' },
        parentActionId: actionId,
      })),
    )
    const results = await record.of('tool.call.completed')
    expect(results.map(({ data }) => data)).toMatchObject([{ outcome: 'ok' }, { outcome: 'ok' }])
    expect(results[0]?.data.output).toEqual([
      { type: 'web_search_result', url: 'https://example.test', title: 'Rain' },
    ])
    for (const data of await completed())
      expect((data as { output: { content: unknown[] } }).output.content[2]).toEqual({
        ...text,
        citations: [shownCitation],
      })
    expect(JSON.stringify(await record.events())).not.toContain('opaque')
  })

  test('a tool of the service that fails, and one that is not answered here', async () => {
    const content = { type: 'web_search_tool_result_error', error_code: 'max_uses_exceeded' }
    const mcpUse = { type: 'mcp_tool_use', id: 'mcptoolu_1', name: 'find', server_name: 'crm', input: {} }
    const mcpResult = {
      type: 'mcp_tool_result',
      tool_use_id: 'mcptoolu_1',
      is_error: true,
      content: [{ type: 'text', text: 'no such customer' }],
    }
    const open = { ...searchUse, id: 'srvtoolu_2' }
    fixture.server.answer(
      jsonAnswer(message([searchUse, { ...searchResult, content }, mcpUse, mcpResult, open], 'pause_turn')),
    )
    await client.messages.create(hello)
    expect((await record.of('tool.call.failed')).map(({ data }) => [data.name, data.error])).toMatchObject([
      ['web_search', { code: 'max_uses_exceeded' }],
      ['crm.find', { message: 'no such customer' }],
    ])
    expect((await record.of('tool.call.completed')).map(({ data }) => data)).toMatchObject([
      { toolCallId: 'srvtoolu_2', outcome: 'abandoned' },
    ])
    expect(await completed()).toMatchObject([{ outcome: 'ok', finishReason: 'pause_turn' }])
  })

  test.each([
    [529, 'overloaded_error', 'OverloadedError'],
    [429, 'rate_limit_error', 'RateLimitError'],
    [400, 'invalid_request_error', 'BadRequestError'],
  ])('%i is named, with its type and request id', async (status, type, name) => {
    fixture.server.answer(failure(status, type, 'on purpose'))
    await expect(client.messages.create(hello)).rejects.toThrow(String(status))
    expect((await record.of('model.call.failed'))[0]?.data.error).toMatchObject({
      name,
      code: type,
      status,
      requestId: 'req_test',
    })
    expect((await record.of('run.failed'))[0]?.data.error).toMatchObject({ name, code: type })
  })

  test.each(['events', 'bytes'])(
    'an error in the middle of a stream, read as %s, keeps the text so far',
    async (way) => {
      fixture.server.answer(async (request, response) => {
        await openStream(request, response)
        sendEvent(response, { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } })
        response.end()
      })
      if (way === 'events') await expect(read()).rejects.toThrow('Overloaded')
      else await (await client.messages.create(streamed).asResponse()).text()
      expect((await record.of('model.call.failed'))[0]?.data).toMatchObject({
        outcome: 'error',
        output: { content: [{ text: 'Once' }] },
        error: { name: 'OverloadedError', code: 'overloaded_error' },
      })
      expect((await record.of('usage.reported'))[0]?.data.inputTokens).toBe(20)
    },
  )

  test('controller.abort(), and abort() of the stream helper, are cancellations', async () => {
    fixture.server.answer(openStream)
    const stream = await client.messages.create(streamed)
    for await (const event of stream) if (event.type === 'content_block_delta') stream.controller.abort()
    const helper = client.messages.stream(hello)
    helper.on('text', () => helper.abort())
    await expect(helper.finalMessage()).rejects.toThrow('aborted')
    expect(await completed()).toMatchObject([
      { outcome: 'cancelled', output: { content: [{ text: 'Once' }] } },
      { outcome: 'cancelled', output: { content: [{ text: 'Once' }] } },
    ])
  })

  test('a break after the last word is no cancellation', async () => {
    fixture.server.answer(textStream(['Hi']))
    for await (const event of await client.messages.create(streamed))
      if (event.type === 'message_delta') break
    expect(await completed()).toMatchObject([{ outcome: 'ok' }])
  })

  test('events of a wrong shape do no harm', async () => {
    const odd = [
      { type: 'content_block_delta', index: 7, delta: { type: 'text_delta', text: 'x' } },
      { type: 'content_block_start', index: 1e9, content_block: { type: 'text' } },
      { type: 'content_block_stop', index: 5 },
      { type: 'message_delta' },
    ]
    const [start, ...rest] = [messageStart(), ...textBlock(['Hi']), ...odd, ...messageEnd()] as const
    fixture.server.answer((_request, response) => {
      startEvents(response)
      for (const event of [start, ...rest]) sendEvent(response, event)
      response.end()
    })
    await read()
    expect(await completed()).toMatchObject([{ outcome: 'ok', output: { content: [{ text: 'Hi' }] } }])
  })

  test('a whole answer of a wrong shape does no harm', async () => {
    fixture.server.answer(jsonAnswer({ content: 'none', usage: 7 }))
    expect(await client.messages.create(hello)).toMatchObject({ content: 'none' })
    expect(await completed()).toHaveLength(1)
  })

  test('a key in a prompt never leaves the process', async () => {
    const key = ['sk', 'ant', 'api03', 'abcdefghijklmnopqrstuvwxyz0123456789'].join('-')
    fixture.server.answer(jsonAnswer(message('Hello!')))
    await client.messages.create({ ...hello, system: `the key is ${key}` })
    expect(JSON.stringify(await record.events())).not.toContain(key)
  })
})
