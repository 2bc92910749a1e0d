import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { createEventFeed } from '../src/events/create-event-feed.ts'
import { estimateBytes } from '../src/events/estimate-bytes.ts'
import { createSentConnection, readAll } from './events-connection.ts'
import { agentFrame } from './events-frames.ts'

describe('a feed', () => {
  it('holds no more after a hundred thousand runs, calls, approvals and questions, though one reader reads nothing', async () => {
    const child = fileURLToPath(new URL('hostile-events-child.ts', import.meta.url))
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ['--expose-gc', '--no-warnings', '--conditions=@pincer/source', child],
      { timeout: 40_000 },
    )
    const grown = JSON.parse(stdout) as Readonly<Record<string, number>>
    expect(Object.keys(grown)).toEqual(['runs', 'tools', 'approvals', 'questions', 'injected'])
    // The first fills the bounds of logs and readers; what comes after it finds them full.
    expect(grown['runs']).toBeLessThan(20_000_000)
    expect(grown['tools']).toBeLessThan(8_000_000)
    for (const kind of ['approvals', 'questions', 'injected']) expect(grown[kind]).toBeLessThan(5_000_000)
  }, 60_000)

  it('tells a text without end, and sums up no more of it than a bound', async () => {
    const connection = createSentConnection()
    const feed = createEventFeed(connection)
    feed.follow({ runId: 'a' })
    const reading = readAll(feed.runEvents('a'))
    const piece = 'x'.repeat(1_048_576)
    for (let n = 0; n < 64; n += 1)
      connection.send(agentFrame('a', 'assistant', { delta: piece, itemId: 'm' }))
    connection.send(agentFrame('a', 'lifecycle', { phase: 'end', endedAt: 2 }))
    const last = (await reading).at(-1)
    expect(last?.type).toBe('run.completed')
    const output = last?.type === 'run.completed' ? last.data.output : ''
    expect(typeof output === 'string' ? output.length : 0).toBeGreaterThan(16 * 1_048_576)
    expect(typeof output === 'string' ? output.length : 0).toBeLessThanOrEqual(17 * 1_048_576)
    feed.close()
  })
})

describe('the guess at the size of a frame', () => {
  it('takes a list to go on as it began', () => {
    const list = Array.from({ length: 1_000_000 }, () => ['value'])
    expect(estimateBytes({ list })).toBeGreaterThan(20_000_000)
    expect(estimateBytes({ list: list.slice(0, 20) })).toBeLessThan(4000)
  })
})
