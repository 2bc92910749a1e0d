import { type Approval, type Approvals, type GatewayError, PincerError } from '@pincer/protocol'

import { backoffDelay } from './backoff.ts'
import type { Clock, Timer } from './clock.ts'
import { withSignal, withTimeout } from './wait.ts'

// How much longer than it was asked to wait a gateway may take.
const graceMs = 5_000
// A gateway that does not wait, but answers "pending" at once, is asked this often.
const pollMs = 500
const backoff = { baseMs: 100, maxMs: 2_000 }

/** Waits for a person's answer through gateway restarts, and uses it up for the action `claimedBy`; gives the approval as it stands when the time is up. */
export async function waitUntilDecided(
  approvals: Approvals,
  approvalId: string,
  claimedBy: string,
  timeoutMs: number,
  clock: Clock,
  signal: AbortSignal,
): Promise<Approval> {
  const deadline = clock.monotonic() + timeoutMs
  for (let failures = 0; ;) {
    const askedAt = clock.monotonic()
    const leftMs = Math.max(deadline - askedAt, 0)
    let delayMs: number
    try {
      const approval = await withTimeout(clock, leftMs + graceMs, signal, (inner) =>
        approvals.wait(approvalId, { timeoutMs: leftMs, claimedBy, signal: inner }),
      )
      if (approval.status !== 'pending' || clock.monotonic() >= deadline) return approval
      failures = 0
      delayMs = askedAt + pollMs - clock.monotonic()
    } catch (error) {
      signal.throwIfAborted()
      if (!isRetryable(error) || clock.monotonic() >= deadline) throw error
      delayMs = backoffDelay(++failures, backoff, error.retryAfterMs, Math.random)
    }
    if (delayMs > 0) await pause(clock, Math.min(delayMs, leftMs), signal)
  }
}

function isRetryable(error: unknown): error is GatewayError {
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
