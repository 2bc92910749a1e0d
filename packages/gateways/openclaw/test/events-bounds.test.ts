import { emptyUsage, type GatewayEvent, isTerminalEvent } from '@pincer/protocol'
import { afterEach, describe, expect, test } from 'vitest'
import { createEventFeed } from '../src/events/create-event-feed.ts'
import type { EventFeed } from '../src/events/event-feed.ts'
import type { EventFeedOptions } from '../src/events/feed-options.ts'
import { createSentConnection, readAll, type SentConnection, typesOf } from './events-connection.ts'
import { agentFrame } from './events-frames.ts'
import { textsOf } from './events-invariants.ts'

const start = (runId: string) => agentFrame(runId, 'lifecycle', { phase: 'start', startedAt: 1000 })
const end = (runId: string) =>
  agentFrame(runId, 'lifecycle', { phase: 'end', startedAt: 1000, endedAt: 1500 })
const piece = (runId: string, delta: string, itemId = 'm:1') =>
  agentFrame(runId, 'assistant', { delta, itemId })
const tool = (runId: string, toolCallId: string, phase: string) =>
  agentFrame(runId, 'tool', { phase, toolCallId, name: 'ls' })

let connection: SentConnection
let feed: EventFeed | undefined

function open(options: EventFeedOptions = {}): EventFeed {
  connection = createSentConnection()
  feed = createEventFeed(connection, options)
  return feed
}

afterEach(() => {
  feed?.close()
})

describe('the log of a run', () => {
  test('merges pieces of one text before it loses anything', async () => {
    const events = open({ bounds: { log: { items: 40, bytes: 1e7 } } })
    events.follow({ runId: 'a' })
    connection.send(start('a'))
    let whole = ''
    for (let index = 0; index < 1000; index += 1) {
      whole += ` w${index}`
      connection.send(piece('a', ` w${index}`))
      if (index === 500) connection.send(tool('a', 'c', 'start'), tool('a', 'c', 'result'))
    }
    connection.send(end('a'))
    const log = await readAll(events.runEvents('a'))
    expect(log.length).toBeLessThan(60)
    expect(textsOf(log).get('m:1')).toBe(whole)
    expect(typesOf(log).filter((type) => !type.startsWith('assistant'))).toEqual([
      'run.started',
      'tool.call.started',
      'tool.call.completed',
      'run.completed',
    ])
    // The rest of a merged text has the place of its last piece.
    expect(log.every((event, index) => index === 0 || (event.seq ?? 0) > (log[index - 1]?.seq ?? 0))).toBe(
      true,
    )
  })

  test('keeps what a replacement took back out of merged text', async () => {
    const events = open({ bounds: { log: { items: 10, bytes: 1e7 } } })
    events.follow({ runId: 'a' })
    connection.send(start('a'), piece('a', 'wrong'))
    connection.send(agentFrame('a', 'assistant', { text: 'ri', delta: '', itemId: 'm:1', replace: true }))
    for (let index = 0; index < 50; index += 1) connection.send(piece('a', '!'))
    connection.send(end('a'))
    const log = await readAll(events.runEvents('a'))
    expect(textsOf(log).get('m:1')).toBe(`ri${'!'.repeat(50)}`)
  })

  test('drops the oldest pieces where merging is not enough, and says how many', async () => {
    const events = open({ bounds: { log: { items: 100, bytes: 1e7 } } })
    events.follow({ runId: 'a' })
    connection.send(start('a'))
    for (let index = 0; index < 500; index += 1) {
      connection.send(piece('a', 'x', `m:${index}`))
      connection.send({
        event: 'exec.approval.requested',
        payload: { id: `q-${index % 20}`, request: { runId: 'a' } },
      })
    }
    connection.send(end('a'))
    const log = await readAll(events.runEvents('a'))
    const shortened = log.filter((event) => event.type === 'raw')
    expect(log.length).toBeLessThanOrEqual(140)
    expect(shortened).toHaveLength(1)
    expect(shortened[0]).toMatchObject({ runId: 'a', data: { name: 'log.shortened' } })
    // Every event of the run is there, or counted.
    const dropped = (log.at(-1)?.seq ?? 0) - (log.length - 1)
    expect(shortened[0]?.data.payload).toEqual({ dropped })
    expect(log.filter((event) => event.type === 'approval.requested')).toHaveLength(20)
    expect(log[0]?.type).toBe('run.started')
    expect(log.at(-1)?.type).toBe('run.completed')
  })

  test('is bounded by bytes as well', async () => {
    const events = open({ bounds: { log: { items: 1e6, bytes: 100_000 } } })
    events.follow({ runId: 'a' })
    connection.send(start('a'))
    for (let index = 0; index < 200; index += 1)
      connection.send(agentFrame('a', 'whatever', { value: 'x'.repeat(10_000), index }))
    connection.send(end('a'))
    const log = await readAll(events.runEvents('a'))
    expect(log.length).toBeLessThan(14)
    expect(typesOf(log)).toContain('raw log.shortened')
    expect(isTerminalEvent(log.at(-1) as (typeof log)[number])).toBe(true)
  })
})

describe('logs of many runs', () => {
  test('of runs that ended go, oldest first; how they ended is known a while longer', async () => {
    const events = open({ bounds: { finished: { items: 3, bytes: 1e7 }, outcomes: 4 } })
    for (let index = 0; index < 10; index += 1) {
      events.follow({ runId: `r${index}` })
      connection.send(start(`r${index}`), piece(`r${index}`, `text ${index}`), end(`r${index}`))
    }
    expect(typesOf(await readAll(events.runEvents('r9')))).toHaveLength(4)
    expect(events.outcome('r9')).toEqual({ status: 'completed', text: 'text 9' })
    const remains = await readAll(events.runEvents('r6'))
    expect(typesOf(remains)).toEqual(['raw log.shortened', 'run.completed'])
    expect(remains[0]?.data).toMatchObject({ payload: { dropped: 3 } })
    expect(await events.ended('r4')).toEqual({ status: 'completed', text: 'text 4' })
    expect(events.outcome('r2')).toBeUndefined()
    // Late frames of a run whose log is gone begin nothing.
    const all = events.events()[Symbol.asyncIterator]()
    connection.send(start('r2'), piece('r2', 'late'), end('r2'), start('new'))
    expect((await all.next()).value).toMatchObject({ runId: 'new' })
  })

  test('of runs that nobody follows are few and short', async () => {
    const events = open({ bounds: { strangers: 5, strangerLog: { items: 20, bytes: 1e6 } } })
    for (let index = 0; index < 50; index += 1) connection.send(start(`r${index}`))
    for (let step = 0; step < 100; step += 1)
      for (let index = 0; index < 50; index += 1) connection.send(piece(`r${index}`, '.', `m:${step}`))
    const recent = events.runEvents('r49')
    // Its log is gone, so that it begins with its start, and what came in between is counted.
    const old = events.runEvents('r0')
    for (let index = 0; index < 50; index += 1) connection.send(end(`r${index}`))
    const recentLog = await readAll(recent)
    expect(recentLog.length).toBeLessThanOrEqual(30)
    expect(typesOf(recentLog)).toContain('raw log.shortened')
    const oldLog = await readAll(old)
    expect(typesOf(oldLog)).toEqual([
      'run.started',
      'raw log.shortened',
      'assistant.message',
      'run.completed',
    ])
  })

  test('that are open and followed all stay', async () => {
    const events = open({ bounds: { strangers: 2, finished: { items: 2, bytes: 1000 } } })
    for (let index = 0; index < 300; index += 1) {
      events.follow({ runId: `r${index}` })
      connection.send(start(`r${index}`))
    }
    expect(events.openRuns()).toHaveLength(300)
    for (let index = 0; index < 300; index += 1) connection.send(piece(`r${index}`, 'hello'))
    for (const index of [0, 150, 299]) {
      connection.send(end(`r${index}`))
      expect(events.outcome(`r${index}`)?.text).toBe('hello')
    }
  })
})

describe('a reader that is slow', () => {
  test('loses no text of a run, no end, no approval and no usage', async () => {
    const events = open({ bounds: { log: { items: 200, bytes: 1e7 } } })
    const slow = events.events()
    const runs = Array.from({ length: 5 }, (_, index) => `r${index}`)
    for (const runId of runs) {
      const usage = { ...emptyUsage, inputTokens: 1 }
      events.follow({ runId, usage: () => Promise.resolve(usage) })
      connection.send(start(runId))
    }
    for (let step = 0; step < 2000; step += 1) for (const runId of runs) connection.send(piece(runId, '.'))
    for (const runId of runs)
      connection.send(
        { event: 'plugin.approval.requested', payload: { id: `p-${runId}`, request: { runId } } },
        { event: 'plugin.approval.resolved', payload: { id: `p-${runId}`, decision: 'allow-once' } },
        end(runId),
      )
    await Promise.all(runs.map((runId) => events.ended(runId)))
    events.close()
    const read = await readAll(slow)
    expect(read.length).toBeLessThan(250)
    for (const runId of runs) {
      const ofRun = read.filter((event) => event.runId === runId)
      expect(textsOf(ofRun).get('m:1')).toBe('.'.repeat(2000))
      expect(typesOf(ofRun).slice(-5)).toEqual([
        'approval.requested',
        'approval.resolved',
        'assistant.message',
        'usage.reported',
        'run.completed',
      ])
    }
  })

  test('of raw frames misses pieces of text first, and is told how many frames', async () => {
    const events = open({ bounds: { log: { items: 100, bytes: 1e7 } } })
    const slow = events.rawEvents()
    connection.send(start('a'))
    for (let index = 0; index < 1000; index += 1) connection.send(piece('a', '.'))
    connection.send(end('a'))
    events.close()
    const frames = await readAll(slow)
    expect(frames.length).toBeLessThanOrEqual(101)
    const [first] = frames
    expect(first).toEqual({ event: 'log.shortened', payload: { dropped: 1002 - (frames.length - 1) } })
    expect(frames).toContainEqual(start('a'))
    expect(frames.at(-1)).toEqual(end('a'))
  })
})

describe('a reader', () => {
  test('that is given up rejects with the reason, and is let go', async () => {
    const events = open()
    const stop = new AbortController()
    const reading = readAll(events.events({ signal: stop.signal }))
    const ofRun = readAll(events.runEvents('a', { signal: stop.signal }))
    const raw = readAll(events.rawEvents({ signal: stop.signal }))
    const ended = events.ended('a', { signal: stop.signal })
    const reason = new Error('enough')
    stop.abort(reason)
    for (const promise of [reading, ofRun, raw, ended]) await expect(promise).rejects.toBe(reason)
    await expect(readAll(events.events({ signal: stop.signal }))).rejects.toBe(reason)
    await expect(events.ended('a', { signal: stop.signal })).rejects.toBe(reason)
  })

  test('that is left hears no more', async () => {
    const events = open()
    events.follow({ runId: 'a' })
    connection.send(start('a'), piece('a', 'Hello'))
    const items = events.runEvents('a')
    for await (const event of items) if (event.type === 'assistant.delta') break
    connection.send(end('a'))
    expect(await readAll(items)).toEqual([])
  })

  test('with a filter that throws hears of it, and nobody else does', async () => {
    const events = open()
    const broken = events.rawEvents({
      filter: () => {
        throw new Error('no')
      },
    })
    const chosen = events.rawEvents({ filter: (frame: GatewayEvent) => frame.event === 'tick' })
    connection.send(start('a'), { event: 'tick', payload: { ts: 1 } })
    await expect(readAll(broken)).rejects.toThrow('no')
    events.close()
    expect(await readAll(chosen)).toEqual([{ event: 'tick', payload: { ts: 1 } }])
  })

  test('ends when the feed is closed; who waits for a run is told', async () => {
    const events = open()
    events.follow({ runId: 'a', usage: () => new Promise(() => {}) })
    const readers = [readAll(events.events()), readAll(events.runEvents('a')), readAll(events.rawEvents())]
    const ended = events.ended('a')
    connection.send(start('a'), end('a'))
    events.close()
    events.close()
    expect(connection.listeners).toBe(0)
    const [all, ofRun, raw] = await Promise.all(readers)
    expect([all?.length, ofRun?.length, raw?.length]).toEqual([1, 1, 2])
    await expect(ended).rejects.toThrow('this client was closed before the run a ended')
    expect(() => events.events()).toThrow('this client was closed')
    expect(() => events.rawEvents()).toThrow('this client was closed')
  })
})
