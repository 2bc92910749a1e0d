import { expect, test, vi } from 'vitest'
import { collect, openClient, refusal } from './runs-transport.ts'

const aborted = (runId: unknown): unknown => ({ ok: true, abortedRunId: runId, status: 'aborted' })

test('stops a run by its id and session, and ends once', async () => {
  const { gateway, runs } = openClient()
  const run = await runs.startAgentRun({ input: 'hi', sessionKey: 'notes' })
  gateway.agent(run.id, 'assistant', { text: 'w0 w1', delta: 'w0 w1', itemId: 'x:1' })
  gateway.script('sessions.abort', ({ params }) => {
    gateway.stop(run.id)
    return aborted(params['runId'])
  })
  await run.cancel('enough')
  expect(gateway.of('sessions.abort').map(({ params }) => params)).toEqual([
    { runId: run.id, key: 'agent:main:notes' },
  ])
  // The Gateway tells of an error once more, some time after the end.
  gateway.agent(run.id, 'lifecycle', {
    phase: 'error',
    error: 'This operation was aborted',
    stopReason: 'aborted',
  })
  expect(await run.wait()).toMatchObject({ status: 'cancelled', text: 'w0 w1' })
  const types = (await collect(run.events())).map((event) => event.type)
  expect(types.filter((type) => type.startsWith('run.'))).toEqual(['run.started', 'run.cancelled'])
})

test('ends the run here where the last events of the Gateway are lost', async () => {
  const { gateway, runs } = openClient()
  const run = await runs.startAgentRun({ input: 'hi' })
  gateway.script('sessions.abort', ({ params }) => aborted(params['runId']))
  gateway.script('agent.wait', ({ params }) => ({
    runId: params['runId'],
    status: 'error',
    stopReason: 'rpc',
    endedAt: 2,
  }))
  const events = collect(run.events())
  await run.cancel()
  expect((await events).at(-1)?.type).toBe('run.cancelled')
  expect(await run.wait()).toMatchObject({ status: 'cancelled', endedAt: 2 })
})

test('ends the run here where the Gateway stopped it and tells nothing more', async () => {
  const { gateway, runs } = openClient()
  const run = await runs.startAgentRun({ input: 'hi' })
  gateway.script('sessions.abort', ({ params }) => aborted(params['runId']))
  await run.cancel()
  expect((await run.wait()).status).toBe('cancelled')
})

test('does nothing where the run has ended', async () => {
  const { gateway, runs } = openClient()
  const run = await runs.startAgentRun({ input: 'hi' })
  gateway.end(run.id)
  await run.wait()
  await run.cancel()
  expect(gateway.of('sessions.abort')).toEqual([])
})

test('finds the end of a run that finished before it could be stopped', async () => {
  const { gateway, runs } = openClient()
  const run = await runs.startAgentRun({ input: 'hi' })
  gateway.script('agent.wait', ({ params }) => ({ runId: params['runId'], status: 'ok', stopReason: 'stop' }))
  await run.cancel()
  expect((await run.wait()).status).toBe('completed')
})

test('asks again where a run was acknowledged a moment ago', async () => {
  const { gateway, runs } = openClient()
  const run = await runs.startAgentRun({ input: 'hi' })
  let asked = 0
  gateway.script('sessions.abort', ({ params }) => {
    asked += 1
    if (asked === 1) return { ok: true, abortedRunId: null, status: 'no-active-run' }
    gateway.stop(run.id)
    return aborted(params['runId'])
  })
  await run.cancel()
  expect((await run.wait()).status).toBe('cancelled')
})

test('does nothing for a run that the Gateway does not know', async () => {
  const { gateway, runs } = openClient()
  await runs.get('ghost').cancel()
  expect(gateway.of('sessions.abort')).toHaveLength(1)
})

test('stops a run of somebody else whose session the caller was wrong about', async () => {
  const { gateway, runs } = openClient()
  gateway.script('sessions.abort', ({ params }) => {
    if (params['key'] !== undefined) throw refusal('runId does not match session')
    return aborted(params['runId'])
  })
  await runs.get('theirs', { sessionKey: 'agent:main:wrong' }).cancel()
  expect(gateway.of('sessions.abort').map(({ params }) => params)).toEqual([
    { runId: 'theirs', key: 'agent:main:wrong' },
    { runId: 'theirs' },
  ])
})

test('tells the caller where the Gateway refuses', async () => {
  const { gateway, runs } = openClient()
  const run = await runs.startAgentRun({ input: 'hi' })
  gateway.script('sessions.abort', () => {
    throw refusal('unauthorized')
  })
  await expect(run.cancel()).rejects.toThrow('unauthorized')
})

test('stops a run whose second answer was lost', async () => {
  const { gateway, runs } = openClient()
  const run = await runs.startAgentRun({ input: 'hi' })
  gateway.of('agent')[0]?.refuse(new Error('gateway closed (1006)'))
  gateway.script('sessions.abort', ({ params }) => {
    gateway.stop(run.id)
    return aborted(params['runId'])
  })
  await run.cancel()
  await vi.waitFor(async () => expect((await run.wait()).status).toBe('cancelled'))
})
