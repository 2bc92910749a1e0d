import { type Clock, systemClock } from '@pincer/core'

import type { RunDefaults } from './convert-chain.ts'
import type { RunTableOptions } from './run-table.ts'

/** How a callback handler records. */
export interface PincerCallbackHandlerOptions extends RunDefaults {
  /** How long a stream may go unread before it is cancelled, in milliseconds; default 300 000. The first handler of a client decides. */
  readonly idleTimeoutMs?: number
  /** What tells when that time is over; the timers of the runtime when absent. */
  readonly clock?: Pick<Clock, 'startTimer'>
}

/** Tells what concerns runs from what concerns time, and fills in the latter. */
export function splitOptions({
  idleTimeoutMs = 300_000,
  clock = systemClock,
  ...defaults
}: PincerCallbackHandlerOptions): { readonly defaults: RunDefaults; readonly time: RunTableOptions } {
  return { defaults, time: { idleTimeoutMs, clock } }
}
