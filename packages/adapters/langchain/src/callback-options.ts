import type { Clock } from '@pincer/core'

import type { RunDefaults } from './convert-chain.ts'
import type { RunTableOptions } from './run-table.ts'

/** How a callback handler records. */
export interface PincerCallbackHandlerOptions extends RunDefaults {
  /** How long a stream may go unread before it is cancelled, in milliseconds; default 300 000. The first handler of a client decides. */
  readonly idleTimeoutMs?: number
  /** What tells when that time is over; the timers of the runtime when absent. */
  readonly clock?: Pick<Clock, 'startTimer'>
}

const runtimeClock: Pick<Clock, 'startTimer'> = {
  startTimer(callback, delayMs) {
    const timer = setTimeout(callback, delayMs)
    // Outside Node a timer may be a number, which keeps nothing alive.
    ;(timer as Partial<NodeJS.Timeout>).unref?.()
    return { cancel: () => clearTimeout(timer) }
  },
}

/** Tells what concerns runs from what concerns time, and fills in the latter. */
export function splitOptions({
  idleTimeoutMs = 300_000,
  clock = runtimeClock,
  ...defaults
}: PincerCallbackHandlerOptions): { readonly defaults: RunDefaults; readonly time: RunTableOptions } {
  return { defaults, time: { idleTimeoutMs, clock } }
}
