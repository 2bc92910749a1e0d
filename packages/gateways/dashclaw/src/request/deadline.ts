/** A signal that ends by time or by the caller's, whichever is first; `clear` lets the timer go. */
export interface Deadline {
  readonly signal: AbortSignal
  /** Whether it was the time. */
  readonly hasPassed: () => boolean
  /** Milliseconds left. */
  readonly left: () => number
  readonly clear: () => void
}

/** Starts a deadline of so many milliseconds. */
export function startDeadline(timeoutMs: number, signal?: AbortSignal): Deadline {
  const end = performance.now() + timeoutMs
  const time = new AbortController()
  const timer = setTimeout(() => time.abort(new Error('timed out')), timeoutMs)
  return {
    signal: signal === undefined ? time.signal : AbortSignal.any([signal, time.signal]),
    hasPassed: () => time.signal.aborted && signal?.aborted !== true,
    left: () => end - performance.now(),
    clear: () => clearTimeout(timer),
  }
}
