import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startProgram } from './child.ts'
import { type HttpSink, startHttpSink } from './http-sink.ts'
import { until } from './until.ts'

const folder = mkdtempSync(join(tmpdir(), 'pincer-processes-'))
let sink: HttpSink
beforeAll(async () => void (sink = await startHttpSink()))
afterAll(async () => {
  await sink.close()
  rmSync(folder, { recursive: true })
})

test('several processes that start at once share one file, and each event is delivered by one of them', async () => {
  const path = join(folder, 'shared.sqlite')
  const names = ['a', 'b', 'c', 'd']
  const children = names.map((name) =>
    startProgram('record', { URL: sink.url, OUTBOX: path, COUNT: '250', NAME: name, END: 'close' }),
  )
  for (const child of children) {
    const { code, stderr } = await child.ended
    expect(code).toBe(0)
    // Where four write at once one may have to wait in memory for a moment, and says so.
    expect(stderr.split('\n').filter((line) => line.startsWith('Error') && !line.includes('locked'))).toEqual(
      [],
    )
  }
  expect(sink.events).toHaveLength(4 * 1_000)
  expect([...sink.arrivals.values()].filter((times) => times > 1)).toEqual([])
  for (const name of names)
    expect(sink.events.filter(({ runId }) => runId?.startsWith(`${name} `))).toHaveLength(1_000)
}, 40_000)

test('what processes that were killed left is delivered once, by those that live', async () => {
  const path = join(folder, 'killed.sqlite')
  const before = sink.events.length
  sink.mode = 'down'
  const children = ['e', 'f', 'g'].map((name) =>
    startProgram('record', { URL: sink.url, OUTBOX: path, COUNT: '100', NAME: name, END: 'wait' }),
  )
  for (const child of children) await until(() => child.stdout().includes('recorded'), 'the record', 20_000)
  const survivor = children.pop()
  for (const child of children) {
    child.process.kill('SIGKILL')
    expect((await child.ended).signal).toBe('SIGKILL')
  }
  expect(sink.events).toHaveLength(before)
  sink.mode = 'up'
  // One that starts now takes over, while the survivor delivers its own.
  const next = await startProgram('record', {
    URL: sink.url,
    OUTBOX: path,
    COUNT: '1',
    NAME: 'h',
    END: 'close',
  }).ended
  expect(next).toMatchObject({ code: 0, stderr: '' })
  await until(() => sink.events.length === before + 1_204, 'every event', 45_000)
  survivor?.process.kill('SIGKILL')
  await survivor?.ended
  for (const { id } of sink.events.slice(before)) expect(sink.arrivals.get(id)).toBe(1)
}, 60_000)
