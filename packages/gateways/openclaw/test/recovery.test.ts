import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { keepSubscriptions } from '../src/connection/keep-subscriptions.ts'
import type { Run } from '../src/runs/run.ts'
import {
  answersTo,
  assistantRow,
  collect,
  history,
  openClient,
  readFixture,
  recoverySteps,
  refusal,
  userRow,
} from './runs-transport.ts'

beforeEach(() => {
  vi.useFakeTimers()
})

afterEach(() => {
  vi.useRealTimers()
})

const running = { hasActiveRun: false, activeRunIds: [], status: 'running', abortedLastRun: true }
const interrupted = { runId: 'mine', state: 'interrupted', message: { role: 'user' } }

async function startRun(client: ReturnType<typeof openClient>): Promise<Run> {
  const run = await client.runs.startAgentRun({ input: 'hi', sessionKey: 'notes', idempotencyKey: 'mine' })
  client.gateway.agent('mine', 'lifecycle', { phase: 'start', startedAt: 1 })
  client.gateway.agent('mine', 'assistant', { text: 'w0', delta: 'w0', itemId: 'old:1' })
  return run
}

test('follows the run of the captured kill under its new id, to its true end', async () => {
  const client = openClient()
  const { gateway, runs } = client
  const lines = readFixture('reconnect-sigkill')
  const oldId = '1c5797f3-02ef-44f7-9cac-5f3de25da262'
  const newId = '33da62e9-98ff-4c01-801c-a91432bf3a44'
  const key = 'agent:main:rc-sigkill'
  const restart = lines.findIndex((line) => 'note' in line)
  const send = (part: typeof lines): void => {
    for (const { frame } of part) {
      if (frame?.type === 'event' && frame.event !== undefined) gateway.emit(frame.event, frame.payload)
    }
  }
  const run = await runs.startAgentRun({ input: '[[slow:250x80]]', sessionKey: key, idempotencyKey: oldId })
  const reading = collect(run.events())
  const waiting = run.wait()
  await vi.advanceTimersByTimeAsync(10)
  send(lines.slice(0, restart))
  gateway.disconnect(1006)
  await vi.advanceTimersByTimeAsync(15_000)
  const histories = answersTo('reconnect-sigkill', 'chat.history')
  let asked = 0
  gateway.script('chat.history', () => histories[Math.min(asked++, 1)]?.payload)
  gateway.script('tasks.list', () => answersTo('reconnect-sigkill', 'tasks.list')[0]?.payload)
  gateway.connectAgain('94e95595-6a92-4bf1-aa08-b20e920db090')
  await vi.advanceTimersByTimeAsync(3_000)
  send(lines.slice(restart))
  // In the capture, the resumed run was stopped at the end.
  gateway.script('agent.wait', ({ params }) => ({
    runId: params['runId'],
    status: 'error',
    stopReason: 'rpc',
  }))
  for (const request of gateway.of('agent.wait')) {
    if (!request.settled) request.answer({ runId: newId, status: 'error', stopReason: 'rpc', endedAt: 5 })
  }
  await vi.advanceTimersByTimeAsync(5_000)
  const result = await waiting
  const events = await reading
  expect(result).toMatchObject({ runId: oldId, status: 'cancelled', sessionKey: key })
  expect(result.text).toMatch(/^w0 w1 .* w23$/)
  expect(recoverySteps(events)).toEqual(['disconnected', 'checking', 'adopted'])
  expect(events.map((event) => event.runId)).toEqual(events.map(() => oldId))
  expect(events.map((event) => event.seq)).toEqual(events.map((_event, index) => index + 1))
  expect(events.filter((event) => event.type.startsWith('run.')).map((event) => event.type)).toEqual([
    'run.started',
    'run.cancelled',
  ])
  expect(gateway.of('agent.wait').at(-1)?.params['runId']).toBe(newId)
})

test('goes on with a run that the restarted Gateway takes up late', async () => {
  const client = openClient()
  const { gateway } = client
  const run = await startRun(client)
  const reading = collect(run.events())
  const waiting = run.wait()
  gateway.disconnect(1006)
  gateway.script('chat.history', () => history([userRow('mine')], { info: running }))
  gateway.connectAgain('boot-2')
  // Longer than the grace for runs without a sign of life: the Gateway says that it means to.
  await vi.advanceTimersByTimeAsync(60_000)
  gateway.script('chat.history', () =>
    history([userRow('mine'), userRow('new', true)], { rest: { inFlightRun: { runId: 'new', text: '' } } }),
  )
  // Its first event spares the wait for the next look.
  gateway.agent('new', 'lifecycle', { phase: 'model', provider: 'fake', model: 'fake-1' })
  await vi.advanceTimersByTimeAsync(1)
  expect(gateway.of('agent.wait').at(-1)?.params['runId']).toBe('new')
  gateway.agent('new', 'assistant', { text: 'all done', delta: 'all done', itemId: 'new:1' })
  gateway.end('new')
  await vi.advanceTimersByTimeAsync(2_000)
  expect(await waiting).toMatchObject({ runId: 'mine', status: 'completed', text: 'all done' })
  expect(recoverySteps(await reading)).toEqual(['disconnected', 'checking', 'adopted'])
})

test('ends a run that was resumed and had ended before it was found', async () => {
  const client = openClient()
  const { gateway } = client
  const run = await startRun(client)
  const waiting = run.wait()
  gateway.disconnect(1006)
  gateway.script('chat.history', () =>
    history([userRow('mine'), userRow('new', true), assistantRow('new', 'finished')]),
  )
  gateway.script('agent.wait', ({ params }) =>
    params['runId'] === 'new'
      ? { runId: 'new', status: 'ok', stopReason: 'stop', terminalReply: { text: 'finished' } }
      : { runId: params['runId'], status: 'timeout' },
  )
  gateway.connectAgain('boot-2')
  await vi.advanceTimersByTimeAsync(2_000)
  expect(await waiting).toMatchObject({ status: 'completed', text: 'finished' })
  expect((await collect(run.events())).at(-1)?.type).toBe('run.completed')
})

test('takes the end from the transcript where the run finished as the Gateway went', async () => {
  const client = openClient()
  const { gateway } = client
  const run = await startRun(client)
  gateway.disconnect(1012)
  gateway.script('chat.history', () => history([userRow('mine'), assistantRow('mine', 'w0 w1')]))
  gateway.connectAgain('boot-2')
  await vi.advanceTimersByTimeAsync(2_000)
  const events = await collect(run.events())
  expect(events.filter((event) => event.type === 'assistant.message').at(-1)?.data).toMatchObject({
    text: 'w0 w1',
  })
  expect(events.at(-1)).toMatchObject({ type: 'run.completed', data: { output: 'w0 w1' } })
  expect(await run.wait()).toMatchObject({ status: 'completed', text: 'w0 w1' })
})

test('calls a run lost at once that the Gateway says was interrupted', async () => {
  const client = openClient()
  const { gateway } = client
  const run = await startRun(client)
  const waiting = run.wait()
  gateway.disconnect(1006)
  gateway.script('chat.history', () => history([], { pending: [interrupted] }))
  gateway.connectAgain('boot-2')
  await vi.advanceTimersByTimeAsync(2_000)
  expect(await waiting).toMatchObject({ status: 'failed', error: { code: 'run_lost' } })
  const events = await collect(run.events())
  expect(recoverySteps(events)).toEqual(['disconnected', 'checking', 'lost', 'ended'])
  expect(events.at(-1)).toMatchObject({ type: 'run.failed', data: { error: { code: 'run_lost' } } })
})

test('gives the Gateway 15 seconds before it calls a run lost without a sign of life', async () => {
  const client = openClient()
  const { gateway, feed } = client
  await startRun(client)
  gateway.disconnect(1006)
  gateway.script('chat.history', () => history([userRow('mine'), userRow('other')]))
  gateway.connectAgain('boot-2')
  await vi.advanceTimersByTimeAsync(14_000)
  expect(feed.openRuns()).toHaveLength(1)
  await vi.advanceTimersByTimeAsync(9_000)
  expect(feed.outcome('mine')).toMatchObject({ status: 'failed', error: { code: 'run_lost' } })
})

test('gives up after two minutes on a run that the Gateway means to take up and does not', async () => {
  const client = openClient()
  const { gateway, feed } = client
  await startRun(client)
  gateway.disconnect(1006)
  gateway.script('chat.history', () => history([userRow('mine')], { info: running }))
  gateway.connectAgain('boot-2')
  await vi.advanceTimersByTimeAsync(110_000)
  expect(feed.openRuns()).toHaveLength(1)
  await vi.advanceTimersByTimeAsync(20_000)
  expect(feed.outcome('mine')).toMatchObject({ status: 'failed', error: { code: 'run_lost' } })
  expect(gateway.of('chat.history').length).toBeLessThan(40)
})

test('does not count the time in which the Gateway is at another run that it took up', async () => {
  const client = openClient()
  const { gateway, feed, runs } = client
  await startRun(client)
  const other = await runs.startAgentRun({ input: 'hi', sessionKey: 'other', idempotencyKey: 'other' })
  gateway.disconnect(1006)
  gateway.script('chat.history', ({ params }) =>
    params['sessionKey'] === 'agent:main:other'
      ? history([userRow('other'), userRow('new', true)], { rest: { inFlightRun: { runId: 'new' } } })
      : history([userRow('mine')], { info: running }),
  )
  gateway.connectAgain('boot-2')
  await vi.advanceTimersByTimeAsync(300_000)
  expect(feed.openRuns().map(({ runId }) => runId)).toEqual(['mine', 'other'])
  gateway.end('new', 'agent:main:other')
  await vi.advanceTimersByTimeAsync(130_000)
  expect(feed.outcome(other.id)?.status).toBe('completed')
  expect(feed.outcome('mine')).toMatchObject({ status: 'failed', error: { code: 'run_lost' } })
})

test('reads a session once for all of its runs', async () => {
  const client = openClient()
  const { gateway, runs } = client
  await startRun(client)
  await runs.startAgentRun({ input: 'two', sessionKey: 'notes', idempotencyKey: 'two' })
  gateway.disconnect(1006)
  gateway.script('chat.history', () =>
    history([userRow('mine'), userRow('new', true)], {
      rest: { inFlightRun: { runId: 'new' } },
      pending: [{ runId: 'two', state: 'interrupted', message: {} }],
    }),
  )
  gateway.connectAgain('boot-2')
  await vi.advanceTimersByTimeAsync(400)
  expect(gateway.of('chat.history').filter(({ params }) => params['maxChars'] !== 1)).toHaveLength(1)
})

test('finds the session of a run that has none by the audit', async () => {
  const client = openClient()
  const { gateway, runs } = client
  const run = await runs.startAgentRun({ input: 'hi', idempotencyKey: 'mine' })
  gateway.disconnect(1006)
  const key = 'agent:main:explicit:mine'
  gateway.script('audit.list', () => ({
    events: [{ action: 'agent.run.started', status: 'started', sessionKey: key }],
  }))
  gateway.script('chat.history', ({ params }) =>
    params['sessionKey'] === key ? history([userRow('mine'), assistantRow('mine', 'found')]) : history(),
  )
  gateway.connectAgain('boot-2')
  await vi.advanceTimersByTimeAsync(3_000)
  expect(await run.wait()).toMatchObject({ status: 'completed', text: 'found', sessionKey: key })
})

test('stops the resumed run where the run was cancelled while the Gateway was away', async () => {
  const client = openClient()
  const { gateway, feed } = client
  const run = await startRun(client)
  gateway.disconnect(1006)
  gateway.script('chat.history', () => history([userRow('mine'), userRow('new', true)]))
  gateway.script('sessions.abort', ({ params }) => {
    if (params['runId'] !== 'new') return { ok: true, abortedRunId: null, status: 'no-active-run' }
    gateway.stop('new')
    return { ok: true, abortedRunId: 'new', status: 'aborted' }
  })
  const cancelling = run.cancel()
  await vi.advanceTimersByTimeAsync(1_000)
  gateway.connectAgain('boot-2')
  await vi.advanceTimersByTimeAsync(5_000)
  await cancelling
  expect(feed.outcome(run.id)?.status).toBe('cancelled')
  expect(gateway.of('sessions.abort').map(({ params }) => params['runId'])).toEqual(['new'])
})

test('begins anew where the connection is lost again during the search', async () => {
  const client = openClient()
  const { gateway } = client
  const run = await startRun(client)
  const waiting = run.wait()
  gateway.disconnect(1006)
  gateway.script('chat.history', () => history([userRow('mine')], { info: running }))
  gateway.connectAgain('boot-2')
  await vi.advanceTimersByTimeAsync(3_000)
  gateway.disconnect(1006)
  await vi.advanceTimersByTimeAsync(3_000)
  gateway.script('chat.history', () => history([userRow('mine'), assistantRow('mine', 'there')]))
  gateway.connectAgain('boot-3')
  await vi.advanceTimersByTimeAsync(3_000)
  expect(await waiting).toMatchObject({ status: 'completed', text: 'there' })
  expect(recoverySteps(await collect(run.events()))).toEqual([
    'disconnected',
    'checking',
    'disconnected',
    'checking',
    'ended',
  ])
})

test('asks again while the Gateway is starting', async () => {
  const client = openClient()
  const { gateway } = client
  const run = await startRun(client)
  gateway.disconnect(1006)
  let asked = 0
  gateway.script('chat.history', () => {
    asked += 1
    if (asked < 4) throw refusal('gateway starting', 'UNAVAILABLE', true)
    return history([userRow('mine'), assistantRow('mine', 'there')])
  })
  gateway.connectAgain('boot-2')
  await vi.advanceTimersByTimeAsync(10_000)
  expect(await run.wait()).toMatchObject({ status: 'completed', text: 'there' })
})

test('gives up where the Gateway says for two minutes that it is starting', async () => {
  const client = openClient()
  const { gateway, feed } = client
  await startRun(client)
  gateway.disconnect(1006)
  gateway.script('chat.history', () => {
    throw refusal('gateway starting', 'UNAVAILABLE', true)
  })
  gateway.connectAgain('boot-2')
  await vi.advanceTimersByTimeAsync(140_000)
  expect(feed.outcome('mine')?.status).toBe('failed')
})

test('ends runs even where the record may not be read', async () => {
  const client = openClient()
  const { gateway, feed } = client
  await startRun(client)
  for (const method of ['audit.list', 'chat.history', 'tasks.list']) {
    gateway.script(method, () => {
      throw refusal('missing scope: operator.read', 'FORBIDDEN')
    })
  }
  gateway.disconnect(1006)
  gateway.connectAgain('boot-2')
  await vi.advanceTimersByTimeAsync(150_000)
  expect(feed.outcome('mine')).toMatchObject({ status: 'failed', error: { code: 'run_lost' } })
})

test('finds the end that was missed while the network was gone, with its whole text', async () => {
  const client = openClient()
  const { gateway } = client
  const run = await startRun(client)
  const text = `w0${' word'.repeat(1_000)}`
  gateway.disconnect(1006)
  gateway.script('agent.wait', ({ params }) => ({
    runId: params['runId'],
    status: 'ok',
    stopReason: 'stop',
    terminalReply: { text: `${text.slice(0, 4_095)}…` },
  }))
  gateway.script('chat.history', () => history([userRow('mine'), assistantRow('mine', text)]))
  gateway.connectAgain('boot-1')
  await vi.advanceTimersByTimeAsync(2_000)
  expect(await run.wait()).toMatchObject({ status: 'completed', text })
  const events = await collect(run.events())
  expect(recoverySteps(events)).toEqual(['disconnected', 'checking', 'ended'])
  expect(events.at(-1)).toMatchObject({ type: 'run.completed', data: { output: text } })
})

test('goes on with a run that is at work after the network was gone', async () => {
  const client = openClient()
  const { gateway } = client
  const run = await startRun(client)
  const waiting = run.wait()
  await vi.advanceTimersByTimeAsync(10)
  gateway.disconnect(1006)
  await vi.advanceTimersByTimeAsync(3_000)
  gateway.connectAgain('boot-1')
  await vi.advanceTimersByTimeAsync(1_000)
  gateway.agent('mine', 'assistant', { text: 'w0 w1', delta: ' w1', itemId: 'old:1' })
  gateway.end('mine')
  await vi.advanceTimersByTimeAsync(2_000)
  expect(await waiting).toMatchObject({ status: 'completed', text: 'w0 w1' })
  expect(recoverySteps(await collect(run.events()))).toEqual(['disconnected', 'checking', 'running'])
  expect(gateway.of('chat.history').filter(({ params }) => params['maxChars'] !== 1)).toEqual([])
})

test('stops a run that was cancelled while the network was gone', async () => {
  const client = openClient()
  const { gateway, feed } = client
  const run = await startRun(client)
  gateway.script('sessions.abort', ({ params }) => {
    gateway.stop('mine')
    return { ok: true, abortedRunId: params['runId'], status: 'aborted' }
  })
  gateway.disconnect(1006)
  const cancelling = run.cancel()
  await vi.advanceTimersByTimeAsync(3_000)
  gateway.connectAgain('boot-1')
  await vi.advanceTimersByTimeAsync(3_000)
  await cancelling
  expect(feed.outcome(run.id)?.status).toBe('cancelled')
  expect(gateway.of('sessions.abort')).toHaveLength(1)
})

test('tells where it cannot stop a run, and stops it when the Gateway is back', async () => {
  const client = openClient()
  const { gateway, feed } = client
  const run = await startRun(client)
  gateway.script('sessions.abort', ({ params }) => {
    gateway.stop('mine')
    return { ok: true, abortedRunId: params['runId'], status: 'aborted' }
  })
  gateway.disconnect(1006)
  const refused = expect(run.cancel()).rejects.toMatchObject({ retryable: true, status: 503 })
  await vi.advanceTimersByTimeAsync(10_000)
  await refused
  gateway.connectAgain('boot-1')
  await vi.advanceTimersByTimeAsync(3_000)
  expect(feed.outcome(run.id)?.status).toBe('cancelled')
})

test('ends the events of open runs where the transport gives up', async () => {
  const client = openClient()
  const { gateway } = client
  const run = await startRun(client)
  gateway.script('agent.wait', () => {
    throw refusal('unauthorized: token mismatch')
  })
  const reading = collect(run.events())
  // A transport that gave up refuses every request.
  gateway.connectAgain('boot-1')
  await vi.advanceTimersByTimeAsync(10)
  const emit = gateway.disconnect.bind(gateway)
  gateway.request = async () => {
    throw refusal('unauthorized: token mismatch')
  }
  emit(1008, false)
  await vi.advanceTimersByTimeAsync(5_000)
  expect((await reading).at(-1)).toMatchObject({
    type: 'run.failed',
    data: { error: { code: 'gateway_lost' } },
  })
  expect((await run.wait()).status).toBe('failed')
})

test('tells open runs that the Gateway is about to stop', async () => {
  const client = openClient()
  const { gateway } = client
  const run = await startRun(client)
  gateway.emit('shutdown', { reason: 'gateway stopping' })
  gateway.end('mine')
  await vi.advanceTimersByTimeAsync(1_000)
  gateway.disconnect(1012)
  gateway.connectAgain('boot-2')
  await vi.advanceTimersByTimeAsync(1_000)
  const events = await collect(run.events())
  expect(recoverySteps(events)).toEqual(['stopping'])
  expect(events.at(-1)?.type).toBe('run.completed')
})

test('subscribes again to what was subscribed, and not to what was not', async () => {
  const { gateway, connection } = openClient()
  const kept = keepSubscriptions(connection)
  gateway.script('sessions.subscribe', () => ({ subscribed: true }))
  gateway.script('sessions.messages.subscribe', ({ params }) => {
    if (params['key'] === 'gone') throw refusal('session not found: gone')
    return { subscribed: true }
  })
  gateway.script('sessions.messages.unsubscribe', () => ({ subscribed: false }))
  await kept.request('sessions.subscribe', {})
  await kept.request('sessions.messages.subscribe', { key: 'agent:main:a' })
  await kept.request('sessions.messages.subscribe', { key: 'agent:main:b', includeApprovals: true })
  await kept.request('sessions.messages.unsubscribe', { key: 'agent:main:a' })
  await expect(kept.request('sessions.messages.subscribe', { key: 'gone' })).rejects.toThrow('gone')
  const before = gateway.sent.length
  gateway.disconnect(1006)
  gateway.connectAgain('boot-2')
  await vi.advanceTimersByTimeAsync(10)
  expect(gateway.sent.slice(before).map(({ method, params }) => [method, params])).toEqual([
    ['sessions.subscribe', {}],
    ['sessions.messages.subscribe', { key: 'agent:main:b', includeApprovals: true }],
  ])
})

test('tells every open run of a loss once, however often the transport fails to come back', async () => {
  const client = openClient()
  const { gateway } = client
  const run = await startRun(client)
  for (let attempt = 0; attempt < 4; attempt += 1) gateway.disconnect(1006)
  gateway.script('agent.wait', ({ params }) => ({ runId: params['runId'], status: 'ok', stopReason: 'stop' }))
  gateway.connectAgain('boot-1')
  await vi.advanceTimersByTimeAsync(2_000)
  expect(recoverySteps(await collect(run.events()))).toEqual(['disconnected', 'checking', 'ended'])
})

test('settles twenty runs of twenty sessions, whatever became of each', async () => {
  const client = openClient()
  const { gateway, runs } = client
  const started = await Promise.all(
    Array.from({ length: 20 }, (_, index) =>
      runs.startAgentRun({ input: 'hi', sessionKey: `s${index}`, idempotencyKey: `run-${index}` }),
    ),
  )
  const waiting = Promise.all(started.map((run) => run.wait()))
  gateway.disconnect(1006)
  gateway.script('chat.history', ({ params }) => {
    const index = Number(/s(\d+)$/.exec(String(params['sessionKey']))?.[1])
    const id = `run-${index}`
    if (index % 4 === 0) return history([userRow(id), assistantRow(id, `text ${index}`)])
    if (index % 4 === 1) return history([], { pending: [{ runId: id, state: 'interrupted', message: {} }] })
    if (index % 4 === 2) return history([userRow(id), userRow(`new-${index}`, true)])
    return history([userRow(id)])
  })
  gateway.script('agent.wait', ({ params }) => {
    const index = /^new-(\d+)$/.exec(String(params['runId']))?.[1]
    return index === undefined
      ? { runId: params['runId'], status: 'timeout' }
      : { runId: params['runId'], status: 'ok', stopReason: 'stop', terminalReply: { text: `text ${index}` } }
  })
  gateway.connectAgain('boot-2')
  await vi.advanceTimersByTimeAsync(30_000)
  const results = await waiting
  for (const [index, result] of results.entries()) {
    if (index % 4 === 0 || index % 4 === 2) {
      expect(result).toMatchObject({ status: 'completed', text: `text ${index}` })
    } else {
      expect(result).toMatchObject({ status: 'failed', error: { code: 'run_lost' } })
    }
  }
})
