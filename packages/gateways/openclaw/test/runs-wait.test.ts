import { GatewayError } from '@pincer/protocol'
import { afterEach, expect, test, vi } from 'vitest'
import { assistantRow, collect, history, openClient, refusal, userRow } from './runs-transport.ts'

afterEach(() => {
  vi.useRealTimers()
})

const done = { status: 'ok', startedAt: 10, endedAt: 20, stopReason: 'stop', terminalReply: { text: 'done' } }

test('gives what agent.wait answers, where no event tells of the end, and ends the events with it', async () => {
  const { gateway, runs } = openClient()
  const run = await runs.startAgentRun({ input: 'hi', sessionKey: 'notes' })
  const events = collect(run.events())
  const waiting = run.wait()
  await vi.waitFor(() => expect(gateway.of('agent.wait')).toHaveLength(1))
  gateway.of('agent.wait')[0]?.answer({ runId: run.id, ...done })
  expect(await waiting).toMatchObject({
    runId: run.id,
    status: 'completed',
    text: 'done',
    stopReason: 'stop',
    startedAt: 10,
    endedAt: 20,
    sessionKey: 'agent:main:notes',
    raw: { status: 'ok' },
  })
  expect((await events).map((event) => event.type)).toEqual([
    'run.started',
    'assistant.delta',
    'assistant.message',
    'run.completed',
  ])
})

test('asks without a deadline of the request, and in slices', async () => {
  const { gateway, runs } = openClient({ sliceMs: 20_000 })
  const run = await runs.startAgentRun({ input: 'hi' })
  void run.wait({ timeoutMs: 120_000 }).catch(() => undefined)
  await vi.waitFor(() => expect(gateway.of('agent.wait')).toHaveLength(1))
  const [first] = gateway.of('agent.wait')
  expect(first?.params).toEqual({ runId: run.id, timeoutMs: 20_000 })
  expect(first?.options.timeoutMs).toBeNull()
  gateway.end(run.id)
})

test('says accepted at the deadline, neither before nor later', async () => {
  vi.useFakeTimers()
  const { gateway, runs } = openClient()
  const run = await runs.startAgentRun({ input: 'hi', sessionKey: 'notes' })
  let result: unknown
  void run.wait({ timeoutMs: 2_500 }).then((found) => {
    result = found
  })
  await vi.advanceTimersByTimeAsync(2_499)
  expect(result).toBeUndefined()
  await vi.advanceTimersByTimeAsync(1)
  expect(result).toEqual({ runId: run.id, status: 'accepted', sessionKey: 'agent:main:notes' })
  expect(gateway.of('agent.wait')[0]?.params).toMatchObject({ timeoutMs: 2_500 })
})

test('goes on asking after a slice', async () => {
  vi.useFakeTimers()
  const { gateway, runs } = openClient({ sliceMs: 1_000 })
  const run = await runs.startAgentRun({ input: 'hi' })
  const waiting = run.wait()
  for (let slice = 0; slice < 3; slice += 1) {
    await vi.advanceTimersByTimeAsync(1_000)
    gateway.of('agent.wait').at(-1)?.answer({ runId: run.id, status: 'timeout' })
  }
  await vi.advanceTimersByTimeAsync(0)
  expect(gateway.of('agent.wait')).toHaveLength(4)
  gateway
    .of('agent.wait')
    .at(-1)
    ?.answer({ runId: run.id, ...done })
  await vi.advanceTimersByTimeAsync(5_000)
  expect((await waiting).status).toBe('completed')
})

test('does not flood a transport that answers each wait at once', async () => {
  vi.useFakeTimers()
  const { gateway, runs } = openClient()
  gateway.script('agent.wait', ({ params }) => ({ runId: params['runId'], status: 'timeout' }))
  const run = await runs.startAgentRun({ input: 'hi' })
  const waiting = run.wait({ timeoutMs: 60_000 })
  await vi.advanceTimersByTimeAsync(60_000)
  expect((await waiting).status).toBe('accepted')
  expect(gateway.of('agent.wait').length).toBeLessThan(30)
})

test('answers at once for timeoutMs 0, whatever the run does', async () => {
  const { gateway, runs } = openClient()
  const run = await runs.startAgentRun({ input: 'hi' })
  expect((await run.wait({ timeoutMs: 0 })).status).toBe('accepted')
  gateway.script('agent.wait', ({ params }) => ({ runId: params['runId'], ...done }))
  expect((await run.wait({ timeoutMs: 0 })).status).toBe('completed')
  gateway.disconnect()
  expect((await run.wait({ timeoutMs: 0 })).status).toBe('completed')
})

test('answers at once for timeoutMs 0 while the Gateway is away', async () => {
  const { gateway, runs } = openClient()
  const run = await runs.startAgentRun({ input: 'hi' })
  gateway.disconnect()
  expect((await run.wait({ timeoutMs: 0 })).status).toBe('accepted')
})

test.each([-1, Number.NaN, '5' as unknown as number])('refuses timeoutMs %o', async (timeoutMs) => {
  const { runs } = openClient()
  const run = await runs.startAgentRun({ input: 'hi' })
  await expect(run.wait({ timeoutMs })).rejects.toThrow('wait: timeoutMs: expected milliseconds from 0')
})

test('rejects with the reason of its signal, and lets the run go on', async () => {
  const { gateway, runs } = openClient()
  const run = await runs.startAgentRun({ input: 'hi' })
  const abort = new AbortController()
  const waiting = run.wait({ signal: abort.signal })
  abort.abort(new Error('enough'))
  await expect(waiting).rejects.toThrow('enough')
  await expect(run.wait({ signal: abort.signal })).rejects.toThrow('enough')
  expect(gateway.of('sessions.abort')).toEqual([])
  gateway.end(run.id)
  expect((await run.wait()).status).toBe('completed')
})

test('gives all who wait the same result, during the run and after it', async () => {
  const { gateway, runs } = openClient()
  const run = await runs.startAgentRun({ input: 'hi' })
  const both = Promise.all([run.wait(), runs.get(run.id).wait({ timeoutMs: 60_000 })])
  await vi.waitFor(() => expect(gateway.of('agent.wait')).toHaveLength(2))
  gateway.end(run.id)
  for (const request of gateway.of('agent.wait')) request.answer({ runId: run.id, ...done })
  const [first, second] = await both
  expect(second).toBe(first)
  const asked = gateway.of('agent.wait').length
  expect(await runs.get(run.id).wait()).toBe(first)
  expect(gateway.of('agent.wait')).toHaveLength(asked)
})

test('keeps the first end that anybody heard of, where answer and events differ', async () => {
  const { gateway, runs } = openClient()
  const run = await runs.startAgentRun({ input: 'hi' })
  const waiting = run.wait()
  await vi.waitFor(() => expect(gateway.of('agent.wait')).toHaveLength(1))
  gateway.agent(run.id, 'lifecycle', { phase: 'end', status: 'cancelled', aborted: true, stopReason: 'rpc' })
  gateway.of('agent')[0]?.answer({ runId: run.id, status: 'timeout', summary: 'aborted', stopReason: 'rpc' })
  gateway.of('agent.wait')[0]?.answer({ runId: run.id, ...done })
  const result = await waiting
  expect(result.status).toBe('cancelled')
  expect(result).not.toHaveProperty('raw')
  expect((await collect(run.events())).at(-1)?.type).toBe('run.cancelled')
})

test('adds times and error of the answer to the end that the events tell', async () => {
  const { gateway, runs } = openClient()
  const run = await runs.startAgentRun({ input: 'hi' })
  const waiting = run.wait()
  await vi.waitFor(() => expect(gateway.of('agent.wait')).toHaveLength(1))
  const error = '⚠️ flaky/f-1 request failed (authentication failed, HTTP 401).'
  const errorObservation = { provider: 'flaky', model: 'f-1', failoverReason: 'auth' }
  gateway.of('agent')[0]?.refuse(refusal(error, 'UNAVAILABLE'))
  gateway.agent(run.id, 'lifecycle', { phase: 'error', startedAt: 1, endedAt: 2, error, errorObservation })
  gateway.of('agent.wait')[0]?.answer({ runId: run.id, status: 'error', error, startedAt: 1, endedAt: 2 })
  expect(await waiting).toMatchObject({
    status: 'failed',
    error: {
      message: 'flaky/f-1 request failed (authentication failed, HTTP 401).',
      code: 'auth',
      status: 401,
    },
    endedAt: 2,
  })
})

test('has the whole text, where the answer cuts it', async () => {
  const { gateway, runs } = openClient()
  const run = await runs.startAgentRun({ input: 'hi' })
  const text = 'word '.repeat(2_000)
  gateway.of('agent')[0]?.answer({
    runId: run.id,
    status: 'ok',
    result: { meta: { finalAssistantVisibleText: text, agentMeta: {} } },
  })
  gateway.script('agent.wait', ({ params }) => ({
    runId: params['runId'],
    ...done,
    terminalReply: { text: `${text.slice(0, 4_095)}…` },
  }))
  expect((await run.wait()).text).toBe(text)
})

test('rejects where the Gateway refuses the question', async () => {
  const { gateway, runs } = openClient()
  const run = await runs.startAgentRun({ input: 'hi' })
  gateway.script('agent.wait', () => {
    throw refusal('missing scope: operator.write', 'FORBIDDEN')
  })
  await expect(run.wait()).rejects.toBeInstanceOf(GatewayError)
})

test('asks again where the Gateway cannot answer yet', async () => {
  vi.useFakeTimers()
  const { gateway, runs } = openClient()
  const run = await runs.startAgentRun({ input: 'hi' })
  let asked = 0
  gateway.script('agent.wait', ({ params }) => {
    asked += 1
    if (asked < 3) throw refusal('gateway starting', 'UNAVAILABLE', true)
    return { runId: params['runId'], ...done }
  })
  const waiting = run.wait()
  await vi.advanceTimersByTimeAsync(5_000)
  expect((await waiting).status).toBe('completed')
})

test('rejects once the client is closed', async () => {
  const { connection, feed, runs } = openClient()
  const run = await runs.startAgentRun({ input: 'hi' })
  const waiting = run.wait()
  const events = collect(run.events())
  await connection.close()
  feed.close()
  await expect(waiting).rejects.toMatchObject({ code: 'closed' })
  await events
})

test('waits over a loss of the connection, and no longer than its deadline', async () => {
  vi.useFakeTimers()
  const { gateway, runs } = openClient()
  const run = await runs.startAgentRun({ input: 'hi' })
  const short = run.wait({ timeoutMs: 3_000 })
  const long = run.wait({ timeoutMs: 60_000 })
  await vi.advanceTimersByTimeAsync(100)
  gateway.disconnect()
  await vi.advanceTimersByTimeAsync(2_900)
  expect((await short).status).toBe('accepted')
  gateway.script('agent.wait', ({ params }) => ({ runId: params['runId'], ...done }))
  gateway.connectAgain('boot-1')
  await vi.advanceTimersByTimeAsync(2_000)
  expect((await long).status).toBe('completed')
})

test('tells a run that nobody knows from one at work', async () => {
  vi.useFakeTimers()
  const { gateway, runs } = openClient()
  expect(await runs.get('typo').wait({ timeoutMs: 0 })).toMatchObject({
    status: 'failed',
    error: { code: 'run_unknown' },
  })
  const waiting = runs.get('ghost').wait({ timeoutMs: 30_000 })
  await vi.advanceTimersByTimeAsync(2_000)
  expect(await waiting).toMatchObject({ status: 'failed', error: { code: 'run_unknown' } })
  const events = collect(runs.get('ghost').events())
  await vi.advanceTimersByTimeAsync(10)
  expect((await events).at(-1)?.type).toBe('run.failed')
  expect(gateway.sent.length).toBeLessThan(30)
})

test('finds a run that is known a moment after it was asked for', async () => {
  vi.useFakeTimers()
  const { gateway, runs } = openClient()
  const run = runs.get('fresh')
  expect((await run.wait({ timeoutMs: 0 })).status).toBe('failed')
  gateway.script('tasks.list', () => ({
    tasks: [{ runId: 'fresh', status: 'running', sessionKey: 'agent:main:notes' }],
  }))
  expect(await run.wait({ timeoutMs: 0 })).toEqual({
    runId: 'fresh',
    status: 'accepted',
    sessionKey: 'agent:main:notes',
  })
})

test('waits for a run that the Gateway has named, but shows in no record yet', async () => {
  vi.useFakeTimers()
  const { gateway, runs } = openClient()
  const lastWord = Promise.withResolvers<void>()
  const run = runs.begun('named', { sessionKey: 'agent:main:notes', lastWord: lastWord.promise })
  const events = collect(run.events())
  const waiting = run.wait()
  await vi.advanceTimersByTimeAsync(90_000)
  expect(await run.wait({ timeoutMs: 0 })).toMatchObject({ status: 'accepted' })
  gateway.agent('named', 'lifecycle', { phase: 'start', startedAt: 1 })
  gateway.end('named')
  lastWord.resolve()
  expect(await waiting).toMatchObject({ runId: 'named', status: 'completed' })
  expect((await events).at(-1)?.type).toBe('run.completed')
  expect(gateway.of('audit.list')).toEqual([])
})

test('looks for a named run once the answer that named it is over', async () => {
  vi.useFakeTimers()
  const { gateway, runs } = openClient()
  const name = (runId: string): ReturnType<typeof runs.begun> =>
    runs.begun(runId, { sessionKey: 'agent:main:notes', lastWord: Promise.reject(new Error('cut')) })
  const nowhere = name('nowhere').wait()
  const stopped = name('stopped')
  const stopping = stopped.wait()
  await stopped.cancel()
  gateway.script('tasks.list', () => ({
    tasks: [{ runId: 'goes-on', status: 'running', sessionKey: 'agent:main:notes' }],
  }))
  const goesOn = name('goes-on').wait()
  await vi.advanceTimersByTimeAsync(10_000)
  expect(await nowhere).toMatchObject({ status: 'failed', error: { code: 'run_unknown' } })
  expect((await stopping).status).toBe('cancelled')
  expect(await runs.get('goes-on').wait({ timeoutMs: 0 })).toMatchObject({ status: 'accepted' })
  gateway.end('goes-on')
  await vi.advanceTimersByTimeAsync(1_000)
  expect((await goesOn).status).toBe('completed')
})

test('tells a run that a former process of the Gateway lost', async () => {
  const { gateway, runs } = openClient()
  gateway.script('audit.list', () => ({
    events: [{ action: 'agent.run.started', status: 'started', sessionKey: 'agent:main:notes' }],
  }))
  gateway.script('tasks.list', () => ({
    tasks: [{ runId: 'old', status: 'cancelled', error: 'Task execution process exited before restart.' }],
  }))
  gateway.script('chat.history', () =>
    history([userRow('old'), userRow('later'), assistantRow('later', 'x')]),
  )
  expect(await runs.get('old').wait({ timeoutMs: 5_000 })).toMatchObject({
    status: 'failed',
    sessionKey: 'agent:main:notes',
    error: { code: 'run_lost' },
  })
})

test.each([
  ['succeeded', 'completed'],
  ['failed', 'failed'],
  ['cancelled', 'cancelled'],
  ['timed_out', 'timed_out'],
  ['blocked', 'failed'],
])('finds in the audit that a run %s', async (audited, status) => {
  const { gateway, runs } = openClient()
  gateway.script('audit.list', () => ({
    events: [{ action: 'agent.run.finished', status: audited, sessionKey: 'agent:main:notes' }],
  }))
  gateway.script('chat.history', () =>
    history([userRow('old'), assistantRow('old', 'said', { stopReason: 'stop' })]),
  )
  expect(await runs.get('old').wait({ timeoutMs: 5_000 })).toMatchObject({ status, text: 'said' })
})

test('does not call a run lost where the record may not be read', async () => {
  vi.useFakeTimers()
  const { gateway, runs } = openClient()
  for (const method of ['audit.list', 'chat.history', 'tasks.list']) {
    gateway.script(method, () => {
      throw refusal('missing scope: operator.read', 'FORBIDDEN')
    })
  }
  const waiting = runs.get('theirs').wait({ timeoutMs: 5_000 })
  await vi.advanceTimersByTimeAsync(5_000)
  expect((await waiting).status).toBe('accepted')
})

test('refuses options that are none', async () => {
  const { runs } = openClient()
  await expect(runs.get('run-1').wait(1_000 as never)).rejects.toThrow('wait: expected options such as')
})
