import { expect, test } from 'vitest'
import { startProgram } from './child.ts'

test('what delivers is loaded again where loading failed, and nothing is lost by that', async () => {
  const ended = await startProgram('unloadable', { FAILURES: '2' }).ended
  expect(ended).toMatchObject({ code: 0, stderr: '' })
  expect(JSON.parse(ended.stdout)).toEqual({
    received: 2,
    told: ['outbox: Error: no such file'],
    delivered: 2,
    dropped: 0,
    queued: 0,
  })
})

test('a process that can never load it ends in bounded time, and counts what is lost', async () => {
  const ended = await startProgram('unloadable').ended
  expect(ended).toMatchObject({ code: 0, stderr: '' })
  expect(ended.elapsedMs).toBeLessThan(5_000)
  expect(JSON.parse(ended.stdout)).toEqual({
    received: 0,
    told: ['outbox: Error: no such file'],
    delivered: 0,
    dropped: 2,
    queued: 0,
  })
})

test.each([
  ['open', { decision: 'allow', input: { cents: 5 }, edited: false, reason: 'the guard could not be asked' }],
  ['closed', { code: 'guard_unavailable' }],
])('a guard that cannot be loaded is one that cannot be asked: %s', async (fail, answer) => {
  const ended = await startProgram('unguarded', { FAIL: fail }).ended
  expect(ended).toMatchObject({ code: 0, stderr: '' })
  expect(JSON.parse(ended.stdout)).toEqual({ answer, told: ['guard: Error: no such file'] })
})
