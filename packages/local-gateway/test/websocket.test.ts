import { once } from 'node:events'
import type { ClawEvent, Frame } from '@pincer/protocol'
import { eventually } from '@pincer/testing'
import { afterEach, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { startLocalGateway } from '../src/index.ts'
import type { LocalGatewayOptions } from '../src/options.ts'
import { finishedRun, storyEvent } from './run-story.ts'

const token = 'a-token-of-the-tests'

let running: Awaited<ReturnType<typeof startLocalGateway>> | undefined
const opened: WebSocket[] = []

async function start(options: LocalGatewayOptions = {}): Promise<void> {
  running = await startLocalGateway({ port: 0, databasePath: ':memory:', ...options })
}

afterEach(async () => {
  for (const socket of opened.splice(0)) socket.terminate()
  await running?.close()
})

/** A client that speaks frames. */
interface Client {
  readonly socket: WebSocket
  readonly events: { readonly subscriptionId: string; readonly event: ClawEvent }[]
  ask(method: string, params?: unknown): Promise<Extract<Frame, { type: 'res' }>>
}

function open(
  options: {
    readonly headers?: Record<string, string>
    readonly protocols?: string[]
    readonly path?: string
  } = {},
): WebSocket {
  const url = `${running?.url.replace('http', 'ws')}${options.path ?? '/v1/ws'}`
  const socket = new WebSocket(url, options.protocols ?? [], { headers: options.headers ?? {} })
  socket.on('error', () => {})
  opened.push(socket)
  return socket
}

async function connect(options: Parameters<typeof open>[0] = {}): Promise<Client> {
  const socket = open(options)
  const events: Client['events'] = []
  const waiting = new Map<string, (frame: Extract<Frame, { type: 'res' }>) => void>()
  socket.on('message', (data: Buffer) => {
    const frame = JSON.parse(data.toString()) as Frame
    if (frame.type === 'event') events.push(frame.payload as unknown as Client['events'][number])
    if (frame.type === 'res') waiting.get(frame.id)?.(frame)
  })
  await once(socket, 'open')
  let count = 0
  return {
    socket,
    events,
    ask(method, params) {
      const id = String(++count)
      const { promise, resolve } = Promise.withResolvers<Extract<Frame, { type: 'res' }>>()
      waiting.set(id, resolve)
      socket.send(JSON.stringify({ type: 'req', id, method, params }))
      return promise
    },
  }
}

/** The status and code that an upgrade was refused with. */
async function refusal(options: Parameters<typeof open>[0]): Promise<unknown> {
  const [, response] = await once(open(options), 'unexpected-response')
  const chunks: Buffer[] = await response.toArray()
  return [response.statusCode, JSON.parse(Buffer.concat(chunks).toString()).error.code]
}

describe('GET /v1/ws', () => {
  it('keeps events, reads runs and sums usage, as over HTTP', async () => {
    await start()
    const client = await connect()
    const kept = await client.ask('events.append', { events: [...finishedRun('run'), { id: 'bad' }] })
    expect(kept).toMatchObject({
      ok: true,
      payload: { verdicts: { 0: { status: 'accepted' }, 7: { status: 'rejected' } } },
    })
    expect(await client.ask('runs.list', { status: 'completed', limit: 5 })).toMatchObject({
      payload: { items: [{ runId: 'run' }] },
    })
    expect(await client.ask('runs.get', { runId: 'run' })).toMatchObject({
      payload: { actions: [{ kind: 'model_call' }, {}] },
    })
    expect(await client.ask('runs.events', { runId: 'run', limit: 2 })).toMatchObject({
      payload: { items: [{ seq: 1 }, { seq: 2 }] },
    })
    expect(await client.ask('usage.summarize', { groupBy: 'day' })).toMatchObject({
      payload: { items: [{ callCount: 1 }] },
    })
  })

  it('asks the guard and carries approvals', async () => {
    await start({ policies: [{ id: 'ask', match: { tool: '*.delete' }, action: 'require_approval' }] })
    const client = await connect()
    const decision = await client.ask('guard.decide', {
      kind: 'tool_call',
      name: 'files.delete',
      toolCallId: 'c',
      inputHash: 'h',
    })
    expect(decision).toMatchObject({ ok: true, payload: { decision: 'require_approval' } })
    const pending = await client.ask('approvals.list', { status: 'pending' })
    const approvalId = (pending as unknown as { payload: { items: { approvalId: string }[] } }).payload
      .items[0]?.approvalId
    const waiting = client.ask('approvals.wait', { approvalId, timeoutMs: 10_000 })
    expect(await client.ask('approvals.decide', { approvalId, decision: 'approve' })).toMatchObject({
      ok: true,
    })
    expect(await waiting).toMatchObject({ ok: true, payload: { status: 'approved' } })
    expect(await client.ask('approvals.decide', { approvalId, decision: 'deny' })).toMatchObject({
      ok: false,
      error: { code: 'already_decided', retryable: false, details: { status: 409 } },
    })
    expect(await client.ask('agents.list')).toMatchObject({ payload: { items: [{ agentId: 'main' }] } })
  })

  it('sends events to subscribers, replays, and stops when asked', async () => {
    await start()
    await running?.gateway.events.append(finishedRun('one'))
    const client = await connect()
    const replay = await client.ask('events.subscribe', { afterId: 'one.5' })
    const live = await client.ask('events.subscribe', { runId: 'two' })
    await running?.gateway.events.append([...finishedRun('two'), ...finishedRun('three')])
    const of = (answer: typeof live): string =>
      (answer as unknown as { payload: { subscriptionId: string } }).payload.subscriptionId
    const ids = (answer: typeof live): string[] =>
      client.events.filter((one) => one.subscriptionId === of(answer)).map((one) => one.event.id)
    await eventually(() => ids(live).length === 7 || undefined)
    await eventually(() => ids(replay).length === 16 || undefined)
    expect(ids(live)).toEqual(finishedRun('two').map((event) => event.id))
    expect(ids(replay).slice(0, 3)).toEqual(['one.6', 'one.7', 'two.1'])
    expect(await client.ask('events.unsubscribe', { subscriptionId: of(live) })).toMatchObject({
      payload: { ended: true },
    })
    expect(await client.ask('events.unsubscribe', { subscriptionId: of(live) })).toMatchObject({
      payload: { ended: false },
    })
    await running?.gateway.events.append([storyEvent('two', 8, 'assistant.delta', { delta: 'x' })])
    await eventually(() => ids(replay).length === 17 || undefined)
    expect(ids(live)).toHaveLength(7)
    expect(await client.ask('events.subscribe', { afterId: 'nobody' })).toMatchObject({
      error: { code: 'unknown_event' },
    })
  })

  it('answers bad frames with what is wrong, and goes on', async () => {
    await start()
    const client = await connect()
    const answers: Frame[] = []
    client.socket.on('message', (data: Buffer) => answers.push(JSON.parse(data.toString()) as Frame))
    const bad = [
      '{',
      '7',
      '{"type":"req"}',
      '{"type":"res","id":"1","ok":true}',
      `{"type":"req","id":"1","method":"x","params":${'['.repeat(200)}${']'.repeat(200)}}`,
    ]
    for (const frame of bad) client.socket.send(frame)
    client.socket.send(Buffer.from('binary'))
    await eventually(() => answers.length === bad.length + 1 || undefined)
    for (const answer of answers)
      expect(answer).toMatchObject({ ok: false, error: { code: expect.stringMatching(/^invalid_/) } })
    for (const [method, params, code] of [
      ['runs.burn', {}, 'unknown_method'],
      ['constructor', {}, 'unknown_method'],
      ['runs.list', { limit: 1_000 }, 'invalid_request'],
      ['runs.list', [], 'invalid_request'],
      ['runs.list', { agentId: { a: 1 } }, 'invalid_request'],
      ['runs.get', {}, 'invalid_request'],
      ['runs.get', { runId: '..' }, 'invalid_request'],
      ['runs.get', { runId: 'nobody' }, 'run_not_found'],
      ['events.append', { events: 7 }, 'invalid_request'],
      ['events.subscribe', { from: 'there' }, 'invalid_request'],
      ['guard.decide', { kind: 'dance' }, 'invalid_request'],
    ] as const) {
      expect([method, await client.ask(method, params)]).toMatchObject([
        method,
        { ok: false, error: { code } },
      ])
    }
    expect(await client.ask('runs.list')).toMatchObject({ ok: true })
  })

  it('refuses who may not call: origin, host, token, path, and too many', async () => {
    await start({ token, limits: { maxSubscribers: 1 } })
    expect(await refusal({})).toEqual([401, 'unauthorized'])
    expect(await refusal({ protocols: ['pincer.v1', 'pincer.bearer.bm90LWl0'] })).toEqual([
      401,
      'unauthorized',
    ])
    const authorization = `Bearer ${token}`
    expect(await refusal({ headers: { authorization, origin: 'http://evil.example' } })).toEqual([
      403,
      'origin_not_allowed',
    ])
    expect(await refusal({ headers: { authorization, host: 'evil.example' } })).toEqual([
      421,
      'host_not_allowed',
    ])
    expect(await refusal({ headers: { authorization }, path: '/v1/other' })).toEqual([404, 'not_found'])
    const client = await connect({ headers: { authorization } })
    expect(await refusal({ headers: { authorization } })).toEqual([503, 'too_many_subscribers'])
    client.socket.close()
    const protocols = ['pincer.v1', `pincer.bearer.${Buffer.from(token).toString('base64url')}`]
    const fromBrowser = await eventually(() => connect({ protocols }).catch(() => undefined))
    expect(fromBrowser.socket.protocol).toBe('pincer.v1')
    expect(await fromBrowser.ask('runs.list')).toMatchObject({ ok: true })
  })

  it('closes the socket on a message over the limit', async () => {
    await start()
    const { socket } = await connect()
    socket.send('x'.repeat(4_194_305))
    const [code] = await once(socket, 'close')
    expect(code).toBe(1009)
  })

  it('answers at most so many requests of one connection at once', async () => {
    await start({ policies: [{ id: 'ask', match: { tool: '*' }, action: 'require_approval' }] })
    const client = await connect()
    const asked = await client.ask('guard.decide', {
      kind: 'tool_call',
      name: 'x',
      toolCallId: 'c',
      inputHash: 'h',
    })
    const { approvalId } = (asked as unknown as { payload: { approvalId: string } }).payload
    const answers: string[] = []
    for (let index = 0; index < 64; index++)
      void client.ask('approvals.wait', { approvalId, timeoutMs: 60_000 }).then(() => answers.push('x'))
    expect(await client.ask('runs.list')).toMatchObject({
      ok: false,
      error: { code: 'too_many_requests', retryable: true },
    })
    await running?.gateway.approvals.decide(approvalId, { decision: 'deny' })
    await eventually(() => answers.length === 64 || undefined)
    expect(await client.ask('runs.list')).toMatchObject({ ok: true })
  })

  it('cuts a subscriber that takes nothing', async () => {
    await start({ limits: { stallTimeoutMs: 200, maxSubscribers: 1 } })
    const client = await connect()
    await client.ask('events.subscribe')
    client.socket.pause()
    const delta = 'x'.repeat(1_000_000)
    for (let index = 1; index <= 40; index++) {
      await running?.gateway.events.append([storyEvent('run', index, 'assistant.delta', { delta })])
    }
    await eventually(() => connect().catch(() => undefined), 15_000)
  }, 30_000)

  it('says goodbye when the gateway closes', async () => {
    await start()
    const { socket } = await connect()
    const closed = once(socket, 'close')
    await running?.close()
    expect((await closed)[0]).toBe(1001)
  })
})
