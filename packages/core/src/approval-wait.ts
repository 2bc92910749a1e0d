import { type Approval, type Approvals, type GatewayError, PincerError } from '@pincer/protocol'

import { backoffDelay } from './backoff.ts'
import type { Clock, Timer } from './clock.ts'
import { withSignal } from './wait.ts'

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
