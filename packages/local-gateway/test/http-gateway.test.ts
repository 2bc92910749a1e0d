import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { gunzipSync } from 'node:zlib'
import { type ClawEvent, type Gateway, GatewayError, PincerError } from '@pincer/protocol'
import { eventually, type FaultProxy, recordedRun, startFaultProxy } from '@pincer/testing'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { LocalGateway } from '../src/complete-gateway.ts'
import { readAddress } from '../src/client/address.ts'
import { createHttpGateway } from '../src/client/http-gateway.ts'
import { openHttp } from '../src/http-fetch.ts'
import { localGateway } from '../src/local-gateway.ts'
import { startLocalGateway } from '../src/start-local-gateway.ts'

const token = 'a-token-that-nobody-may-see'
const run = recordedRun({ runId: 'run-1' })
const opened: Gateway[] = []

function open(options: { url: string; timeoutMs?: number; token?: string }): LocalGateway {
  const gateway = localGateway({ token, ...options })
  opened.push(gateway)
  return gateway
}

async function failure(promise: Promise<unknown>): Promise<GatewayError> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (!(error instanceof GatewayError)) throw new Error(`expected a GatewayError, found ${String(error)}`)
  expect(`${error.message}\n${error.stack}\n${JSON.stringify(error)}`).not.toContain(token)
  return error
}

afterEach(async () => {
  for (const gateway of opened.splice(0)) await gateway.close()
})

describe('behind a connection that breaks', () => {
  let local: Awaited<ReturnType<typeof startLocalGateway>>
  let proxy: FaultProxy

  beforeEach(async () => {
    const policies = [{ id: 'ask', match: { tool: 'careful' }, action: 'require_approval' as const }]
    local = await startLocalGateway({ port: 0, databasePath: ':memory:', token, policies })
    proxy = await startFaultProxy(local.url)
  })
  afterEach(async () => {
    await proxy.close()
    await local.close()
  })

  it.each([
    [400, false],
    [401, false],
    [403, false],
    [404, false],
    [409, false],
    [413, false],
    [408, true],
    [425, true],
    [429, true],
    [500, true],
    [502, true],
    [503, true],
  ])('answers status %i with an error that is retryable: %s', async (status, retryable) => {
    await proxy.set({ kind: 'status', status })
    const error = await failure(open({ url: proxy.url }).events.append(run))
    expect(error).toMatchObject({ status, retryable, retryAfterMs: undefined })
  })

  it('reads Retry-After in seconds and as a date', async () => {
    const gateway = open({ url: proxy.url })
    await proxy.set({ kind: 'status', status: 429, retryAfter: '7' })
    expect((await failure(gateway.events.append(run))).retryAfterMs).toBe(7000)
    await proxy.set({ kind: 'status', status: 503, retryAfter: new Date(Date.now() + 60_000).toUTCString() })
    const { retryAfterMs } = await failure(gateway.events.append(run))
    expect(retryAfterMs).toBeGreaterThan(50_000)
    expect(retryAfterMs).toBeLessThanOrEqual(60_000)
    await proxy.set({ kind: 'status', status: 503, retryAfter: 'soon' })
    expect((await failure(gateway.events.append(run))).retryAfterMs).toBeUndefined()
  })

  it.each([
    '<html>welcome to the hotel</html>',
    '',
    '{"verdicts":',
    'null',
    '[]',
    '{"verdicts":[]}',
    '{"verdicts":[{"id":"run-1-event-1","status":"maybe"}]}',
  ])('takes the garbage %j for a failure that may pass', async (body) => {
    await proxy.set({ kind: 'garbage', body })
    const error = await failure(open({ url: proxy.url }).events.append(run))
    expect(error).toMatchObject({ retryable: true, gatewayCode: 'invalid_answer' })
  })

  it('tells a gateway that is down, refuses, or breaks off', async () => {
    const gateway = open({ url: proxy.url })
    for (const kind of ['down', 'refuse', 'cut-request'] as const) {
      await proxy.set({ kind })
      expect(await failure(gateway.events.append(run))).toMatchObject({
        retryable: true,
        gatewayCode: 'unreachable',
      })
    }
    await proxy.set({ kind: 'none' })
    const verdicts = await gateway.events.append(run)
    expect(verdicts.every((verdict) => verdict.status === 'accepted')).toBe(true)
  })

  it('sends what was done but not answered again, without harm', async () => {
    const gateway = open({ url: proxy.url })
    await proxy.set({ kind: 'cut-response' })
    expect(await failure(gateway.events.append(run))).toMatchObject({ retryable: true })
    await proxy.set({ kind: 'none' })
    const verdicts = await gateway.events.append(run)
    expect(verdicts.map((verdict) => verdict.status)).toEqual(run.map(() => 'duplicate'))
  })

  it('gives up after its timeout, and at once when aborted', async () => {
    await proxy.set({ kind: 'hang' })
    const gateway = open({ url: proxy.url, timeoutMs: 80 })
    expect(await failure(gateway.guard.decide({ kind: 'tool_call', name: 'any' }))).toMatchObject({
      retryable: true,
      gatewayCode: 'timeout',
    })
    const patient = open({ url: proxy.url })
    const abort = new AbortController()
    const reason = new Error('given up')
    const asked = proxy.requests
    const waiting = expect(
      patient.guard.decide({ kind: 'tool_call', name: 'any' }, { signal: abort.signal }),
    ).rejects.toBe(reason)
    await eventually(() => proxy.requests > asked || undefined)
    abort.abort(reason)
    await waiting
  })

  it('takes a stream up again behind the last event, missing and repeating none', async () => {
    const gateway = open({ url: proxy.url })
    const abort = new AbortController()
    const heard: string[] = []
    await local.gateway.events?.append([raw('start')])
    const reading = (async () => {
      for await (const event of gateway.events.stream({ afterId: 'start', signal: abort.signal }))
        heard.push(event.id)
    })().catch(() => {})
    const expected: string[] = []
    for (let round = 0; round < 3; round++) {
      const id = `round-${round}`
      expected.push(id, `${id}-away`)
      await local.gateway.events?.append([raw(id)])
      await eventually(() => heard.includes(id) || undefined)
      await proxy.set({ kind: 'down' })
      await local.gateway.events?.append([raw(`${id}-away`)])
      await proxy.set({ kind: 'none' })
      await eventually(() => heard.includes(`${id}-away`) || undefined)
    }
    abort.abort()
    await reading
    expect(heard).toEqual(expected)
  })

  it('fails at once when a stream cannot begin', async () => {
    await proxy.set({ kind: 'down' })
    const stream = open({ url: proxy.url }).events.stream()[Symbol.asyncIterator]()
    expect(await failure(stream.next())).toMatchObject({ gatewayCode: 'unreachable' })
    await proxy.set({ kind: 'none' })
    const unknown = open({ url: proxy.url }).events.stream({ afterId: 'nothing' })[Symbol.asyncIterator]()
    expect(await failure(unknown.next())).toMatchObject({ status: 404, gatewayCode: 'unknown_event' })
  })

  it('goes on waiting for a person while the gateway is away for a moment', async () => {
    const gateway = open({ url: proxy.url })
    const { approvalId = '' } = await gateway.guard.decide({
      kind: 'tool_call',
      name: 'careful',
      toolCallId: 'c',
    })
    const waiting = gateway.approvals.wait(approvalId)
    const asked = proxy.requests
    await eventually(() => proxy.requests > asked - 1 || undefined)
    await proxy.set({ kind: 'down' })
    await local.gateway.approvals?.decide(approvalId, { decision: 'approve' })
    await proxy.set({ kind: 'none' })
    expect((await waiting).status).toBe('approved')
  })

  it('says why the gateway refused, and what to do', async () => {
    const error = await failure(open({ url: proxy.url, token: 'another-token' }).runs.list())
    expect(error).toMatchObject({ status: 401, retryable: false })
    expect(error.message).not.toContain('another-token')
    expect(error.gatewayCode).toEqual(expect.any(String))
  })
})

describe('what it sends', () => {
  let server: Server
  let url: string
  const requests: { readonly message: IncomingMessage; readonly body: Buffer }[] = []
  let answer: (body: Buffer) => { readonly status: number; readonly body: string; readonly location?: string }

  beforeAll(async () => {
    server = createServer((message, response) => {
      const chunks: Uint8Array[] = []
      message.on('data', (chunk: Uint8Array) => chunks.push(chunk))
      message.on('end', () => {
        const body = Buffer.concat(chunks)
        requests.push({ message, body })
        const { status, body: text, location } = answer(body)
        response.writeHead(status, location === undefined ? {} : { location }).end(text)
      })
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/gateway`
  })
  afterAll(() => {
    server.closeAllConnections()
    server.close()
  })
  beforeEach(() => {
    requests.length = 0
    answer = (body) => {
      const text = body[0] === 0x1f ? gunzipSync(body).toString() : body.toString()
      const ids = text.split('\n').map((line) => (JSON.parse(line) as ClawEvent).id)
      return {
        status: 200,
        body: JSON.stringify({ verdicts: ids.map((id) => ({ id, status: 'accepted' })) }),
      }
    }
  })

  it('is one event per line below the address, with the token in its header only', async () => {
    await open({ url }).events.append(run)
    const [sent] = requests
    expect(sent?.message.url).toBe('/gateway/v1/events')
    expect(sent?.message.headers.authorization).toBe(`Bearer ${token}`)
    expect(sent?.message.headers['content-type']).toBe('application/x-ndjson')
    expect(
      sent?.body
        .toString()
        .split('\n')
        .map((line) => JSON.parse(line) as unknown),
    ).toEqual(run)
    expect(sent?.body.toString()).not.toContain(token)
  })

  it('is compressed when it is large and goes to another machine', async () => {
    const many = Array.from({ length: 300 }, (_, at) => recordedRun({ runId: `run-${at}` })).flat()
    const far = createHttpGateway({ ...readAddress({ url, token }), isLocal: false }, openHttp())
    for (const gateway of [far, open({ url })]) {
      expect(await gateway.events.append(many)).toHaveLength(many.length)
    }
    await far.close()
    const [compressed, plain] = requests
    expect(compressed?.message.headers['content-encoding']).toBe('gzip')
    expect(compressed?.body.length).toBeLessThan(JSON.stringify(many).length / 5)
    expect(plain?.message.headers['content-encoding']).toBeUndefined()
  })

  it('goes to no other place, and an error never repeats the token', async () => {
    answer = () => ({ status: 302, body: '', location: 'http://127.0.0.1:9/' })
    for (const gateway of [open({ url }), createHttpGateway(readAddress({ url, token }), openHttp())]) {
      expect(await failure(gateway.runs.list())).toMatchObject({ status: 302, retryable: false })
      await gateway.close()
    }
    answer = () => ({ status: 500, body: `you sent Bearer ${token}` })
    expect((await failure(open({ url }).runs.list())).message).toContain('[token]')
    answer = () => ({
      status: 500,
      body: JSON.stringify({ error: { code: token, message: token, next: token } }),
    })
    await failure(open({ url }).runs.list())
  })
})

describe('addresses and tokens', () => {
  it.each([
    [{ url: 'not an address' }, 'url'],
    [{ url: 'ftp://127.0.0.1/' }, 'url'],
    [{ url: 'http://user:secret@127.0.0.1/' }, 'url'],
    [{ url: 'http://gateway.example/', token }, 'url'],
    [{ url: 'http://127.0.0.1.example.com/', token }, 'url'],
    [{ url: 'http://127.0.0.1:1/', token: 'two\nlines' }, 'token'],
    [{ url: 'http://127.0.0.1:1/', timeoutMs: 0 }, 'timeoutMs'],
  ])('refuses %j', (options, option) => {
    const attempt = (): unknown => localGateway(options)
    expect(attempt).toThrow(PincerError)
    expect(attempt).toThrow(new RegExp(`^${option}: `))
    expect(attempt).not.toThrow(/secret|a-token-that|two/)
  })

  it.each([
    { url: 'http://127.0.0.1:7462', token },
    { url: 'http://127.1.2.3', token },
    { url: 'http://[::1]:7462/', token },
    { url: 'http://localhost:7462', token },
    { url: 'https://gateway.example', token },
    { url: 'http://gateway.example', token, allowInsecure: true },
    { url: 'http://gateway.example' },
  ])('takes %j', (options) => {
    expect(localGateway(options).name).toBe('local')
  })

  it('gives up what is under way when it is closed', async () => {
    const hanging = createServer((request) => void request.resume()).listen(0, '127.0.0.1')
    await once(hanging, 'listening')
    const url = `http://127.0.0.1:${(hanging.address() as AddressInfo).port}`
    try {
      for (const gateway of [localGateway({ url }), createHttpGateway(readAddress({ url }), openHttp())]) {
        const arrived = once(hanging, 'request')
        const asked = expect(gateway.runs.list()).rejects.toMatchObject({ code: 'closed' })
        await arrived
        await gateway.close()
        await asked
      }
    } finally {
      hanging.closeAllConnections()
      hanging.close()
    }
  })

  it('refuses work once it is closed', async () => {
    const gateway = localGateway({ url: 'http://127.0.0.1:9' })
    await gateway.close()
    await expect(gateway.runs.list()).rejects.toMatchObject({ code: 'closed' })
  })
})

describe('in process', () => {
  it('opens nothing before the first call, and nothing after it is closed', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'pincer-test-'))
    try {
      const unused = localGateway({ databasePath: join(folder, 'unused.sqlite') })
      await unused.close()
      await expect(unused.runs.list()).rejects.toMatchObject({ code: 'closed' })
      const used = localGateway({ databasePath: join(folder, 'used.sqlite') })
      expect((await used.runs.list()).items).toEqual([])
      await used.close()
      await expect(used.runs.list()).rejects.toMatchObject({ code: 'closed' })
      expect((await readdir(folder)).filter((name) => name.startsWith('un'))).toEqual([])
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  })

  it('says why it cannot be opened, at every call, and can be closed', async () => {
    const gateway = localGateway({ databasePath: '/no/such/folder/gateway.sqlite' })
    await expect(gateway.runs.list()).rejects.toThrow(PincerError)
    await expect(gateway.guard.decide({ kind: 'tool_call', name: 'any' })).rejects.toThrow(PincerError)
    await gateway.close()
  })
})

describe('the process around it', () => {
  const source = new URL('../src/index.ts', import.meta.url).href
  const evaluate = async (code: string): Promise<string> => {
    const args = [
      '--conditions=@pincer/source',
      '--unhandled-rejections=strict',
      '--input-type=module',
      '-e',
      code,
    ]
    const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: 20_000 })
    return stdout
  }

  it('is not kept alive by an append, but by a guard that is awaited', async () => {
    const hanging = createServer((request, response) => {
      request.resume()
      // The guard is answered late, an append never.
      if (request.url === '/v1/guard') setTimeout(() => response.end('{"decision":"warn"}'), 300)
    }).listen(0, '127.0.0.1')
    await once(hanging, 'listening')
    const url = `http://127.0.0.1:${(hanging.address() as AddressInfo).port}`
    const start = `import { localGateway } from ${JSON.stringify(source)}; const gateway = localGateway({ url: '${url}' });`
    const append = `gateway.events.append(${JSON.stringify(run)}).catch(() => {});`
    try {
      const startedAt = performance.now()
      await evaluate(`${start} ${append}`)
      // The timeout of the request is ten seconds.
      expect(performance.now() - startedAt).toBeLessThan(5000)
      const guard = `console.log((await gateway.guard.decide({ kind: 'tool_call', name: 'any' })).decision)`
      expect(await evaluate(`${start} ${append} ${guard}`)).toBe('warn\n')
    } finally {
      hanging.closeAllConnections()
      hanging.close()
    }
  })

  it('loads none of the server before it is asked for', async () => {
    const watch = `import { registerHooks } from 'node:module'; registerHooks({ resolve(specifier, context, next) {
      const resolved = next(specifier, context); loaded.push(resolved.url); return resolved } }); const loaded = [];`
    const loaded = await evaluate(
      `${watch} await import(${JSON.stringify(source)}); console.log(loaded.join('\\n'))`,
    )
    expect(loaded).toContain('local-gateway.ts')
    expect(loaded).not.toMatch(
      /hono|\/ai\/|zod|eventsource|http-gateway|sqlite|genai-prices|modelcontextprotocol|node:http|service\.ts/,
    )
  })
})

function raw(id: string): ClawEvent {
  return { version: 1, id, ts: 1_760_000_000_000, type: 'raw', data: { name: 'test' } }
}
