import type { ClawEvent } from '@pincer/protocol'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createService, type LocalService } from '../src/service.ts'
import { finishedRun, storyEvent, storyStart, storyUsage } from './run-story.ts'

const hour = 3_600_000

/** Keeps batches of events in a fresh record, and reads the trees of the runs in question and the sums of usage. */
async function recordOf(
  batches: readonly (readonly ClawEvent[])[],
  { readBetween = false }: { readonly readBetween?: boolean } = {},
): Promise<Awaited<ReturnType<typeof readAll>>> {
  const service = await createService({ databasePath: ':memory:' })
  try {
    for (const batch of batches) {
      await service.events.append(batch)
      // Reading settles what is counted under an agent that was not known yet; it must change nothing.
      if (readBetween) await service.usage({ groupBy: 'agent' })
    }
    return await readAll(service)
  } finally {
    await service.close()
  }
}

async function readAll(service: LocalService) {
  const ranges = [{}, { from: storyStart + 10, to: storyStart + 3 * hour + 20 }, { to: storyStart + 25 }]
  return {
    trees: await Promise.all(runIds.map((runId) => service.runs.get(runId))),
    list: await service.runs.list({ limit: 200 }),
    usage: await Promise.all(
      (['model', 'agent', 'day'] as const).flatMap((groupBy) =>
        ranges.map((range) => service.usage({ groupBy, ...range })),
      ),
    ),
  }
}

const runIds = ['parent', 'child', 'grandchild']

/** Any events of a few runs and actions, contradictory ones too: two starts, two ends, usage again and again. */
const anyEvents: fc.Arbitrary<ClawEvent[]> = fc
  .array(
    fc.record({
      run: fc.nat({ max: 2 }),
      actionId: fc.constantFrom('a', 'b', 'c'),
      seq: fc.option(fc.integer({ min: 1, max: 30 }), { nil: undefined }),
      ts: fc
        .tuple(fc.nat({ max: 4 }), fc.nat({ max: 50 }))
        .map(([hours, more]) => storyStart + hours * hour + more),
      agentId: fc.option(fc.constantFrom('main', 'other'), { nil: undefined }),
      kind: fc.nat({ max: 15 }),
      amount: fc.integer({ min: 10, max: 5_000 }),
    }),
    { minLength: 1, maxLength: 40 },
  )
  .map((facts) =>
    facts.map(({ run, actionId, seq, ts, agentId, kind, amount }, index): ClawEvent => {
      const runId = runIds[run] ?? 'parent'
      const approvalId = `approval-${amount % 3}`
      const error = { message: `failed with ${amount}` }
      const kinds: readonly (readonly [ClawEvent['type'], unknown])[] = [
        ['run.created', { name: `created ${amount}`, metadata: { amount } }],
        ['run.queued', { input: amount }],
        ['run.started', { name: `started ${amount}` }],
        ['run.completed', { output: amount }],
        ['run.failed', { error, durationMs: amount }],
        ['run.cancelled', { reason: 'stopped' }],
        ['model.call.started', { provider: 'openai', model: 'gpt-4o-mini', input: amount }],
        ['model.call.completed', { outcome: 'ok', output: amount }],
        ['model.call.failed', { outcome: 'error', error }],
        ['tool.call.started', { toolCallId: actionId, name: `tool ${amount}`, input: amount }],
        ['tool.call.completed', { toolCallId: actionId, outcome: 'ok' }],
        ['usage.reported', storyUsage(amount, { details: { audioInputTokens: amount } })],
        ['usage.reported', storyUsage(amount, { model: 'claude-3-5-haiku-latest', provider: 'anthropic' })],
        ['approval.requested', { approvalId, name: 'delete' }],
        ['approval.resolved', { approvalId, status: 'approved' }],
        ['assistant.delta', { delta: 'x' }],
      ]
      const [type, data] = kinds[kind] ?? ['run.started', {}]
      const parentRunId = run === 0 ? undefined : runIds[run - 1]
      return {
        version: 1,
        id: `event-${index}`,
        ts,
        type,
        runId,
        ...(parentRunId === undefined ? {} : { parentRunId }),
        ...(kind >= 6 && kind <= 12 && amount % 5 > 0 ? { actionId } : {}),
        ...(seq === undefined ? {} : { seq }),
        ...(agentId === undefined ? {} : { agentId }),
        data,
      } as ClawEvent
    }),
  )

describe('the record of runs', () => {
  it('is the same for every order, repetition and batching of the same events', async () => {
    await fc.assert(
      fc.asyncProperty(
        anyEvents.chain((events) =>
          fc.tuple(
            fc.constant(events),
            fc.shuffledSubarray(events, { minLength: events.length, maxLength: events.length }),
            fc.subarray(events),
            fc.integer({ min: 1, max: 10 }),
          ),
        ),
        async ([events, shuffled, repeated, size]) => {
          const arrivals = [...shuffled, ...repeated]
          const batches: ClawEvent[][] = []
          for (let at = 0; at < arrivals.length; at += size) batches.push(arrivals.slice(at, at + size))
          const record = await recordOf([events])
          expect(await recordOf(batches)).toEqual(record)
          expect(await recordOf(batches, { readBetween: true })).toEqual(record)
          // The kept sums say the same as the usage that they are the sums of, however it is grouped.
          const tokens = record.list.items.reduce((sum, { usage }) => sum + usage.totalTokens, 0)
          for (const at of [0, 3, 6]) {
            const summed = record.usage[at]?.reduce((sum, { usage }) => sum + usage.totalTokens, 0)
            expect(summed).toBeCloseTo(tokens, 2)
          }
        },
      ),
      { numRuns: 150 },
    )
  }, 60_000)

  it('builds a tree with actions, usage, cost and child runs', async () => {
    const service = await createService({ databasePath: ':memory:' })
    const inside = { parentRunId: 'parent', agentId: 'helper' }
    await service.events.append([
      ...finishedRun('parent', { agentId: 'main', sessionKey: 'chat' }),
      ...finishedRun('child', inside),
    ])
    const tree = await service.runs.get('parent')
    expect(tree).toMatchObject({
      runId: 'parent',
      status: 'completed',
      name: 'answer',
      agentId: 'main',
      sessionKey: 'chat',
      startedAt: storyStart + 1,
      endedAt: storyStart + 7,
      durationMs: 6,
      input: 'What is in the file?',
      output: 'It is text.',
      actionCount: 2,
      usage: { inputTokens: 1_000, outputTokens: 100, costUsd: 0.00021, model: 'gpt-4o-mini' },
      totalUsage: { inputTokens: 2_000, costUsd: 0.00042 },
      actions: [
        {
          actionId: 'parent.model',
          kind: 'model_call',
          name: 'gpt-4o-mini',
          outcome: 'ok',
          durationMs: 12,
          firstTokenMs: 5,
          output: 'read it',
          usage: { inputTokens: 1_000, costUsd: 0.00021 },
          cost: { usd: 0.00021, source: '@pydantic/genai-prices 0.1.8', date: '2025-10-09' },
        },
        {
          actionId: 'parent.tool',
          kind: 'tool_call',
          name: 'files.read',
          toolCallId: 'call_1',
          input: { path: 'a' },
        },
      ],
      children: [
        { runId: 'child', parentRunId: 'parent', agentId: 'helper', totalUsage: { inputTokens: 1_000 } },
      ],
    })
    await service.close()
  })

  it('replaces the usage of an action and never adds it twice', async () => {
    const service = await createService({ databasePath: ':memory:' })
    const action = { actionId: 'a' }
    await service.events.append([
      storyEvent('run', 2, 'usage.reported', storyUsage(500), action),
      storyEvent('run', 1, 'usage.reported', storyUsage(9_000), action),
      storyEvent('run', 3, 'usage.reported', storyUsage(70), { actionId: 'b' }),
    ])
    expect((await service.runs.get('run'))?.usage.inputTokens).toBe(570)
    await service.events.append([storyEvent('run', 4, 'usage.reported', storyUsage(600), action)])
    expect((await service.runs.get('run'))?.usage.inputTokens).toBe(670)
    await service.close()
  })

  it('counts usage under the agent of its run, whenever that becomes known', async () => {
    const service = await createService({ databasePath: ':memory:' })
    const agents = async (): Promise<unknown> =>
      (await service.usage({ groupBy: 'agent' })).map(({ key, callCount, usage }) => [
        key,
        callCount,
        usage.inputTokens,
      ])
    const usage = (seq: number): ClawEvent =>
      storyEvent('run', seq, 'usage.reported', storyUsage(10), { actionId: `a${seq}` })
    await service.events.append([usage(1), usage(2)])
    expect(await agents()).toEqual([['', 2, 20]])
    await service.events.append([storyEvent('run', 3, 'run.started', {}, { agentId: 'main' }), usage(4)])
    expect(await agents()).toEqual([['main', 3, 30]])
    // Where events disagree, the smaller name wins.
    await service.events.append([storyEvent('run', 5, 'run.completed', {}, { agentId: 'helper' })])
    expect(await agents()).toEqual([['helper', 3, 30]])
    await service.close()
  })

  it('says the same about a parent without usage of its own, however often it is read', async () => {
    const service = await createService({ databasePath: ':memory:' })
    await service.events.append([
      storyEvent('parent', 1, 'run.started', {}),
      ...finishedRun('child', { parentRunId: 'parent' }),
    ])
    const first = await service.runs.get('parent')
    expect(first?.totalUsage).toMatchObject({ provider: 'openai', model: 'gpt-4o-mini', inputTokens: 1_000 })
    expect(await service.runs.get('parent')).toEqual(first)
    await service.close()
  })

  it('shows a run as paused while an approval is open, whichever event comes first', async () => {
    const service = await createService({ databasePath: ':memory:' })
    const status = async (): Promise<string | undefined> => (await service.runs.get('run'))?.status
    await service.events.append([storyEvent('run', 1, 'run.started', {})])
    service.eventLog.announce(
      storyEvent(
        'run',
        99,
        'approval.requested',
        { approvalId: 'ask', name: 'delete' },
        { id: 'ask.requested' },
      ),
    )
    expect(await status()).toBe('paused')
    const own = storyEvent(
      'run',
      2,
      'approval.requested',
      { approvalId: 'ask', name: 'delete' },
      { id: 'ask.requested' },
    )
    expect(await service.events.append([own])).toEqual([{ id: 'ask.requested', status: 'duplicate' }])
    expect((await service.runs.events('run')).items.map((event) => event.seq)).toEqual([1, 2])
    service.eventLog.announce({
      version: 1,
      id: 'ask.resolved',
      ts: storyStart,
      type: 'approval.resolved',
      data: { approvalId: 'ask', status: 'approved' },
    })
    expect(await status()).toBe('running')
    await service.close()
  })

  it('forgets what a provisional event said once the real one is there', async () => {
    const service = await createService({ databasePath: ':memory:' })
    const asked = (seq: number): ClawEvent =>
      storyEvent(
        'run',
        seq,
        'approval.requested',
        { approvalId: 'ask', name: 'delete' },
        { id: 'ask.requested' },
      )
    service.eventLog.announce(asked(5))
    await service.events.append([asked(9)])
    expect(await service.runs.get('run')).toMatchObject({ status: 'paused', startedAt: storyStart + 9 })
    service.eventLog.announce(asked(5))
    expect(await service.runs.get('run')).toMatchObject({ startedAt: storyStart + 9 })
    await service.close()
  })

  it('lets the first terminal event of a run decide, and keeps the others as events', async () => {
    const service = await createService({ databasePath: ':memory:' })
    await service.events.append([
      storyEvent('run', 9, 'run.completed', { output: 'late' }),
      storyEvent('run', 3, 'run.cancelled', { reason: 'stopped' }),
    ])
    expect(await service.runs.get('run')).toMatchObject({ status: 'cancelled', endedAt: storyStart + 3 })
    expect((await service.runs.events('run')).items).toHaveLength(2)
    await service.close()
  })

  it('does not loop where runs claim each other as parents', async () => {
    const service = await createService({ databasePath: ':memory:' })
    await service.events.append([
      storyEvent('hen', 1, 'run.started', {}, { parentRunId: 'egg' }),
      storyEvent('egg', 1, 'run.started', {}, { parentRunId: 'hen' }),
      storyEvent('self', 1, 'run.started', {}, { parentRunId: 'self' }),
    ])
    expect(await service.runs.get('hen')).toMatchObject({ children: [{ runId: 'egg', children: [] }] })
    expect(await service.runs.get('self')).toMatchObject({ children: [] })
    await service.close()
  })
})
