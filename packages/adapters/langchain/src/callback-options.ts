import type { Clock } from '@pincer/core'

import type { RunDefaults } from './convert-chain.ts'

/** How a callback handler records. */
export interface PincerCallbackHandlerOptions extends RunDefaults {
  /** How long a stream may go unread before it is cancelled, in milliseconds; default 300 000. The first handler of a client decides. */
  readonly idleTimeoutMs?: number
  /** What tells when that time is over; the timers of the runtime when absent. */
  readonly clock?: Pick<Clock, 'startTimer'>
}
