import { describe, expect, it } from 'vitest'
import { collectEvents, createManualClock } from '../src/index.ts'

describe('manual clock', () => {
  it('stands still until it is advanced, then fires in order', async () => {
    const clock = createManualClock(1000)
    const fired: string[] = []
    clock.startTimer(() => fired.push(`late at ${clock.now()}`), 50)
    clock.startTimer(() => {
      fired.push(`early at ${clock.now()}`)
      void Promise.resolve().then(() => clock.startTimer(() => fired.push('from a promise'), 5))
    }, 10)
    const cancelled = clock.startTimer(() => fired.push('never'), 20)
    cancelled.cancel()
    expect(clock.pending()).toBe(2)
    await clock.advance(9)
    expect(fired).toEqual([])
    await clock.advance(41)
    expect(fired).toEqual(['early at 1010', 'from a promise', 'late at 1050'])
    expect([clock.now(), clock.monotonic(), clock.pending()]).toEqual([1050, 50, 0])
  })
})

describe('collectEvents', () => {
  it('stops where it is told, and says what had arrived when the time is over', async () => {
    async function* endless(): AsyncGenerator<number, void, undefined> {
      yield 1
      yield 2
      await new Promise(() => {})
    }
    expect(await collectEvents(endless(), { until: (item) => item === 2 })).toEqual([1, 2])
    await expect(collectEvents(endless(), { timeoutMs: 30 })).rejects.toThrow('[1,2]')
  })
})
