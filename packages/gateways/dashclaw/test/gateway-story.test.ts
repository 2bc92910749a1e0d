import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Claw, type ClientOptions, createClient, type Drop } from '@pincer/core'
import { sqliteOutbox } from '@pincer/core/durable'
import { emptyUsage, type Gateway } from '@pincer/protocol'
import { type FaultProxy, startFaultProxy } from '@pincer/testing'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { dashclaw } from '../src/index.ts'
import { type StandIn, startStandIn } from './dashclaw-server.ts'
import { key, rejection, until } from './make-claw.ts'

const verdicts: Readonly<Record<string, 'block' | 'require_approval'>> = {
  cleanup_tables: 'block',
  message_ada: 'require_approval',
  // What a server of 2.0.x is told of these two.
  cleanup: 'block',
  message: 'require_approval',
}

let server: StandIn
let proxy: FaultProxy
let drops: Drop[]
let closers: (() => Promise<unknown>)[]

async function start(line: '2.0' | '2.10' = '2.10'): Promise<void> {
  server = await startStandIn({ line, policy: ({ action_type: type }) => verdicts[String(type)] })
  proxy = await startFaultProxy(server.url)
}

function open(options: Partial<ClientOptions> = {}): Claw & { readonly gateway: Gateway } {
  const gateway = dashclaw({
    baseUrl: proxy.url,
    apiKey: key,
    agentId: 'story',
    describe: ({ name }) => ({ drop_tables: { action_type: name }, send_email: { action_type: name } })[name],
  })
  const claw = createClient({
    gateway,
    onError: () => {},
    onDrop: (drop) => drops.push(drop),
    ...options,
    outbox: { intervalMs: 5, baseMs: 10, maxMs: 100, requestTimeoutMs: 2000, ...options.outbox },
  })
  closers.push(async () => {
    await claw.close({ timeoutMs: 0 })
    await gateway.close()
  })
  return Object.assign(claw, { gateway })
}

function record(claw: Claw, name: string): void {
  const run = claw.startRun({ name, runId: name })
  const model = run.startModelCall({ provider: 'demo', model: 'demo', actionId: `${name}-model` })
  model.end({
    output: 'calling',
    usage: { ...emptyUsage, model: 'demo', inputTokens: 100, outputTokens: 20 },
  })
  run.startToolCall({ name: 'look_up', actionId: `${name}-tool` }).end({ output: 'found' })
  run.end({ output: 'done' })
}

function expectWholeRuns(names: readonly string[]): void {
  const expected = names.flatMap((name) => [`act_run_${name}`, `act_${name}-model`, `act_${name}-tool`])
  expect([...server.rows.keys()].toSorted()).toEqual(expected.toSorted())
  expect([...server.rows.values()].filter(({ status }) => status !== 'completed')).toEqual([])
  const models = [...server.rows.values()].filter(({ model }) => model === 'demo')
  expect(models.map((row) => [row['tokens_in'], row['tokens_out']])).toEqual(names.map(() => [100, 20]))
  expect(drops).toEqual([])
}

async function questionAsked(): Promise<string> {
  let found: string | undefined
  await until(() => {
    found = [...server.rows].find(([, { status }]) => status === 'pending_approval')?.[0]
    return found !== undefined
  })
  return found ?? ''
}

/** Nothing is left open on the server. */
function expectAllEnded(): void {
  const open = [...server.rows.values()].filter(({ status }) => /running|pending/.test(String(status)))
  expect(open).toEqual([])
}

beforeEach(() => {
  drops = []
  closers = []
})
afterEach(async () => {
  for (const close of closers) await close()
  await proxy.close()
  await server[Symbol.asyncDispose]()
})

describe('nothing is lost', () => {
  test('through a storm of 429, an outage, broken answers and a restart of the server', async () => {
    await start()
    const claw = open()
    const names = Array.from({ length: 40 }, (_, at) => `run-${at}`)
    const faults = [
      { kind: 'status', status: 429, retryAfter: '0' },
      { kind: 'down' },
      { kind: 'cut-response' },
      { kind: 'status', status: 503 },
      { kind: 'refuse' },
      { kind: 'none' },
    ] as const
    for (const [at, name] of names.entries()) {
      if (at % 5 === 0) await proxy.set(faults[(at / 5) % faults.length] ?? faults[0])
      record(claw, name)
      await new Promise((resolve) => setTimeout(resolve, 25))
    }
    await proxy.set({ kind: 'none' })
    expect(await claw.flush({ timeoutMs: 10_000 })).toEqual({ drained: true, queued: 0 })
    expectWholeRuns(names)
  })

  test('when the process ends before the server is back', async () => {
    await start()
    const folder = mkdtempSync(join(tmpdir(), 'dashclaw-story-'))
    closers.push(async () => rmSync(folder, { recursive: true }))
    const path = join(folder, 'outbox.sqlite')
    const names = ['before', 'during']
    const first = open({ outbox: { store: sqliteOutbox({ path }) } })
    record(first, 'before')
    await first.flush({ timeoutMs: 5000 })
    await proxy.set({ kind: 'down' })
    record(first, 'during')
    await first.close({ timeoutMs: 50 })
    await proxy.set({ kind: 'none' })
    const second = open({ outbox: { store: sqliteOutbox({ path }) } })
    await until(() => server.rows.get('act_run_during')?.['status'] === 'completed')
    expect((await second.flush({ timeoutMs: 5000 })).drained).toBe(true)
    expectWholeRuns(names)
  })
})

describe.each(['2.0', '2.10'] as const)('on a server of %s', (line) => {
  test('a policy that blocks stops the tool', async () => {
    await start(line)
    const claw = open({ guard: { mode: 'enforce' } })
    let isDone = false
    const work = claw.run({ name: 'tidy' }, async (run) => {
      const call = run.startToolCall({ name: 'cleanup_tables', input: { all: true }, actionId: 'tool' })
      await call.authorize()
      isDone = true
    })
    expect(await rejection(work)).toMatchObject({ code: 'guard_blocked', reason: 'a policy: block' })
    expect(isDone).toBe(false)
    expect((await claw.flush({ timeoutMs: 5000 })).drained).toBe(true)
    expect(server.rows.get('act_tool')?.['status']).toBe(line === '2.10' ? 'blocked' : undefined)
    expect(drops).toEqual([])
  })

  test('an approval given on the server lets the tool go on, long before the row is looked at again', async () => {
    await start(line)
    const claw = open({ guard: { mode: 'enforce' } })
    let wentOnAt = 0
    const work = claw.run({ name: 'mail', runId: 'mail' }, async (run) => {
      const call = run.startToolCall({ name: 'message_ada', input: { to: 'ada' }, actionId: 'tool' })
      await call.authorize()
      wentOnAt = performance.now()
      call.end({ output: 'sent' })
    })
    await until(() => server.requests.some(({ path }) => path === '/api/stream'))
    const approvalId = await questionAsked()
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(wentOnAt).toBe(0)
    const reviewer = open().gateway
    const decidedAt = performance.now()
    await reviewer.approvals?.decide(approvalId, { decision: 'approve' })
    await work
    expect(wentOnAt - decidedAt).toBeLessThan(2000)
    expect((await claw.flush({ timeoutMs: 5000 })).drained).toBe(true)
    expect(server.rows.get('act_tool')).toMatchObject({ status: 'completed', output_summary: 'sent' })
    expect(server.rows.get(approvalId)?.['approved_by']).toBe('key_1')
    expectAllEnded()
  })

  test('a denial stops the tool, and the agent is told why', async () => {
    await start(line)
    const claw = open({ guard: { mode: 'enforce' } })
    const work = claw.run({ name: 'mail' }, async (run) => {
      await run.startToolCall({ name: 'message_ada', actionId: 'tool' }).authorize()
    })
    const approvalId = await questionAsked()
    await open().gateway.approvals?.decide(approvalId, { decision: 'deny', reason: 'not today' })
    expect(await rejection(work)).toMatchObject({ code: 'approval_denied', reason: 'not today' })
    expect((await claw.flush({ timeoutMs: 5000 })).drained).toBe(true)
    expect(server.rows.get('act_tool')?.['status']).toBe('failed')
    expect(server.rows.get(approvalId)).toMatchObject({ status: 'failed', error_message: 'not today' })
    expectAllEnded()
  })
})
