import { GatewayError, PincerError, UnsupportedByGatewayError } from '@pincer/protocol'
import { afterEach, expect, test, vi } from 'vitest'
import {
  assistantRow,
  collect,
  history,
  type OpenRequest,
  openClient,
  refusal,
  userRow,
} from './runs-transport.ts'

afterEach(() => {
  vi.useRealTimers()
})

test('sends what the agent method takes, and hands the run out at its acknowledgement', async () => {
  const { gateway, runs } = openClient()
  const run = await runs.startAgentRun({
    input: 'Review this.',
    agentId: 'main',
    sessionKey: 'Notes',
    model: 'openrouter/meta/llama-4',
    timeoutMs: 30_001,
    thinking: 'low',
    label: 'review',
    cwd: '/srv',
    deliver: false,
    extraSystemPrompt: 'Be brief.',
  })
  const [request] = gateway.of('agent')
  expect(request?.params).toEqual({
    message: 'Review this.',
    agentId: 'main',
    sessionKey: 'agent:main:notes',
    provider: 'openrouter',
    model: 'meta/llama-4',
    timeout: 31,
    thinking: 'low',
    label: 'review',
    cwd: '/srv',
    deliver: false,
    extraSystemPrompt: 'Be brief.',
    idempotencyKey: run.id,
  })
  expect(request?.options).toMatchObject({ expectFinal: true, timeoutMs: null })
  expect(run).toMatchObject({ id: run.runId, sessionKey: 'agent:main:notes' })
})

test.each([
  ['gpt-5.5', { model: 'gpt-5.5' }],
  ['openai/gpt-5.5', { provider: 'openai', model: 'gpt-5.5' }],
  ['/gpt', { model: '/gpt' }],
  ['openai/', { model: 'openai/' }],
])('splits the model %s at its first slash', async (model, expected) => {
  const { gateway, runs } = openClient()
  await runs.startAgentRun({ input: 'hi', model })
  const { provider, model: sent } = gateway.of('agent')[0]?.params ?? {}
  expect({ provider, model: sent }).toEqual({ provider: undefined, ...expected })
})

test('leaves the model whole where the provider is given', async () => {
  const { gateway, runs } = openClient()
  await runs.startAgentRun({ input: 'hi', provider: 'openrouter', model: 'meta/llama-4' })
  expect(gateway.of('agent')[0]?.params).toMatchObject({ provider: 'openrouter', model: 'meta/llama-4' })
})

test.each(['workspace', 'runtime', 'environment', 'approvals'])(
  'refuses %s per run before anything is sent',
  async (name) => {
    const { gateway, runs } = openClient()
    const started = runs.startAgentRun({ input: 'hi', [name]: {} })
    await expect(started).rejects.toThrow(UnsupportedByGatewayError)
    await expect(started).rejects.toThrow(`${name} per run`)
    expect(gateway.sent).toEqual([])
  },
)

test.each([
  [{ input: '' }, 'agent: input: expected the text of the user'],
  [{ input: 'hi', timeoutMs: 0 }, 'agent: timeoutMs: expected milliseconds above 0'],
  [{ input: 'hi', timeoutMs: Number.NaN }, 'agent: timeoutMs'],
  [{ input: 'hi', sessionKey: ' ' }, 'agent: sessionKey'],
  [{ input: 'hi', signal: 'stop' as unknown as AbortSignal }, 'agent: signal: expected an AbortSignal'],
  [null as unknown as { input: string }, 'agent: expected an object'],
])('refuses %o by the name of what is wrong', async (params, message) => {
  const { gateway, runs } = openClient()
  await expect(runs.startAgentRun(params)).rejects.toThrow(message)
  expect(gateway.sent).toEqual([])
})

test('refuses a field that there is not by its name', async () => {
  const { gateway, runs } = openClient()
  const params = { input: 'hi', sesionKey: 'notes' }
  const started = runs.startAgentRun(params)
  await expect(started).rejects.toThrow('sesionKey: not an option of agent')
  await expect(started).rejects.toBeInstanceOf(PincerError)
  const send = { key: 'notes', message: 'hi', text: 'hi' }
  await expect(runs.send(send)).rejects.toThrow('text: not an option of sessions.send')
  expect(gateway.sent).toEqual([])
})

test('sends a message into a session by its full key', async () => {
  const { gateway, runs } = openClient()
  const run = await runs.send({ key: 'main', message: 'hi', thinking: 'low', timeoutMs: 1500.2 })
  expect(gateway.of('sessions.send')[0]?.params).toEqual({
    key: 'agent:main:main',
    message: 'hi',
    thinking: 'low',
    timeoutMs: 1501,
    idempotencyKey: run.id,
  })
  expect(run.sessionKey).toBe('agent:main:main')
})

test('knows events that come before the acknowledgement', async () => {
  const { gateway, runs } = openClient()
  gateway.script('agent', (request) => {
    const runId = String(request.params['idempotencyKey'])
    gateway.agent(runId, 'lifecycle', { phase: 'start', startedAt: 1 })
    gateway.agent(runId, 'assistant', { text: 'early', delta: 'early', itemId: 'x:1' })
    gateway.agent(runId, 'lifecycle', { phase: 'end', startedAt: 1, endedAt: 2, stopReason: 'stop' })
    request.accept({ runId, status: 'accepted' })
    request.answer({ runId, status: 'ok' })
  })
  const run = await runs.startAgentRun({ input: 'hi' })
  const types = (await collect(run.events())).map((event) => event.type)
  expect(types).toEqual(['run.started', 'assistant.delta', 'assistant.message', 'run.completed'])
  expect(await run.wait()).toMatchObject({ status: 'completed', text: 'early' })
})

test('forgets a run that the Gateway refuses', async () => {
  const { gateway, feed, runs } = openClient()
  gateway.script('agent', () => {
    throw refusal('invalid agent params: unknown agent id "ghost"')
  })
  const started = runs.startAgentRun({ input: 'hi', agentId: 'ghost' })
  await expect(started).rejects.toMatchObject({ status: 404, retryable: false })
  expect(feed.openRuns()).toEqual([])
})

test('takes in_flight for an acknowledgement, and gives the run that has the key', async () => {
  const { gateway, runs } = openClient()
  const first = await runs.startAgentRun({ input: 'hi', idempotencyKey: 'key-1' })
  gateway.script('agent', ({ params }) => ({ runId: params['idempotencyKey'], status: 'in_flight' }))
  const second = await runs.startAgentRun({ input: 'hi', idempotencyKey: 'key-1' })
  expect(second.id).toBe(first.id)
  gateway.end('key-1')
  expect(await second.wait()).toBe(await first.wait())
})

test('goes by the id that the Gateway gives, where that is another one', async () => {
  const { gateway, feed, runs } = openClient()
  gateway.script('agent', (request) => request.accept({ runId: 'run-7', status: 'accepted' }))
  const run = await runs.startAgentRun({ input: 'hi' })
  expect(run.id).toBe('run-7')
  expect(feed.openRuns().map(({ runId }) => runId)).toEqual(['run-7'])
})

test('works with a transport that answers once, with anything', async () => {
  const { gateway, runs } = openClient()
  gateway.script('agent', ({ method, params }) => ({ method, params }))
  const run = await runs.startAgentRun({ input: 'hi', idempotencyKey: 'mine' })
  expect(run.id).toBe('mine')
})

test('gives up where no acknowledgement comes, and stops the run if one comes after all', async () => {
  vi.useFakeTimers()
  const { gateway, runs } = openClient({ ackTimeoutMs: 5_000 })
  gateway.script('agent', () => undefined)
  const started = runs.startAgentRun({ input: 'hi' })
  const failed = expect(started).rejects.toMatchObject({
    status: 504,
    gatewayCode: 'ACK_TIMEOUT',
    retryable: true,
  })
  await vi.advanceTimersByTimeAsync(5_000)
  await failed
  expect(gateway.of('sessions.abort')).toEqual([])
  const [request] = gateway.of('agent')
  const runId = request?.params['idempotencyKey']
  request?.accept({ runId, status: 'accepted' })
  await vi.advanceTimersByTimeAsync(0)
  expect(gateway.of('sessions.abort')[0]?.params).toMatchObject({ runId })
})

test('leaves a late run alone whose key the caller may ask with again', async () => {
  vi.useFakeTimers()
  const { gateway, runs } = openClient({ ackTimeoutMs: 5_000 })
  gateway.script('agent', () => undefined)
  const failed = expect(runs.startAgentRun({ input: 'hi', idempotencyKey: 'key-1' })).rejects.toThrow(
    'idempotencyKey',
  )
  await vi.advanceTimersByTimeAsync(5_000)
  await failed
  gateway.of('agent')[0]?.accept({ runId: 'key-1', status: 'accepted' })
  await vi.advanceTimersByTimeAsync(10)
  expect(gateway.of('sessions.abort')).toEqual([])
})

test('does not send a request late that was given up while the Gateway was away', async () => {
  vi.useFakeTimers()
  const { gateway, runs } = openClient({ ackTimeoutMs: 5_000 })
  gateway.disconnect()
  const failed = expect(runs.startAgentRun({ input: 'hi' })).rejects.toThrow('did not acknowledge')
  await vi.advanceTimersByTimeAsync(5_000)
  await failed
  gateway.connectAgain('boot-1')
  await vi.advanceTimersByTimeAsync(1_000)
  expect(gateway.of('agent')).toEqual([])
})

test('tells of a connection that was lost before the acknowledgement, and forgets the run', async () => {
  const { gateway, feed, runs } = openClient()
  gateway.script('agent', () => undefined)
  const started = runs.startAgentRun({ input: 'hi' })
  await vi.waitFor(() => expect(gateway.of('agent')).toHaveLength(1))
  gateway.disconnect()
  await expect(started).rejects.toMatchObject({ retryable: true })
  await expect(started).rejects.toBeInstanceOf(GatewayError)
  expect(feed.openRuns()).toEqual([])
})

test('sends nothing where the signal was aborted before', async () => {
  const { gateway, runs } = openClient()
  const signal = AbortSignal.abort(new Error('too late'))
  await expect(runs.startAgentRun({ input: 'hi', signal })).rejects.toThrow('too late')
  await expect(runs.send({ key: 'notes', message: 'hi', signal })).rejects.toThrow('too late')
  expect(gateway.sent).toEqual([])
})

test('stops the run once it is known, where the signal is aborted between request and acknowledgement', async () => {
  const { gateway, feed, runs } = openClient()
  gateway.script('agent', () => undefined)
  gateway.script('sessions.abort', ({ params }) => ({
    ok: true,
    abortedRunId: params['runId'],
    status: 'aborted',
  }))
  gateway.script('agent.wait', ({ params }) => ({
    runId: params['runId'],
    status: 'error',
    stopReason: 'rpc',
    endedAt: 2,
  }))
  const abort = new AbortController()
  const started = runs.startAgentRun({ input: 'hi', sessionKey: 'notes', signal: abort.signal })
  await vi.waitFor(() => expect(gateway.of('agent')).toHaveLength(1))
  abort.abort(new Error('never mind'))
  await expect(started).rejects.toThrow('never mind')
  expect(gateway.of('sessions.abort')).toEqual([])
  const [request] = gateway.of('agent')
  request?.accept({
    runId: request.params['idempotencyKey'],
    status: 'accepted',
    sessionKey: 'agent:main:notes',
  })
  await vi.waitFor(() => expect(feed.openRuns()).toEqual([]), { timeout: 3_000 })
  expect(gateway.of('sessions.abort')[0]?.params).toEqual({
    runId: request?.params['idempotencyKey'],
    key: 'agent:main:notes',
  })
})

test('stops the run where the signal is aborted while it is at work', async () => {
  const { gateway, runs } = openClient()
  gateway.script('sessions.abort', ({ params }) => {
    gateway.stop(String(params['runId']))
    return { ok: true, abortedRunId: params['runId'], status: 'aborted' }
  })
  const abort = new AbortController()
  const run = await runs.startAgentRun({ input: 'hi', signal: abort.signal })
  abort.abort()
  expect((await run.wait()).status).toBe('cancelled')
})

test('does not ask to stop a run that ended before the signal was aborted', async () => {
  const { gateway, runs } = openClient()
  const abort = new AbortController()
  const run = await runs.startAgentRun({ input: 'hi', signal: abort.signal })
  gateway.end(run.id)
  await run.wait()
  abort.abort()
  await Promise.resolve()
  expect(gateway.of('sessions.abort')).toEqual([])
})

test('keeps 20 runs apart whose events and answers come in any order', async () => {
  const { gateway, runs } = openClient()
  const started = await Promise.all(
    Array.from({ length: 20 }, (_, index) =>
      runs.startAgentRun({ input: `${index}`, sessionKey: `s${index}` }),
    ),
  )
  for (const step of [0, 1, 2]) {
    for (const [index, run] of started.toReversed().entries()) {
      const key = run.sessionKey
      const text = `${19 - index}.`.repeat(step + 1)
      gateway.agent(run.id, 'assistant', { text, delta: `${19 - index}.`, itemId: `${index}:1` }, key)
    }
  }
  for (const [index, run] of started.entries()) {
    const stopReason = index % 2 === 0 ? 'stop' : 'length'
    gateway.end(run.id, run.sessionKey, stopReason)
  }
  const results = await Promise.all(started.map((run) => run.wait()))
  for (const [index, result] of results.entries()) {
    expect(result).toMatchObject({
      runId: started[index]?.id,
      status: 'completed',
      text: `${index}.`.repeat(3),
      stopReason: index % 2 === 0 ? 'stop' : 'length',
      sessionKey: `agent:main:s${index}`,
    })
  }
})

test('needs an id for a handle', () => {
  const { runs } = openClient()
  expect(() => runs.get('')).toThrow('runs.get: runId')
})

test('ends the events of a run that somebody else started and that has ended', async () => {
  const { gateway, runs } = openClient()
  gateway.script('audit.list', () => ({
    events: [
      { action: 'agent.run.finished', status: 'succeeded', sessionKey: 'agent:main:notes' },
      { action: 'agent.run.started', status: 'started', sessionKey: 'agent:main:notes' },
    ],
  }))
  gateway.script('chat.history', () => history([userRow('theirs'), assistantRow('theirs', 'all done')]))
  const events = await collect(runs.get('theirs').events())
  expect(events.map((event) => event.type)).toEqual([
    'run.started',
    'assistant.delta',
    'assistant.message',
    'run.completed',
  ])
  expect(gateway.of('chat.history')[0]?.params['sessionKey']).toBe('agent:main:notes')
})

test.each([
  ['refuses it', (request: OpenRequest) => request.refuse(refusal('WORKSPACE_VANISHED', 'UNAVAILABLE'))],
  ['says how it ended', (request: OpenRequest) => request.answer({ status: 'timeout', summary: 'aborted' })],
])('ends for its readers where the last answer %s, and no event tells of the end', async (_, tell) => {
  const { gateway, runs } = openClient()
  const run = await runs.startAgentRun({ input: 'go', agentId: 'main', sessionKey: 'notes' })
  const reading = collect(run.events())
  gateway.script('agent.wait', ({ params }) => ({
    runId: params['runId'],
    status: 'error',
    error: 'the workspace is gone',
    endedAt: 2,
  }))
  tell(gateway.of('agent')[0]!)
  const events = await reading
  expect(events.at(-1)).toMatchObject({
    type: 'run.failed',
    data: { error: { message: 'the workspace is gone' } },
  })
  expect(await run.wait()).toMatchObject({ status: 'failed' })
})

test.each(['prompt', 'message', 'messages'])('tells what %s is called here', async (name) => {
  const { runs } = openClient()
  await expect(runs.startAgentRun({ [name]: 'go' } as never)).rejects.toThrow('did you mean `input`?')
})

test('a client that is closed between the last answer and the end is closed in peace', async () => {
  const rejections: unknown[] = []
  const note = (reason: unknown): void => void rejections.push(reason)
  process.on('unhandledRejection', note)
  const { gateway, feed, connection, runs } = openClient()
  await runs.startAgentRun({ input: 'go', agentId: 'main', sessionKey: 'notes' })
  gateway.of('agent')[0]!.answer({ status: 'ok' })
  feed.close()
  await connection.close()
  // The last answer is given this long for its events.
  await new Promise((resolve) => setTimeout(resolve, 700))
  process.off('unhandledRejection', note)
  expect(rejections).toEqual([])
})
