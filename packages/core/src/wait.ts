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
    signal.addEventListener('abort', stop, { once: true })
  })
  try {
    signal.throwIfAborted()
    return await Promise.race([promise, aborted])
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
  const timeUp = new AbortController()
  const timer = clock.startTimer(
    () => timeUp.abort(new GatewayError(`no answer within ${timeoutMs} ms`, { retryable: true })),
    timeoutMs,
  )
  const signal = outer === undefined ? timeUp.signal : AbortSignal.any([outer, timeUp.signal])
  try {
    return await withSignal(work(signal), signal)
  } finally {
    timer.cancel()
  }
}
