import type { LocalGateway } from '@pincer/local-gateway'
import { PincerError } from '@pincer/protocol'
import { eventually } from '@pincer/testing'
import { afterEach, describe, expect, it } from 'vitest'

import { createChatHandler } from '../src/ui-chat-handler.ts'
import { openChat, openShop } from './ui-chat-fixture.ts'

const opened: { close(): Promise<void> }[] = []
afterEach(async () => {
  for (const one of opened.splice(0).toReversed()) await one.close()
})

function open(): LocalGateway {
  const gateway = openShop()
  opened.push(gateway)
  return gateway
}

const said = [{ id: '1', role: 'user', parts: [{ type: 'text', text: 'Say: hello' }] }]

function post(
  body: unknown,
  headers: Record<string, string> = {},
  url = 'http://localhost:3000/api/chat',
): Request {
  return new Request(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  })
}

describe('who may use a chat', () => {
  it('lets pages of this machine, and those that are allowed', async () => {
    const { handler } = openChat(open(), { allowedOrigins: ['https://chat.example.com'] })
    const own = await handler(post({ id: 'one', messages: said }, { origin: 'http://localhost:3000' }))
    expect(own.status).toBe(200)
    expect(own.headers.get('access-control-allow-origin')).toBeNull()
    await own.body?.cancel()
    const foreign = await handler(post({ id: 'two', messages: said }, { origin: 'https://chat.example.com' }))
    expect(foreign.headers.get('access-control-allow-origin')).toBe('https://chat.example.com')
    expect(foreign.headers.get('x-vercel-ai-ui-message-stream')).toBe('v1')
    expect(foreign.headers.get('content-type')).toBe('text/event-stream')
    await foreign.body?.cancel()
    const named = await handler(post({ id: 'two', messages: said }, {}, 'https://chat.example.com/api/chat'))
    expect(named.status).toBe(200)
    await named.body?.cancel()
    const asked = new Request('http://localhost/api/chat', {
      method: 'OPTIONS',
      headers: { origin: 'https://chat.example.com', 'access-control-request-method': 'POST' },
    })
    const answer = await handler(asked)
    expect([answer.status, answer.headers.get('access-control-allow-methods')]).toEqual([
      204,
      'GET, POST, DELETE',
    ])
  })

  it.each([
    ['a page of another origin', { origin: 'https://evil.example' }, 'http://localhost/api/chat', 403],
    ['a hidden frame', { origin: 'null' }, 'http://localhost/api/chat', 403],
    [
      'another port of this machine',
      { origin: 'http://localhost:4000' },
      'http://localhost:3000/api/chat',
      403,
    ],
    ['an image of another site', { 'sec-fetch-site': 'cross-site' }, 'http://localhost/api/chat', 403],
    ['a name that points here', {}, 'http://evil.example/api/chat', 421],
    ['a name that looks like this machine', {}, 'http://127.0.0.1.evil.example/api/chat', 421],
    ['text that is no JSON', { 'content-type': 'text/plain' }, 'http://localhost/api/chat', 415],
  ])('refuses %s', async (_, headers, url, status) => {
    const gateway = open()
    const { handler } = openChat(gateway)
    const answer = await handler(post({ id: 'one', messages: said }, headers, url))
    expect(answer.status).toBe(status)
    expect(answer.headers.get('access-control-allow-origin')).toBeNull()
    expect((await gateway.runs.list()).items).toEqual([])
  })

  it('asks the program whose chat it is', async () => {
    const gateway = open()
    const { handler } = openChat(gateway, {
      sessionKey: async (id, request) =>
        request.headers.get('authorization') === 'Bearer ada' ? `ada:${id}` : undefined,
    })
    expect((await handler(post({ id: 'one', messages: said }))).status).toBe(403)
    const answer = await handler(post({ id: 'one', messages: said }, { authorization: 'Bearer ada' }))
    await answer.text()
    expect((await gateway.runs.list()).items[0]?.sessionKey).toBe('ada:one')
    const read = new Request('http://localhost/api/chat/one/messages')
    expect((await handler(read)).status).toBe(403)
  })
})

describe('what a chat takes', () => {
  const tool = (state: string, more: object) => ({
    id: 'a',
    role: 'assistant',
    metadata: { runId: 'run_none' },
    parts: [{ type: 'dynamic-tool', toolName: 't', toolCallId: 'c', input: {}, state, ...more }],
  })

  it.each<[string, unknown, number, RegExp]>([
    ['no JSON', '{', 400, /not JSON/],
    ['a list', [], 400, /body: expected an object, found an array of 0/],
    ['no id', { messages: said }, 400, /id: expected .* found nothing/],
    ['an id with a path', { id: '../x', messages: said }, 400, /id: expected/],
    ['no messages', { id: 'one', messages: [] }, 400, /messages: expected 1 to 2000 messages/],
    [
      'messages of something else',
      { id: 'one', messages: [{ role: 'user', content: 'x' }] },
      400,
      /UI messages/,
    ],
    [
      'an empty text',
      { id: 'one', messages: [{ ...said[0], parts: [{ type: 'text', text: ' ' }] }] },
      400,
      /text/,
    ],
    [
      'another trigger',
      { id: 'one', messages: said, trigger: 'delete' },
      400,
      /trigger: expected "submit-message"/,
    ],
    [
      'a file',
      { id: 'one', messages: [{ ...said[0], parts: [{ type: 'file', mediaType: 'a/b', url: 'data:,' }] }] },
      400,
      /files cannot be sent/,
    ],
    [
      'nothing new',
      { id: 'one', messages: [tool('input-available', {})] },
      400,
      /a message of the user at the end/,
    ],
    [
      'an answer about a run that there is not',
      { id: 'one', messages: [tool('approval-responded', { approval: { id: 'x', approved: true } })] },
      404,
      /no such run/,
    ],
  ])('refuses %s', async (_, body, status, words) => {
    const gateway = open()
    const answer = await openChat(gateway).handler(post(body))
    expect(answer.status).toBe(status)
    expect(await answer.text()).toMatch(words)
    expect((await gateway.runs.list()).items).toEqual([])
  })

  it('reads no more of a body than it takes', async () => {
    const { handler } = openChat(open(), { maxBodyBytes: 1_000 })
    expect((await handler(post({ id: 'one', messages: said, more: 'x'.repeat(1_000) }))).status).toBe(413)
    let sent = 0
    const endless = new ReadableStream<Uint8Array>({
      pull(controller) {
        sent += 100
        controller.enqueue(new TextEncoder().encode('x'.repeat(100)))
      },
    })
    const request = new Request('http://localhost/api/chat', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: endless,
      duplex: 'half',
    } as RequestInit)
    const answer = await handler(request)
    expect([answer.status, await answer.text()]).toEqual([413, expect.stringContaining('1000 bytes')])
    expect(sent).toBeLessThan(5_000)
  })

  it('survives JSON that is deep, or reaches for prototypes', async () => {
    const { handler } = openChat(open())
    const deep = `${'{"a":'.repeat(20_000)}1${'}'.repeat(20_000)}`
    const part = `{"type":"text","text":"Say: hello","providerMetadata":{"x":${deep}}}`
    const answer = await handler(post(`{"id":"one","messages":[{"id":"1","role":"user","parts":[${part}]}]}`))
    expect(answer.status).toBe(400)
    const polluted =
      '{"id":"one","__proto__":{"polluted":1},"messages":[{"id":"1","role":"user","metadata":{"__proto__":{"polluted":1}},"parts":[{"type":"text","text":"Say: hello"}]}]}'
    await (await handler(post(polluted))).text()
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
  })

  it('knows its own paths and methods only', async () => {
    const { handler } = openChat(open())
    const ask = async (method: string, path: string): Promise<number> =>
      (await handler(new Request(`http://localhost${path}`, { method }))).status
    expect(await ask('GET', '/api/chat')).toBe(404)
    expect(await ask('GET', '/api/chat/one/other')).toBe(404)
    expect(await ask('PUT', '/api/chat/one/stream')).toBe(405)
    expect(await ask('DELETE', '/api/chat/one/messages')).toBe(405)
    expect(await ask('GET', '/api/chat/%zz/stream')).toBe(400)
    expect(await ask('GET', '/api/chat/a%2F..%2Fb/stream')).toBe(400)
    expect(await ask('GET', '/api/chat/one/stream')).toBe(204)
  })
})

describe('one chat and another', () => {
  it('cannot answer, read or stop what is not its own', async () => {
    const gateway = open()
    const { handler, chat } = openChat(gateway)
    const victim = chat('victim')
    await victim.sendMessage({ text: 'Refund order 7' })
    const call = await victim.call('approval-requested')
    const approval = { ...call.approval, id: call.approval?.id ?? '', approved: true }
    const stolen = { ...victim.lastMessage, parts: [{ ...call, state: 'approval-responded', approval }] }
    // The run of another session is not found.
    const foreign = await handler(post({ id: 'thief', messages: [stolen] }))
    expect([foreign.status, await foreign.text()]).toEqual([404, expect.stringContaining('no such run')])
    // Nor is the approval of another run taken, though the run is one's own.
    const thief = chat('thief')
    await thief.sendMessage({ text: 'Refund order 8' })
    const own = thief.lastMessage
    const mixed = { ...own, parts: [{ ...call, state: 'approval-responded', approval }] }
    const refused = await handler(post({ id: 'thief', messages: [mixed] }))
    expect([refused.status, await refused.text()]).toEqual([403, 'The approval is none of this chat.'])
    expect(await gateway.approvals.get(approval.id)).toMatchObject({ status: 'pending' })
    await handler(new Request('http://localhost/api/chat/thief/stream', { method: 'DELETE' }))
    expect(await gateway.approvals.get(approval.id)).toMatchObject({ status: 'pending' })
    // A new message of the thief that names the victim's run does not take its question back.
    const asked = { ...victim.lastMessage, parts: [{ ...call, state: 'approval-requested' }] }
    await (await handler(post({ id: 'thief', messages: [asked, ...said] }))).text()
    expect(await gateway.approvals.get(approval.id)).toMatchObject({ status: 'pending' })
  })

  it('holds no secrets of the gateway in what it says', async () => {
    const gateway = open()
    const broken = {
      ...gateway,
      agents: { ...gateway.agents, run: () => Promise.reject(new Error('token sk-123')) },
    }
    const answer = await createChatHandler({ gateway: broken, agent: 'main' })(
      post({ id: 'one', messages: said }),
    )
    expect([answer.status, await answer.text()]).toEqual([500, 'An error occurred.'])
  })

  it('ends the reading when the page goes away, and nothing else', async () => {
    const gateway = open()
    const left = new AbortController()
    const request = post({
      id: 'one',
      messages: [{ ...said[0], parts: [{ type: 'text', text: 'Tell. [[words:40]] [[slow:10]]' }] }],
    })
    const answer = await openChat(gateway).handler(new Request(request, { signal: left.signal }))
    const reader = answer.body?.getReader()
    await reader?.read()
    left.abort()
    for (let isDone = false; !isDone;) isDone = (await reader?.read())?.done ?? true
    const [run] = await eventually(async () => {
      const { items } = await gateway.runs.list()
      return items[0]?.endedAt === undefined ? undefined : items
    })
    expect(run?.status).toBe('completed')
  })
})

it.each<[string, object]>([
  ['claw: expected a claw', { agent: 'main' }],
  ['agent: expected the id of an agent, found nothing', { gateway: openShop() }],
  [
    'onDisconnect: expected "continue" or "cancel"',
    { agent: 'main', gateway: openShop(), onDisconnect: 'stay' },
  ],
  [
    'allowedOrigins: expected origins',
    { agent: 'main', gateway: openShop(), allowedOrigins: ['example.com'] },
  ],
  ['agentId: not an option', { agentId: 'main', gateway: openShop() }],
  ['maxBodyBytes: expected a number', { agent: 'main', gateway: openShop(), maxBodyBytes: '4mb' }],
])('says what is wrong with its options: %s', (words, options) => {
  let thrown: unknown
  try {
    createChatHandler(options as never)
  } catch (error) {
    thrown = error
  }
  expect(PincerError.isInstance(thrown) && thrown.code).toBe('invalid_option')
  expect(String(thrown)).toContain(words)
})
