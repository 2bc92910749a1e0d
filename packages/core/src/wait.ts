import { type Approval, type Approvals, GatewayError, PincerError } from '@pincer/protocol'

import { backoffDelay } from './backoff.ts'
import type { Clock, Timer } from './clock.ts'

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

/** Waits for a person's answer through gateway restarts; gives the approval as it stands when the time is up. */
export async function waitUntilDecided(
  approvals: Approvals,
  approvalId: string,
  timeoutMs: number,
  clock: Clock,
  signal: AbortSignal,
): Promise<Approval> {
  const deadline = clock.monotonic() + timeoutMs
  for (let failures = 0; ;) {
    const leftMs = deadline - clock.monotonic()
    try {
      const approval = await withSignal(
        approvals.wait(approvalId, { timeoutMs: Math.max(leftMs, 0), signal }),
        signal,
      )
      if (approval.status !== 'pending' || clock.monotonic() >= deadline) return approval
      failures = 0
    } catch (error) {
      signal.throwIfAborted()
      if (!isRetryable(error) || leftMs <= 0) throw error
      failures++
      await pause(
        clock,
        backoffDelay(failures, { baseMs: 100, maxMs: 2_000 }, undefined, Math.random),
        signal,
      )
    }
  }
}

function isRetryable(error: unknown): boolean {
  return PincerError.isInstance(error) && error.code === 'gateway' && (error as GatewayError).retryable
}

async function pause(clock: Clock, delayMs: number, signal: AbortSignal): Promise<void> {
  let timer: Timer | undefined
  const elapsed = new Promise<void>((resolve) => {
    timer = clock.startTimer(resolve, delayMs, true)
  })
  try {
    await withSignal(elapsed, signal)
  } finally {
    timer?.cancel()
  }
}
