import { request } from 'node:http'

import { createTool } from '@mastra/core/tools'
import { eventually } from '@pincer/testing'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'

import type { McpEndpoint } from '../src/serve.ts'
import { addTool, callTool, connectClient, hangingTool, listening, textOf, watched } from './serve-fixture.ts'

interface Sent {
  readonly method?: string
  readonly path?: string
  readonly headers?: Record<string, string | undefined>
  readonly body?: string | Buffer
}

interface Answered {
  readonly status: number
  readonly headers: Record<string, unknown>
  readonly text: string
}

/** Sends a request by hand, so that every header can be wrong. */
function send(
  { url, token }: McpEndpoint,
  { method = 'POST', path, headers, body }: Sent,
): Promise<Answered> {
  const given = {
    authorization: `Bearer ${token}`,
    'content-type': 'application/json',
    accept: 'application/json, text/event-stream',
    ...headers,
  }
  const kept = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined))
  return new Promise((resolve, reject) => {
    const target = path === undefined ? url : new URL(path, url)
    const sent = request(target, { method, headers: kept as Record<string, string> }, (response) => {
      const pieces: Buffer[] = []
      response.on('data', (piece: Buffer) => pieces.push(piece))
      response.on('error', reject)
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          text: Buffer.concat(pieces).toString(),
        }),
      )
    })
    sent.on('error', reject)
    sent.end(body)
  })
}

const rpc = (method: string, params: object = {}, id: number | string = 1): string =>
  JSON.stringify({ jsonrpc: '2.0', id, method, params })
const initialize = rpc('initialize', {
  protocolVersion: '2025-06-18',
  capabilities: {},
  clientInfo: { name: 'raw', version: '1' },
})

/** Opens a session by hand. */
async function openSession(endpoint: McpEndpoint): Promise<string> {
  const { status, headers } = await send(endpoint, { body: initialize })
  expect(status).toBe(200)
  return String(headers['mcp-session-id'])
}

describe('who is not let in', () => {
  const token = 'a-token-of-thirty-two-characters'
  const open = async () => {
    const { claw, gateway } = watched()
    return { endpoint: await listening({ add: addTool() }, claw, { listen: { token } }), gateway }
  }

  it.each([
    ['no token', { authorization: undefined }, 401],
    ['a wrong token', { authorization: 'Bearer a-token-of-thirty-two-charactersX' }, 401],
    ['part of the token', { authorization: 'Bearer a-token-of-thirty' }, 401],
    ['another scheme', { authorization: `Basic ${token}` }, 401],
    ['a name that points here', { host: 'evil.example' }, 421],
    ['a name that only looks like loopback', { host: '127.0.0.1.evil.example' }, 421],
    ['a broken name', { host: 'a b' }, 421],
    ['a page of another site', { origin: 'https://evil.example' }, 403],
    ['a page without origin', { origin: 'null' }, 403],
    ['a page of another port', { origin: 'http://127.0.0.1:1' }, 403],
    ['an embedding page', { 'sec-fetch-site': 'cross-site' }, 403],
  ])('%s', async (_, headers, status) => {
    const { endpoint, gateway } = await open()
    const answer = await send(endpoint, { headers, body: initialize })
    expect(answer.status).toBe(status)
    expect(answer.headers['mcp-session-id']).toBeUndefined()
    expect(answer.headers['access-control-allow-origin']).toBeUndefined()
    expect(answer.text).not.toContain(token)
    expect(JSON.parse(answer.text)).toMatchObject({ jsonrpc: '2.0', id: null, error: { code: -32_000 } })
    expect(gateway.asked).toEqual([])
  })

  it('a page that asks first', async () => {
    const { endpoint } = await open()
    const headers = { origin: 'https://evil.example', 'access-control-request-method': 'POST' }
    expect((await send(endpoint, { method: 'OPTIONS', headers })).status).toBe(403)
    expect((await send(endpoint, { method: 'OPTIONS' })).status).toBe(405)
  })

  it('another path', async () => {
    const { endpoint } = await open()
    expect((await send(endpoint, { path: '/', body: initialize })).status).toBe(404)
    expect((await send(endpoint, { path: '/mcp/../etc/passwd', body: initialize })).status).toBe(404)
  })

  it('but every loopback name, and those that were allowed', async () => {
    const { claw } = watched()
    const listen = { token, allowedHosts: ['claw.internal'] }
    const endpoint = await listening({ add: addTool() }, claw, { listen })
    for (const host of ['localhost:80', '[::1]', 'claw.internal', 'CLAW.internal.'])
      expect((await send(endpoint, { headers: { host }, body: initialize })).status).toBe(200)
  })

  it('does not show its token', async () => {
    const { endpoint } = await open()
    const { inspect } = await import('node:util')
    expect(endpoint.token).toBe(token)
    expect(inspect(endpoint, { depth: 9, showHidden: true }) + JSON.stringify(endpoint)).not.toContain(token)
    const { claw } = watched()
    const other = await listening({ add: addTool() }, claw)
    expect(other.token).toMatch(/^[\w-]{43}$/)
  })
})

describe('what is not taken', () => {
  const open = async () => {
    const { claw } = watched()
    const endpoint = await listening({ add: addTool() }, claw, { listen: { maxBodyBytes: 100_000 } })
    return { claw, endpoint, session: await openSession(endpoint) }
  }
  const nested = (depth: number): string => `${'['.repeat(depth)}${']'.repeat(depth)}`

  it.each([
    ['a long body', 'x'.repeat(200_000), 413],
    ['no JSON', '{', 400],
    ['nothing', '', 400],
    ['no JSON-RPC', '{"hello":1}', 400],
    ['text that is not UTF-8', Buffer.from([0x22, 0xff, 0x22]), 400],
    ['deep JSON', nested(40_000), 400],
    [
      'deep arguments',
      rpc('tools/call', { name: 'add', arguments: { a: 0 } }).replace('0}', `${nested(80)}}`),
      400,
    ],
    [
      'a prototype',
      rpc('tools/call', { name: 'add', arguments: { a: 0 } }).replace('"a"', '"__proto__"'),
      400,
    ],
    ['a hidden prototype', rpc('tools/call', {}).replace('{}', '{"\\u005f_proto__":{"x":1}}'), 400],
    ['a crowd', JSON.stringify(Array.from({ length: 5000 }, () => 0)), 400],
  ])('%s', async (_, body, status) => {
    const { endpoint, session } = await open()
    const headers = { 'mcp-session-id': session }
    expect((await send(endpoint, { headers, body })).status).toBe(status)
    // Chunked, so that its length is not told.
    expect(
      (await send(endpoint, { headers: { ...headers, 'transfer-encoding': 'chunked' }, body })).status,
    ).toBe(status)
    expect(Object.hasOwn(Object.prototype, 'x')).toBe(false)
    // It lives.
    expect((await send(endpoint, { headers, body: rpc('tools/list') })).status).toBe(200)
  })

  it('forms, plain text, and unknown sessions', async () => {
    const { endpoint, session } = await open()
    const list = rpc('tools/list')
    const types = ['text/plain', 'application/x-www-form-urlencoded', undefined]
    for (const type of types)
      expect((await send(endpoint, { headers: { 'content-type': type }, body: list })).status).toBe(415)
    expect((await send(endpoint, { body: list })).status).toBe(400)
    expect((await send(endpoint, { headers: { 'mcp-session-id': 'x' }, body: list })).status).toBe(404)
    expect((await send(endpoint, { method: 'GET', headers: { 'mcp-session-id': 'x' } })).status).toBe(404)
    const gone = { 'mcp-session-id': session }
    expect((await send(endpoint, { method: 'DELETE', headers: gone })).status).toBe(200)
    expect((await send(endpoint, { headers: gone, body: list })).status).toBe(404)
  })

  it('a crowd of clients at one moment', async () => {
    const { claw } = watched()
    const endpoint = await listening({ add: addTool() }, claw, { listen: { maxSessions: 5 } })
    const answers = await Promise.all(Array.from({ length: 50 }, () => send(endpoint, { body: initialize })))
    const ids = answers.map(({ headers }) => headers['mcp-session-id']).filter((id) => typeof id === 'string')
    const living = await Promise.all(
      ids.map((id) => send(endpoint, { headers: { 'mcp-session-id': id }, body: rpc('tools/list') })),
    )
    expect(living.filter(({ status }) => status === 200).length).toBeLessThanOrEqual(5)
    expect((await send(endpoint, { body: initialize })).status).toBe(200)
  })

  it('a client too many, but the place of one that is idle', async () => {
    const { claw } = watched()
    const [first, second] = [hangingTool(), hangingTool()]
    const tools = { first: first.hang, second: second.hang }
    const endpoint = await listening(tools, claw, { listen: { maxSessions: 2 } })
    const busy = await connectClient(endpoint)
    const calling = callTool(busy, 'first').catch(() => {})
    await first.called
    const idle = await openSession(endpoint)
    const next = await openSession(endpoint)
    expect(
      (await send(endpoint, { headers: { 'mcp-session-id': idle }, body: rpc('tools/list') })).status,
    ).toBe(404)
    expect(
      (await send(endpoint, { headers: { 'mcp-session-id': next }, body: rpc('tools/list') })).status,
    ).toBe(200)
    const other = await connectClient(endpoint)
    const waiting = callTool(other, 'second').catch(() => {})
    await second.called
    expect((await send(endpoint, { body: initialize })).status).toBe(503)
    await Promise.all([busy.close(), other.close(), calling, waiting])
  })
})

describe('calls that go wrong', () => {
  it('names the fields that do not fit, and no value of ours', async () => {
    const { claw } = watched()
    const client = await connectClient(await listening({ add: addTool() }, claw))
    const result = await callTool(client, 'add', { a: 'x', c: {} })
    expect(result.isError).toBe(true)
    expect(textOf(result)).toMatch(
      /^the arguments of "add" do not fit: a: .*; b: .*; correct them and call again$/,
    )
  })

  it('takes a null for what was left out, as Mastra does', async () => {
    const { claw } = watched()
    const greet = createTool({
      id: 'greet',
      description: 'Greets.',
      inputSchema: z.object({ name: z.string().optional() }),
      execute: async ({ name = 'nobody' }) => name,
    })
    const client = await connectClient(await listening({ greet }, claw))
    expect(textOf(await callTool(client, 'greet', { name: null }))).toBe('nobody')
  })

  it('does not know tools by the names of prototypes', async () => {
    const { claw, of } = watched()
    const client = await connectClient(await listening({ add: addTool() }, claw))
    for (const name of ['constructor', '__proto__', 'toString', 'x'.repeat(10_000), ''])
      expect(textOf(await callTool(client, name))).toMatch(
        /^there is no tool ".{0,128}"; choose one that was listed$/,
      )
    expect(await of('tool.call.failed')).toHaveLength(5)
    expect(claw.stats()).toMatchObject({ open: 0, rejected: 0 })
  })

  it('tells no stack and no path of what a tool throws', async () => {
    const { claw, of } = watched()
    const thrown: unknown[] = [
      Object.assign(new Error('cannot open /srv/app/private/key.pem'), {
        stack: 'Error\n    at /srv/app/index.ts:1:1',
      }),
      new Error(`lost\n    at load (/srv/app/index.ts:3:14)`),
      'a text',
      undefined,
      { toString: null },
      new Error('long '.repeat(10_000)),
    ]
    const fail = createTool({
      id: 'fail',
      description: 'Fails.',
      execute: async () => {
        throw thrown.shift()
      },
    })
    const client = await connectClient(await listening({ fail }, claw))
    const told: string[] = []
    while (thrown.length > 0) told.push(textOf(await callTool(client, 'fail')))
    expect(told.slice(0, 5)).toEqual([
      'cannot open [path]',
      'lost',
      'a text',
      '"fail" failed and gave no reason',
      '"fail" failed and gave no reason',
    ])
    expect(told[5]?.length).toBeLessThan(4100)
    expect(JSON.stringify(await of('tool.call.failed'))).not.toContain('index.ts:1:1')
  })

  it('refuses what cannot be written, is too long, or is not what its schema says', async () => {
    const { claw } = watched()
    const circle: Record<string, unknown> = {}
    circle['circle'] = circle
    const outputs: unknown[] = [circle, { n: 1n }, 'x'.repeat(5_000_000)]
    const give = createTool({ id: 'give', description: 'Gives.', execute: async () => outputs.shift() })
    const lie = createTool({
      id: 'lie',
      description: 'Lies.',
      outputSchema: z.object({ sum: z.number() }),
      execute: async () => ({ sum: 'three' }) as never,
    })
    const client = await connectClient(await listening({ give, lie }, claw))
    expect(textOf(await callTool(client, 'give'))).toBe('what "give" gave back cannot be written as JSON')
    expect(textOf(await callTool(client, 'give'))).toBe('what "give" gave back cannot be written as JSON')
    expect(textOf(await callTool(client, 'give'))).toMatch(/is longer than 4194304 characters$/)
    const lied = await callTool(client, 'lie')
    expect(lied.isError).toBe(true)
    expect(textOf(lied)).toMatch(/output validation failed/i)
  })

  it('gives a tool up that hangs', async () => {
    const { claw, of } = watched()
    const { hang, aborted } = hangingTool()
    const client = await connectClient(await listening({ hang }, claw, { serve: { timeoutMs: 30 } }))
    const result = await callTool(client, 'hang')
    expect(textOf(result)).toBe('"hang" took longer than 30 ms, and was given up')
    expect(await aborted).toMatchObject({ gatewayCode: 'tool_timed_out' })
    expect(await of('run.failed')).toHaveLength(1)
    expect(claw.stats().open).toBe(0)
  })

  it('tells a tool that wants to suspend that it cannot', async () => {
    const { claw } = watched()
    const wait = createTool({
      id: 'wait',
      description: 'Waits.',
      suspendSchema: z.object({ why: z.string() }),
      execute: async (_, context) => context.agent?.suspend({ why: 'tired' }),
    })
    const client = await connectClient(await listening({ wait }, claw))
    expect(textOf(await callTool(client, 'wait'))).toMatch(/^"wait" wants to suspend/)
  })

  it('does not let a tool change what was permitted', async () => {
    const { claw, gateway, of } = watched()
    const shift = createTool({
      id: 'shift',
      description: 'Changes its arguments.',
      inputSchema: { type: 'object', properties: { list: { type: 'array' } } },
      execute: async (input) => {
        Object(input).list.push('mine')
        return 'done'
      },
    })
    const client = await connectClient(await listening({ shift }, claw))
    await callTool(client, 'shift', { list: ['given'] })
    expect(gateway.asked).toMatchObject([{ input: { list: ['given'] } }])
    expect(await of('tool.call.started')).toMatchObject([{ data: { input: { list: ['given'] } } }])
  })

  it('cancels the call of a client that goes away', async () => {
    const { claw, of } = watched()
    const { hang, called, aborted } = hangingTool()
    const endpoint = await listening({ hang, add: addTool() }, claw)
    const session = await openSession(endpoint)
    const leaving = request(endpoint.url, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${endpoint.token}`,
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
        'mcp-session-id': session,
      },
    })
    leaving.on('error', () => {})
    // An id of zero is one too.
    leaving.end(rpc('tools/call', { name: 'hang', arguments: {} }, 0))
    await called
    leaving.destroy()
    await aborted
    expect(await eventually(async () => (await of('run.cancelled'))[0])).toBeDefined()
    expect(claw.stats()).toMatchObject({ open: 0, lateEnds: 0 })
    const headers = { 'mcp-session-id': session }
    const body = rpc('tools/call', { name: 'add', arguments: { a: 1, b: 2 } }, 2)
    expect((await send(endpoint, { headers, body })).text).toContain('"structuredContent":{"sum":3}')
  })

  it('ends the answer of a call that was cancelled', async () => {
    const { claw } = watched()
    const { hang, called, aborted } = hangingTool()
    const endpoint = await listening({ hang }, claw)
    const headers = { 'mcp-session-id': await openSession(endpoint) }
    const calling = send(endpoint, { headers, body: rpc('tools/call', { name: 'hang' }, 5) })
    await called
    const body = JSON.stringify({
      jsonrpc: '2.0',
      method: 'notifications/cancelled',
      params: { requestId: 5, reason: 'enough' },
    })
    expect((await send(endpoint, { headers, body })).status).toBe(202)
    expect(await aborted).toBe('enough')
    expect(await calling).toMatchObject({ status: 200, text: '' })
  })

  it('refuses calls beyond its bound, and takes them later', async () => {
    const { claw } = watched()
    const { hang, called } = hangingTool()
    const client = await connectClient(
      await listening({ hang, add: addTool() }, claw, { serve: { maxCalls: 1 } }),
    )
    const stop = new AbortController()
    const calling = callTool(client, 'hang', {}, { signal: stop.signal }).catch(() => {})
    await called
    expect(textOf(await callTool(client, 'add', { a: 1, b: 2 }))).toBe(
      '1 calls are under way; call again later',
    )
    stop.abort()
    await calling
    await eventually(
      async () => (await callTool(client, 'add', { a: 1, b: 2 })).isError !== true || undefined,
    )
  })

  it('makes a thousand calls, each once', async () => {
    const { claw, gateway, of } = watched()
    const calls: unknown[] = []
    const client = await connectClient(await listening({ add: addTool(calls) }, claw))
    const sums = await Promise.all(
      Array.from(
        { length: 1000 },
        async (_, a) => (await callTool(client, 'add', { a, b: 1 })).structuredContent,
      ),
    )
    expect(sums).toEqual(Array.from({ length: 1000 }, (_, a) => ({ sum: a + 1 })))
    expect(calls).toHaveLength(1000)
    expect(gateway.asked).toHaveLength(1000)
    expect(await of('tool.call.completed')).toHaveLength(1000)
    expect(new Set((await of('tool.call.completed')).map(({ data }) => data.toolCallId)).size).toBe(1000)
    expect(claw.stats()).toMatchObject({ open: 0, dropped: 0, rejected: 0 })
  }, 30_000)
})
