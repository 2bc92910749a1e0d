/** How waits between attempts grow. */
export interface BackoffOptions {
  /** Longest first wait, in milliseconds. */
  readonly baseMs: number
  /** Longest wait of all, in milliseconds. */
  readonly maxMs: number
}

// A gateway may ask for long waits; beyond this it is more likely mistaken.
const longestRetryAfterMs = 300_000

/**
 * How long to wait before the next attempt, in milliseconds: exponential with full jitter, and never less than asked for.
 *
 * @param failures attempts that failed in a row, from 1
 */
export function backoffDelay(
  failures: number,
  options: BackoffOptions,
  retryAfterMs: number | undefined,
  random: () => number,
): number {
  const ceiling = Math.min(options.maxMs, options.baseMs * 2 ** Math.min(failures - 1, 30))
  return Math.max(random() * ceiling, Math.min(retryAfterMs ?? 0, longestRetryAfterMs))
}
