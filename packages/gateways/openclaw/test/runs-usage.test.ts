import { expect, test } from 'vitest'
import { convertUsage } from '../src/runs/convert-usage.ts'
import { assistantRow, collect, history, openClient, refusal, userRow } from './runs-transport.ts'

const call = (input: number, output: number, cacheRead = 0): unknown => ({
  input,
  output,
  cacheRead,
  cacheWrite: 0,
  totalTokens: input + output + cacheRead,
  cost: { total: input / 1_000_000 },
})

const lastFrame = { phase: 'end', startedAt: 1, endedAt: 2, stopReason: 'stop' }

test('counts cached tokens as input, which the Gateway leaves out', () => {
  // What the Gateway made of 5,549 prompt tokens of which 1,000 were cached, and of 5,604 more.
  const measured = {
    input: 9153,
    output: 5,
    cacheRead: 2000,
    cacheWrite: 0,
    reasoningTokens: 4,
    total: 11158,
    cost: { total: 0.009163 },
  }
  expect(convertUsage(measured, 'fake', 'fake-1')).toEqual({
    provider: 'fake',
    model: 'fake-1',
    inputTokens: 11153,
    cacheReadTokens: 2000,
    cacheWriteTokens: 0,
    outputTokens: 5,
    reasoningTokens: 4,
    totalTokens: 11158,
    costUsd: 0.009163,
  })
})

test('counts what was written to a cache as input too', () => {
  expect(convertUsage({ input: 10, output: 1, cacheWrite: 90 }, 'p', 'm')).toMatchObject({
    inputTokens: 100,
    cacheWriteTokens: 90,
    totalTokens: 101,
  })
})

test('has no usage where nothing was used, and no cost where no price is known', () => {
  expect(convertUsage({ input: 0, output: 0, cost: { total: 0 } }, 'p', 'm')).toBeUndefined()
  expect(convertUsage(null, 'p', 'm')).toBeUndefined()
  expect(convertUsage({ input: 5, output: 1, cost: { total: 0 } }, 'p', 'm')).not.toHaveProperty('costUsd')
  expect(convertUsage({ input: -5, output: Number.NaN, cacheRead: '7' }, 'p', 'm')).toBeUndefined()
})

test('takes the usage of a run from the second answer, without asking for the transcript', async () => {
  const { gateway, runs } = openClient()
  const run = await runs.startAgentRun({ input: 'hi', sessionKey: 'notes' })
  const [request] = gateway.of('agent')
  gateway.agent(run.id, 'lifecycle', lastFrame)
  request?.answer({
    runId: run.id,
    status: 'ok',
    result: { meta: { agentMeta: { provider: 'fake', model: 'fake-1', usage: call(7, 2) } } },
  })
  expect((await run.wait()).usage).toMatchObject({ inputTokens: 7, outputTokens: 2, costUsd: 0.000007 })
  expect(gateway.of('chat.history')).toEqual([])
})

test('reports the usage of a message right before the end, added up over the model calls of that run alone', async () => {
  const { gateway, runs } = openClient()
  gateway.script('chat.history', () =>
    history([
      assistantRow('another', 'x', { usage: call(1_000, 1_000), responseId: 'resp-1' }),
      userRow('mine'),
      // One model message shows as two rows; only one of them has its usage.
      assistantRow('mine', 'let me look'),
      assistantRow('mine', '', { usage: call(100, 10, 20), responseId: 'resp-1', stopReason: 'toolUse' }),
      assistantRow('mine', '', { usage: call(100, 10, 20), responseId: 'resp-1', stopReason: 'toolUse' }),
      assistantRow('mine', 'done', { usage: call(200, 5, 30), responseId: 'resp-2' }),
    ]),
  )
  const run = await runs.send({ key: 'notes', message: 'hi', idempotencyKey: 'mine' })
  gateway.end(run.id)
  const result = await run.wait()
  expect(result.usage).toEqual({
    provider: 'fake',
    model: 'fake-1',
    inputTokens: 350,
    cacheReadTokens: 50,
    cacheWriteTokens: 0,
    outputTokens: 15,
    reasoningTokens: 0,
    totalTokens: 365,
    costUsd: expect.closeTo(0.0003, 9),
  })
  const types = (await collect(run.events())).map((event) => event.type)
  expect(types.slice(-2)).toEqual(['usage.reported', 'run.completed'])
  expect(gateway.of('chat.history')).toHaveLength(1)
})

test('looks back page by page until the message that began the run', async () => {
  const { gateway, runs } = openClient()
  const pages = [
    history([assistantRow('mine', 'c', { usage: call(1, 1), responseId: 'c' })], {
      rest: { hasMore: true, nextOffset: 1 },
    }),
    history([assistantRow('mine', 'b', { usage: call(2, 1), responseId: 'b' })], {
      rest: { hasMore: true, nextOffset: 2 },
    }),
    history([userRow('mine'), assistantRow('mine', 'a', { usage: call(4, 1), responseId: 'a' })], {
      rest: { hasMore: true, nextOffset: 3 },
    }),
  ]
  gateway.script('chat.history', ({ params }) => pages[Number(params['offset'] ?? 0)])
  const run = await runs.send({ key: 'notes', message: 'hi', idempotencyKey: 'mine' })
  gateway.end(run.id)
  expect((await run.wait()).usage?.inputTokens).toBe(7)
  expect(gateway.of('chat.history')).toHaveLength(3)
})

test('stops looking back after five pages', async () => {
  const { gateway, runs } = openClient()
  gateway.script('chat.history', ({ params }) => {
    const offset = Number(params['offset'] ?? 0)
    const row = assistantRow('mine', `${offset}`, { usage: call(1, 1), responseId: `${offset}` })
    return history([row], { rest: { hasMore: true, nextOffset: offset + 1 } })
  })
  const run = await runs.send({ key: 'notes', message: 'hi', idempotencyKey: 'mine' })
  gateway.end(run.id)
  expect((await run.wait()).usage?.inputTokens).toBe(5)
})

test('takes the rows of a cancelled run, and leaves out the text that the Gateway kept of it', async () => {
  const { gateway, runs } = openClient()
  gateway.script('chat.history', () =>
    history([
      userRow('mine'),
      assistantRow('mine', '', { usage: call(10, 1), responseId: 'a', stopReason: 'toolUse' }),
      assistantRow('mine', 'w0 w1', {
        provider: 'openclaw',
        model: 'gateway-injected',
        usage: call(900, 900),
        openclawAbort: { aborted: true, runId: 'mine' },
      }),
    ]),
  )
  const run = await runs.startAgentRun({ input: 'hi', sessionKey: 'notes', idempotencyKey: 'mine' })
  gateway.of('agent')[0]?.answer({ runId: 'mine', status: 'timeout', summary: 'aborted', stopReason: 'rpc' })
  gateway.agent('mine', 'lifecycle', { phase: 'end', status: 'cancelled', aborted: true, stopReason: 'rpc' })
  const result = await run.wait()
  expect(result.status).toBe('cancelled')
  expect(result.usage).toMatchObject({ inputTokens: 10, outputTokens: 1, provider: 'fake' })
})

test('ends a run without usage where the transcript is refused', async () => {
  const { gateway, runs } = openClient()
  gateway.script('chat.history', () => {
    throw refusal('missing scope: operator.read', 'FORBIDDEN')
  })
  const run = await runs.send({ key: 'notes', message: 'hi' })
  gateway.end(run.id)
  const result = await run.wait()
  expect(result.status).toBe('completed')
  expect(result).not.toHaveProperty('usage')
})
