import type { Clock, Timer } from '@pincer/core'

/** A clock that stands still until it is told to go on. */
export interface ManualClock extends Clock {
  /** Moves on by so many milliseconds and fires what becomes due, in order; promises settle in between. */
  advance(milliseconds: number): Promise<void>
  /** How many timers wait. */
  pending(): number
}

interface WaitingTimer {
  readonly dueAt: number
  readonly callback: () => void
}

/** Makes a clock that shows `startMs` (epoch milliseconds); its timers keep no process alive. */
export function createManualClock(startMs = 1_760_000_000_000): ManualClock {
  const timers = new Set<WaitingTimer>()
  let elapsed = 0

  function nextDue(until: number): WaitingTimer | undefined {
    let next: WaitingTimer | undefined
    for (const timer of timers) {
      if (timer.dueAt <= until && (next === undefined || timer.dueAt < next.dueAt)) next = timer
    }
    return next
  }

  return {
    now: () => startMs + elapsed,
    monotonic: () => elapsed,
    startTimer(callback, delayMs): Timer {
      const timer = { dueAt: elapsed + Math.max(0, delayMs), callback }
      timers.add(timer)
      return { cancel: () => void timers.delete(timer) }
    },
    async advance(milliseconds) {
      const until = elapsed + milliseconds
      await settle()
      for (let timer = nextDue(until); timer !== undefined; timer = nextDue(until)) {
        elapsed = timer.dueAt
        timers.delete(timer)
        timer.callback()
        await settle()
      }
      elapsed = until
    },
    pending: () => timers.size,
  }
}

// A turn of the event loop lets chains of promises run to their end.
function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
