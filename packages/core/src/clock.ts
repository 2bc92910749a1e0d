/** A timer that was started and can be called off. */
export interface Timer {
  cancel(): void
}

/** Where a client takes time from; replace it in tests to let time pass at will. */
export interface Clock {
  /** Wall clock, epoch milliseconds. */
  now(): number
  /** Milliseconds that never jump, for durations. */
  monotonic(): number
  /** Calls back once after `delayMs` milliseconds; keeps the process alive meanwhile only with `keepAlive`. */
  startTimer(callback: () => void, delayMs: number, keepAlive?: boolean): Timer
}

// Beyond this, timers of every runtime fire at once.
const longestTimerMs = 2_147_483_647

/** The clock of the runtime. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  startTimer(callback, delayMs, keepAlive = false) {
    const timer = setTimeout(callback, Math.min(delayMs, longestTimerMs))
    // Outside Node a timer may be a number, which keeps nothing alive.
    if (!keepAlive) (timer as Partial<NodeJS.Timeout>).unref?.()
    return { cancel: () => clearTimeout(timer) }
  },
}
