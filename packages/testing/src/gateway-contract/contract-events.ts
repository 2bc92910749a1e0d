import { type ClawEvent, emptyUsage, type Gateway } from '@pincer/protocol'
import { expect, it } from 'vitest'
import { collectEvents } from '../collect-events.ts'
import { eventually } from '../eventually.ts'
import { partOf } from './part-of.ts'
import { recordedRun, recordedUsage } from './recorded-run.ts'
import type { GatewaySubject } from './subject.ts'

type StreamQuery = Parameters<NonNullable<NonNullable<Gateway['events']>['stream']>>[0]

/** What every gateway that takes events holds to. */
export function contractEvents(subject: () => GatewaySubject): void {
  const events = (): NonNullable<Gateway['events']> => partOf(subject().gateway.events)

  it('accepts events, one verdict for each, in order', async () => {
    const run = recordedRun({ runId: 'run-1' })
    const verdicts = await events().append(run)
    expect(verdicts).toEqual(run.map((event) => ({ id: event.id, status: 'accepted' })))
    expect(await events().append([])).toEqual([])
  })

  it('answers duplicate for what it has, within a batch too', async () => {
    const [first, second] = recordedRun({ runId: 'run-1' })
    if (first === undefined || second === undefined) throw new Error('no events')
    const verdicts = await events().append([first, second, first])
    expect(verdicts.map((verdict) => verdict.status)).toEqual(['accepted', 'accepted', 'duplicate'])
    const again = await events().append([second])
    expect(again.map((verdict) => verdict.status)).toEqual(['duplicate'])
  })

  it('rejects what is no event, and takes its neighbours', async () => {
    const [first, second] = recordedRun({ runId: 'run-1' })
    // What a client with a defect could send.
    const broken = { ...first, id: 'broken', type: 'run.exploded' } as unknown as ClawEvent
    const verdicts = await events().append([first, broken, second].filter((event) => event !== undefined))
    expect(verdicts.map((verdict) => verdict.status)).toEqual(['accepted', 'rejected', 'accepted'])
    expect(verdicts[1]).toMatchObject({ id: 'broken', code: expect.any(String), message: expect.any(String) })
  })

  it('gives up an append that is aborted before', async () => {
    const reason = new Error('given up')
    const run = recordedRun({ runId: 'run-1' })
    await expect(events().append(run, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
  })
}

/** What every gateway that gives events back live holds to. */
export function contractStream(subject: () => GatewaySubject): void {
  const events = (): NonNullable<Gateway['events']> => partOf(subject().gateway.events)
  const stream = (query: StreamQuery): AsyncIterable<ClawEvent> => partOf(events().stream?.(query))

  it('replays what came after an event', async () => {
    const run = recordedRun({ runId: 'run-1' })
    await events().append(run)
    await events().append(recordedRun({ runId: 'run-2' }))
    const replayed = await collectEvents(stream({ runId: 'run-1', afterId: run[0]?.id ?? '' }), {
      until: isLast,
    })
    expect(replayed).toEqual(run.slice(1))
  })

  it('streams what arrives, until it is aborted with a reason', async () => {
    const abort = new AbortController()
    const heard: ClawEvent[] = []
    const reading = (async () => {
      for await (const event of stream({ signal: abort.signal })) heard.push(event)
    })()
    const ended = expect(reading).rejects.toThrow('heard enough')
    // Events of another run tell when the stream has begun to listen.
    await eventually(async () => {
      await events().append([heartbeat()])
      return heard.length > 0 || undefined
    })
    const run = recordedRun({ runId: 'run-1' })
    await events().append(run)
    await eventually(() => heard.some(isLast) || undefined)
    abort.abort(new Error('heard enough'))
    await ended
    expect(heard.filter((event) => event.runId === 'run-1')).toEqual(run)
  })
}

/** What every gateway that keeps a record of runs holds to. */
export function contractRuns(subject: () => GatewaySubject): void {
  const runs = (): NonNullable<Gateway['runs']> => partOf(subject().gateway.runs)
  const append = async (events: readonly ClawEvent[]): Promise<void> => {
    await partOf(subject().gateway.events).append(events)
  }

  it('keeps a run with its actions, usage and times', async () => {
    await append(recordedRun({ runId: 'run-1', sessionKey: 'session-1', agentId: 'tester' }))
    const run = await runs().get('run-1')
    expect(run).toMatchObject({
      runId: 'run-1',
      status: 'completed',
      name: 'contract',
      input: 'question',
      output: 'answer',
      sessionKey: 'session-1',
      agentId: 'tester',
      startedAt: 1_760_000_000_010,
      endedAt: 1_760_000_000_070,
    })
    expect(run?.actions.map(({ kind, name, outcome }) => [kind, name, outcome])).toEqual([
      ['model_call', 'pincer-demo', 'ok'],
      ['tool_call', 'lookup', 'ok'],
    ])
    expect(run?.usage).toMatchObject({
      inputTokens: 100,
      cacheReadTokens: 40,
      outputTokens: 20,
      totalTokens: 120,
    })
    expect(await runs().get('no-such-run')).toBeUndefined()
  })

  it('adds usage up over the runs below, and counts a repeated report once', async () => {
    await append(recordedRun({ runId: 'parent' }))
    await append(recordedRun({ runId: 'child', parentRunId: 'parent', parentActionId: 'parent-tool' }))
    const repeated = recordedRun({ runId: 'parent' })[2]
    await append([{ ...repeated, id: 'again', seq: 8 } as ClawEvent])
    const tree = await runs().get('parent')
    expect(tree?.usage.totalTokens).toBe(recordedUsage.totalTokens)
    expect(tree?.totalUsage.totalTokens).toBe(2 * recordedUsage.totalTokens)
    expect(tree?.children.map((child) => [child.runId, child.parentActionId])).toEqual([
      ['child', 'parent-tool'],
    ])
  })

  it('comes to the same whatever the order of arrival', async () => {
    await append(recordedRun({ runId: 'forward' }))
    for (const event of recordedRun({ runId: 'reverse' }).toReversed()) await append([event])
    const reverse = JSON.stringify(await runs().get('reverse'))
    expect(JSON.parse(reverse.replaceAll('reverse', 'forward'))).toEqual(await runs().get('forward'))
    const page = await runs().events('reverse')
    expect(page.items.map((event) => event.seq)).toEqual([1, 2, 3, 4, 5, 6, 7])
  })

  it('shows an open run as running and without usage', async () => {
    await append(recordedRun({ runId: 'open' }).slice(0, 2))
    const run = await runs().get('open')
    expect(run).toMatchObject({ status: 'running', actions: [{ outcome: 'running' }] })
    expect(run?.endedAt).toBeUndefined()
    expect(run?.usage).toMatchObject({ totalTokens: emptyUsage.totalTokens })
  })

  it('lists runs newest first, page by page, and by what is asked', async () => {
    for (let at = 0; at < 5; at++) {
      const agentId = at % 2 === 0 ? 'even' : 'odd'
      await append(recordedRun({ runId: `run-${at}`, startedAt: 1_760_000_000_000 + at * 1000, agentId }))
    }
    const ids: string[] = []
    let cursor: string | undefined
    do {
      const page = await runs().list({ limit: 2, ...(cursor === undefined ? {} : { cursor }) })
      ids.push(...page.items.map((run) => run.runId))
      cursor = page.nextCursor
    } while (cursor !== undefined)
    expect(ids).toEqual(['run-4', 'run-3', 'run-2', 'run-1', 'run-0'])
    const odd = await runs().list({ agentId: 'odd', status: 'completed' })
    expect(odd.items.map((run) => run.runId)).toEqual(['run-3', 'run-1'])
  })
}

function isLast(event: ClawEvent): boolean {
  return event.type === 'run.completed'
}

let heartbeats = 0
function heartbeat(): ClawEvent {
  const id = `heartbeat-${heartbeats++}`
  return {
    version: 1,
    id,
    ts: 1_760_000_000_000,
    type: 'raw',
    runId: 'heartbeats',
    data: { name: 'heartbeat' },
  }
}
