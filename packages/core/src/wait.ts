import { GatewayError } from '@pincer/protocol'

import type { Clock } from './clock.ts'

/** Waits for a promise, or rejects with the signal's reason as soon as it is aborted. */
export async function withSignal<Result>(
  promise: Promise<Result>,
  signal: AbortSignal | undefined,
): Promise<Result> {
  if (signal === undefined) return promise
  let stop = (): void => {}
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason)
    signal.addEventListener('abort', stop)
  })
  if (signal.aborted) stop()
  try {
    // Both are in the race before anything is thrown, so that neither rejection is left unhandled.
    return await Promise.race([aborted, promise])
  } finally {
    signal.removeEventListener('abort', stop)
  }
}

/**
 * Does work that takes a signal, for at most `timeoutMs` milliseconds, even where the work ignores the signal.
 *
 * @throws GatewayError when the time is up, or the outer signal's reason
 */
export async function withTimeout<Result>(
  clock: Clock,
  timeoutMs: number,
  outer: AbortSignal | undefined,
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  outer?.throwIfAborted()
  const inner = new AbortController()
  const stop = (): void => inner.abort(outer?.reason)
  outer?.addEventListener('abort', stop)
  const timer = clock.startTimer(
    () => inner.abort(new GatewayError(`no answer within ${timeoutMs} ms`, { retryable: true })),
    timeoutMs,
  )
  try {
    return await withSignal(work(inner.signal), inner.signal)
  } finally {
    timer.cancel()
    outer?.removeEventListener('abort', stop)
  }
}
