import { emptyUsage, PincerError, type Usage } from '@pincer/protocol'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { createEventFeed } from '../src/events/create-event-feed.ts'
import type { EventFeed } from '../src/events/event-feed.ts'
import { createSentConnection, readAll, type SentConnection, typesOf } from './events-connection.ts'
import { agentFrame, normalizeAll, readFrames, runIdsOf } from './events-frames.ts'
import { expectWellFormed } from './events-invariants.ts'

const start = (runId: string) => agentFrame(runId, 'lifecycle', { phase: 'start', startedAt: 1000 })
const end = (runId: string) =>
  agentFrame(runId, 'lifecycle', { phase: 'end', startedAt: 1000, endedAt: 1500 })
const text = (runId: string, whole: string, delta: string) =>
  agentFrame(runId, 'assistant', { text: whole, delta, itemId: `${runId}:1` })

let connection: SentConnection
let feed: EventFeed

beforeEach(() => {
  connection = createSentConnection()
  feed = createEventFeed(connection)
})

afterEach(() => {
  feed.close()
})

describe('a run that is followed', () => {
  test('is told from its start to every reader, early, late and after its end', async () => {
    feed.follow({ runId: 'a' })
    const early = readAll(feed.runEvents('a'))
    connection.send(start('a'), start('b'), text('a', 'Hel', 'Hel'), text('b', 'other', 'other'))
    const late = readAll(feed.runEvents('a'))
    connection.send(text('a', 'Hello', 'lo'), end('b'), end('a'))
    const after = readAll(feed.runEvents('a'))
    const events = await early
    expect(typesOf(events)).toEqual([
      'run.started',
      'assistant.delta',
      'assistant.delta',
      'assistant.message',
      'run.completed',
    ])
    expect(events.map((event) => event.runId)).toEqual(['a', 'a', 'a', 'a', 'a'])
    expect(await late).toEqual(events)
    expect(await after).toEqual(events)
    expectWellFormed(events)
  })

  test('is open until its end, whose outcome stays known', async () => {
    feed.follow({ runId: 'a', sessionKey: 'agent:main:s' })
    feed.follow({ runId: 'a', agentId: 'main' })
    expect(feed.openRuns()).toEqual([{ runId: 'a', sessionKey: 'agent:main:s', agentId: 'main' }])
    expect(feed.outcome('a')).toBeUndefined()
    const ended = feed.ended('a')
    connection.send(start('a'), text('a', 'Hello', 'Hello'), end('a'), end('a'), text('a', 'late', 'late'))
    expect(await ended).toEqual({ status: 'completed', text: 'Hello' })
    expect(feed.openRuns()).toEqual([])
    expect(feed.outcome('a')).toEqual({ status: 'completed', text: 'Hello' })
    expect(await feed.ended('a')).toEqual({ status: 'completed', text: 'Hello' })
  })

  test('ends with what was found out by other means', async () => {
    feed.follow({ runId: 'a' })
    connection.send(start('a'), text('a', 'Hel', 'Hel'))
    feed.tell('a', 'recovery', { status: 'recovered' })
    feed.end('a', { status: 'completed', text: 'Hello', usage: usageOf(3) })
    feed.end('a', { status: 'failed', error: { message: 'too late' } })
    feed.tell('a', 'recovery', { status: 'too late' })
    const events = await readAll(feed.runEvents('a'))
    expect(typesOf(events)).toEqual([
      'run.started',
      'assistant.delta',
      'raw recovery',
      'assistant.delta',
      'assistant.message',
      'usage.reported',
      'run.completed',
    ])
    expect(feed.outcome('a')).toEqual({ status: 'completed', text: 'Hello', usage: usageOf(3) })
    expectWellFormed(events)
  })

  test('that nothing was heard of ends well formed all the same', async () => {
    feed.follow({ runId: 'a' })
    feed.end('a', { status: 'failed', error: { message: 'lost' } })
    feed.end('b', { status: 'cancelled', stopReason: 'rpc' })
    expect(typesOf(await readAll(feed.runEvents('a')))).toEqual(['run.started', 'run.failed'])
    expect(typesOf(await readAll(feed.runEvents('b')))).toEqual(['run.started', 'run.cancelled'])
  })

  test('that the Gateway refused is forgotten', async () => {
    feed.follow({ runId: 'a' })
    const reading = readAll(feed.runEvents('a'))
    const ended = feed.ended('a')
    feed.forget?.('a')
    expect(await reading).toEqual([])
    await expect(ended).rejects.toThrow('the run a never began')
    expect(feed.openRuns()).toEqual([])
  })

  test('may be followed after it has begun and after it has ended', async () => {
    connection.send(start('a'), text('a', 'Hello', 'Hello'))
    feed.follow({ runId: 'a' })
    connection.send(end('a'))
    feed.follow({ runId: 'a' })
    expect(typesOf(await readAll(feed.runEvents('a')))).toEqual([
      'run.started',
      'assistant.delta',
      'assistant.message',
      'run.completed',
    ])
  })
})

describe('usage', () => {
  test('is told right before the end, in every reader', async () => {
    let answer: (usage: Usage) => void = () => {}
    const asked = vi.fn(() => new Promise<Usage>((resolve) => (answer = resolve)))
    feed.follow({ runId: 'a', usage: asked })
    const all = feed.events()[Symbol.asyncIterator]()
    const reading = readAll(feed.runEvents('a'))
    connection.send(start('a'), end('a'))
    await vi.waitFor(() => expect(asked).toHaveBeenCalledTimes(1))
    expect(feed.outcome('a')).toBeUndefined()
    expect(feed.openRuns()).toEqual([])
    connection.send(agentFrame('a', 'lifecycle', { phase: 'error', stopReason: 'aborted' }))
    answer(usageOf(7))
    const events = await reading
    expect(typesOf(events)).toEqual(['run.started', 'usage.reported', 'run.completed'])
    expect(events[1]).toMatchObject({ runId: 'a', seq: 2, data: usageOf(7) })
    expect(events[1]?.actionId).toBeUndefined()
    expectWellFormed(events)
    expect(feed.outcome('a')).toEqual({ status: 'completed', usage: usageOf(7) })
    const seen = [await all.next(), await all.next(), await all.next()]
    expect(seen.map(({ value }) => value)).toEqual(events)
    expect(asked).toHaveBeenCalledTimes(1)
  })

  test.each([
    ['cannot be told', () => Promise.resolve(undefined)],
    ['cannot be asked for', () => Promise.reject(new Error('no'))],
    [
      'throws',
      () => {
        throw new Error('no')
      },
    ],
    ['takes too long', () => new Promise<undefined>(() => {})],
  ])('that %s holds no run back', async (_, usage) => {
    feed.close()
    feed = createEventFeed(connection, { usageTimeoutMs: 20 })
    feed.follow({ runId: 'a', usage })
    const reading = readAll(feed.runEvents('a'))
    connection.send(start('a'), end('a'))
    expect(typesOf(await reading)).toEqual(['run.started', 'run.completed'])
  })
})

describe('a run that another process of the Gateway goes on with', () => {
  const frames = {
    before: readFrames('reconnect-sigkill.jsonl', 1),
    after: readFrames('reconnect-sigkill.jsonl', 5),
  }

  test('is one run under its own id', async () => {
    const runId = '1c5797f3-02ef-44f7-9cac-5f3de25da262'
    feed.follow({ runId })
    const reading = readAll(feed.runEvents(runId))
    connection.send(...frames.before)
    const before = feed.openRuns()
    const [resumed = ''] = runIdsOf(normalizeAll(frames.after))
    feed.tell(runId, 'recovery', { status: 'resumed' })
    feed.adopt(runId, resumed)
    connection.send(...frames.after)
    const events = await reading
    expect(before).toHaveLength(1)
    expect(new Set(events.map((event) => event.runId))).toEqual(new Set([runId]))
    expectWellFormed(events)
    const types = typesOf(events)
    expect(types.filter((type) => type === 'run.started')).toHaveLength(1)
    expect(types.at(-1)).toBe('run.cancelled')
    // What was shown of the message that the first process did not finish is taken back.
    const recovery = types.indexOf('raw recovery')
    expect(events[recovery + 1]).toMatchObject({
      type: 'assistant.delta',
      data: { delta: '', replace: true },
    })
    expect(await readAll(feed.runEvents(resumed))).toEqual(events)
  })

  test('may have told something, or all, before that was known', async () => {
    const started = [
      start('new'),
      text('new', 'Hel', 'Hel'),
      agentFrame('new', 'tool', { phase: 'start', toolCallId: 'c', name: 'ls' }),
    ]
    for (const isOver of [false, true]) {
      feed.close()
      feed = createEventFeed(connection)
      feed.follow({ runId: 'old' })
      connection.send(
        start('old'),
        agentFrame('old', 'tool', { phase: 'start', toolCallId: 'b', name: 'ls' }),
      )
      const reading = readAll(feed.runEvents('old'))
      const other = readAll(feed.runEvents('new'))
      connection.send(...started, ...(isOver ? [end('new')] : []))
      feed.adopt('old', 'new')
      connection.send(end('new'))
      const events = await reading
      expect(typesOf(events)).toEqual([
        'run.started',
        'tool.call.started',
        'tool.call.failed',
        'assistant.delta',
        'assistant.message',
        'tool.call.started',
        'tool.call.completed',
        'run.completed',
      ])
      expectWellFormed(events)
      expect(feed.outcome('old')?.status).toBe('completed')
      await other
    }
  })
})

describe('without normalization', () => {
  test('there are raw events, and clear errors for the rest', async () => {
    feed.close()
    feed = createEventFeed(connection, { normalize: false })
    const raw = feed.rawEvents()[Symbol.asyncIterator]()
    connection.send(start('a'))
    expect((await raw.next()).value).toEqual(start('a'))
    for (const call of [
      () => feed.follow({ runId: 'a' }),
      () => feed.openRuns(),
      () => feed.runEvents('a'),
      () => feed.outcome('a'),
      () => feed.end('a', { status: 'completed' }),
      () => feed.adopt('a', 'b'),
      () => feed.tell('a', 'recovery', {}),
      () => feed.events(),
    ])
      expect(call).toThrow(/normalize: false/)
    await expect(feed.ended('a')).rejects.toThrow(PincerError)
  })
})

function usageOf(inputTokens: number): Usage {
  return { ...emptyUsage, provider: 'fake', model: 'fake-1', inputTokens, totalTokens: inputTokens }
}
