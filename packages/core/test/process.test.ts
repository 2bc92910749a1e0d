import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Ended, startProgram } from './child.ts'
import { type HttpSink, startHttpSink } from './http-sink.ts'

const folder = mkdtempSync(join(tmpdir(), 'pincer-process-'))
let sink: HttpSink
let startMs = 0
let files = 0
const file = (): string => join(folder, `outbox-${files++}.sqlite`)

beforeAll(async () => {
  sink = await startHttpSink()
  // What it takes to start such a process and do nothing, on this machine, now.
  startMs = (await startProgram('idle', { URL: sink.url, OUTBOX: file() }).ended).elapsedMs
})
afterAll(async () => {
  await sink.close()
  rmSync(folder, { recursive: true })
})

const run = (env: Record<string, string>): Promise<Ended> =>
  startProgram('record', { URL: sink.url, ...env }).ended

const lastLine = ({ stdout }: Ended): unknown => JSON.parse(stdout.trim().split('\n').at(-1) ?? '')

describe('a process with a client', () => {
  test.each([
    ['idle', {}],
    ['with things left open', { OPEN: '1' }],
  ])('ends by itself: %s', async (_, env) => {
    sink.mode = 'up'
    const ended = await startProgram('idle', { URL: sink.url, OUTBOX: file(), ...env }).ended
    expect(ended).toMatchObject({ code: 0, stderr: '' })
    expect(ended.elapsedMs).toBeLessThan(startMs + 2_000)
  })

  test('delivers what it has before it ends', async () => {
    sink.mode = 'up'
    const before = sink.events.length
    const ended = await run({ COUNT: '100', NAME: 'ends' })
    expect(ended).toMatchObject({ code: 0, stderr: '' })
    expect(ended.elapsedMs).toBeLessThan(startMs + 2_000)
    expect(sink.events.length - before).toBe(400)
    expect(lastLine(ended)).toEqual({ queued: 0, delivered: 400, dropped: 0 })
  })

  test('delivers what is recorded while it ends', async () => {
    sink.mode = 'up'
    const ended = await run({ COUNT: '1', NAME: 'with late ones', END: 'late' })
    expect(ended).toMatchObject({ code: 0, stderr: '' })
    expect(sink.events.filter(({ runId }) => runId?.startsWith('late'))).toHaveLength(4)
    expect(lastLine(ended)).toEqual({ queued: 0, delivered: 8, dropped: 0 })
  })

  test.each(['down', 'hang'] as const)(
    'ends in bounded time with the gateway in mode %s, and tells its losses',
    async (mode) => {
      sink.mode = mode
      const ended = await run({ COUNT: '10', EXIT_TIMEOUT: '800' })
      expect(ended).toMatchObject({ code: 0, stderr: '' })
      expect(ended.elapsedMs).toBeGreaterThan(800)
      expect(ended.elapsedMs).toBeLessThan(startMs + 800 + 1_000)
      expect(ended.stdout).toContain(JSON.stringify({ dropped: 40, reason: 'exit' }))
      expect(lastLine(ended)).toEqual({ queued: 0, delivered: 0, dropped: 40 })
    },
  )

  test('ends in about two seconds by default, with nobody there', async () => {
    const gone = await startHttpSink()
    await gone.close()
    const ended = await run({ URL: gone.url })
    expect(ended).toMatchObject({ code: 0, stderr: '' })
    expect(ended.elapsedMs).toBeLessThan(startMs + 3_000)
    expect(lastLine(ended)).toEqual({ queued: 0, delivered: 0, dropped: 40 })
  })

  test.each(['close', 'flush'])('that is closed by hand ends at once: %s', async (end) => {
    sink.mode = 'up'
    const ended = await run({ END: end })
    expect(ended).toMatchObject({ code: 0, stderr: '' })
    expect(ended.elapsedMs).toBeLessThan(startMs + 2_000)
    expect(lastLine(ended)).toMatchObject({ delivered: 40, dropped: 0 })
  })

  test.each(['exit', 'throw', 'kill'])('loses nothing with a durable outbox: %s', async (end) => {
    sink.mode = 'down'
    const path = file()
    const before = sink.events.length
    const ended = await run({ END: end, COUNT: '50', OUTBOX: path, NAME: end })
    expect(ended.stdout).toContain('recorded')
    expect([ended.code, ended.signal]).toEqual(
      end === 'kill' ? [null, 'SIGKILL'] : [end === 'exit' ? 0 : 1, null],
    )
    expect(sink.events.length).toBe(before)
    sink.mode = 'up'
    const next = await run({ COUNT: '0', OUTBOX: path })
    expect(next).toMatchObject({ code: 0, stderr: '' })
    expect(sink.events.length - before).toBe(200)
    expect(lastLine(next)).toEqual({ queued: 0, delivered: 200, dropped: 0 })
  })

  test('that cannot deliver in time leaves its events in the durable outbox, uncounted as lost', async () => {
    sink.mode = 'down'
    const path = file()
    const ended = await run({ COUNT: '10', OUTBOX: path, EXIT_TIMEOUT: '300' })
    expect(ended.code).toBe(0)
    expect(lastLine(ended)).toEqual({ queued: 40, delivered: 0, dropped: 0 })
  })
})

test('a million actions that are started and dropped leave the heap flat', async () => {
  const ended = await startProgram('heap', {}, ['--expose-gc']).ended
  expect(ended).toMatchObject({ code: 0, stderr: '' })
  const told = JSON.parse(ended.stdout) as Record<string, number>
  expect(told['grown']).toBeLessThan(8 * 1024 * 1024)
  expect(told['open']).toBeLessThanOrEqual(1_000)
  expect(told['queued']).toBeLessThanOrEqual(1_000)
  expect(told).toMatchObject({ runEnded: false, delivered: 0, lateEnds: 0 })
}, 30_000)
