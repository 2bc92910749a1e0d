import type { ClawEvent, Usage } from '@pincer/protocol'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createService, type LocalService } from '../src/service.ts'
import { storyEvent, storyStart, storyUsage } from './run-story.ts'

async function open(): Promise<LocalService> {
  const service = await createService({ databasePath: ':memory:' })
  onTestFinished(() => service.close())
  return service
}

/** How long something takes, in milliseconds; the bounds below are many times what it takes on a slow machine. */
async function timed(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now()
  await work()
  return performance.now() - startedAt
}

function many<Item>(count: number, make: (at: number) => Item): Item[] {
  return Array.from({ length: count }, (_, at) => make(at))
}

const megabyte = 1_048_576

describe('five thousand events of one request', () => {
  it('about one approval in as many runs are kept quickly', async () => {
    const service = await open()
    const ask = many(5_000, (at) =>
      storyEvent(`run-${at}`, 1, 'approval.requested', { approvalId: 'one', name: 'x' }),
    )
    const answer = many(5_000, (at) =>
      storyEvent(`run-${at}`, 2, 'approval.resolved', { approvalId: 'one', status: 'approved' }),
    )
    expect(await timed(() => service.events.append(ask))).toBeLessThan(5_000)
    expect((await service.runs.list({ status: 'paused', limit: 1 })).items).toHaveLength(1)
    expect(await timed(() => service.events.append(answer))).toBeLessThan(5_000)
    expect((await service.runs.list({ status: 'paused', limit: 1 })).items).toHaveLength(0)
  })

  it('about as many approvals of one run are kept quickly', async () => {
    const service = await open()
    const approvalId = (at: number): string => `approval-${String(at).padStart(5, '0')}`
    const ask = many(5_000, (at) =>
      storyEvent('run', at, 'approval.requested', { approvalId: approvalId(at), name: 'x' }),
    )
    const answer = many(5_000, (at) =>
      storyEvent('run', 10_000 + at, 'approval.resolved', { approvalId: approvalId(at), status: 'denied' }),
    )
    await service.events.append(ask)
    expect(await timed(() => service.events.append(answer.slice(0, -1)))).toBeLessThan(2_000)
    expect(await service.runs.get('run')).toMatchObject({ status: 'paused' })
    await service.events.append(answer.slice(-1))
    expect(await service.runs.get('run')).toMatchObject({ status: 'running' })
  })

  it('that count under ever new names are summed quickly, under a bounded number of names', async () => {
    const service = await open()
    const usage = (at: number): Usage =>
      storyUsage(10, { details: Object.fromEntries(many(30, (name) => [`name${at * 30 + name}`, 1])) })
    await service.events.append(
      many(5_000, (at) =>
        storyEvent(`run-${at % 5}`, at, 'usage.reported', usage(at), { actionId: `a${at}` }),
      ),
    )
    expect(await timed(() => service.runs.list())).toBeLessThan(5_000)
    const details = (await service.runs.get('run-0'))?.usage.details ?? {}
    expect(Object.keys(details)).toHaveLength(64)
  })
})

describe('bounds of one event', () => {
  it.each([
    ['data.details', storyUsage(1, { details: Object.fromEntries(many(65, (at) => [`n${at}`, 1])) })],
    ['data.model', storyUsage(1, { model: 'm'.repeat(513) })],
    ['data.provider', storyUsage(1, { provider: 'p'.repeat(513) })],
    ['data.costUsd', storyUsage(1, { costUsd: 2e6 })],
  ])('refuse too much of %s', async (path, usage) => {
    const service = await open()
    expect(await service.events.append([storyEvent('run', 1, 'usage.reported', usage)])).toMatchObject([
      { status: 'rejected', message: expect.stringContaining(`${path}: expected at most`) },
    ])
  })

  it('shorten names in lists, and keep them whole in the events', async () => {
    const service = await open()
    const name = 'n'.repeat(megabyte)
    await service.events.append([
      storyEvent('run', 1, 'run.started', { name }),
      storyEvent('run', 2, 'run.failed', { error: { message: name, code: name } }),
    ])
    expect(JSON.stringify(await service.runs.list()).length).toBeLessThan(10_000)
    expect((await service.runs.events('run')).items[0]).toMatchObject({ data: { name } })
  })
})

describe('large events', () => {
  async function keepLarge(service: LocalService, count: number): Promise<void> {
    const text = 'x'.repeat(megabyte)
    for (let at = 0; at < count; at++) {
      const data = { toolCallId: `c${at}`, name: 'x', input: text }
      await service.events.append([storyEvent('run', at, 'tool.call.started', data, { actionId: `a${at}` })])
    }
  }

  it('fill a page before its number does, and the pages lose and repeat none', async () => {
    const service = await open()
    await keepLarge(service, 20)
    const seen: ClawEvent[] = []
    let cursor: string | undefined
    let pages = 0
    do {
      const page = await service.runs.events('run', cursor === undefined ? {} : { cursor })
      expect(JSON.stringify(page).length).toBeLessThan(10 * megabyte)
      seen.push(...page.items)
      cursor = page.nextCursor
      pages += 1
    } while (cursor !== undefined)
    expect(seen.map(({ seq }) => seq)).toEqual(many(20, (at) => at))
    expect(pages).toBeGreaterThan(1)
  })

  it('all pass through a stream', async () => {
    const service = await open()
    await keepLarge(service, 5)
    await service.events.append([storyEvent('run', 5, 'run.completed', {})])
    const seen: number[] = []
    for await (const { seq } of service.events.stream({ fromStart: true })) {
      seen.push(seq ?? -1)
      if (seen.length === 6) break
    }
    expect(seen).toEqual([0, 1, 2, 3, 4, 5])
  })

  it('do not make a tree larger than its share; the number of actions is still told', async () => {
    const service = await open()
    await keepLarge(service, 40)
    const tree = await service.runs.get('run')
    expect(tree?.actionCount).toBe(40)
    expect(tree?.actions.length).toBe(32)
    expect(JSON.stringify(tree).length).toBeLessThan(34 * megabyte)
  })

  it('do not make the history of a session larger than its share', async () => {
    const service = await open()
    const text = 'x'.repeat(megabyte)
    service.sessions.open('s', 'main', '')
    for (let at = 0; at < 12; at++) service.sessions.append('s', [{ role: 'user', text, ts: at }])
    const history = await service.sessions.history('s')
    expect(history.map(({ ts }) => ts)).toEqual([5, 6, 7, 8, 9, 10, 11])
  })
})

describe('usage', () => {
  it('of a hundred thousand calls is summed in milliseconds', async () => {
    const service = await open()
    for (let batch = 0; batch < 20; batch++) {
      await service.events.append(
        many(5_000, (at) => {
          const number = batch * 5_000 + at
          const usage = storyUsage(1_000, { model: `model-${number % 7}` })
          const ts = storyStart + number * 60_000
          const more = { actionId: `a${number}`, agentId: `agent-${number % 3}`, ts }
          return storyEvent(`run-${number % 500}`, number, 'usage.reported', usage, more)
        }),
      )
    }
    for (const groupBy of ['model', 'agent', 'day'] as const) {
      await service.usage({ groupBy })
      const range = { from: storyStart + 1_234_567, to: storyStart + 3_333_333_333 }
      expect(await timed(() => service.usage({ groupBy }))).toBeLessThan(150)
      expect(await timed(() => service.usage({ groupBy, ...range }))).toBeLessThan(150)
    }
    const groups = await service.usage({ groupBy: 'model' })
    expect(groups.reduce((sum, { usage }) => sum + usage.inputTokens, 0)).toBe(100_000_000)
    expect(groups.reduce((sum, { callCount }) => sum + callCount, 0)).toBe(100_000)
  }, 60_000)
})
