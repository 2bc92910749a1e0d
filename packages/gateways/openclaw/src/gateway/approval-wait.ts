import { type Approval, GatewayError } from '@pincer/protocol'
import { pause } from '../pause.ts'
import type { FindOptions } from './approval-desk.ts'
import type { Calls } from './calls.ts'
import { isRetryable } from './gateway-errors.ts'
import type { WireApproval } from './parse-approval.ts'

/** What waiting for an answer needs. */
export interface ApprovalSource {
  readonly calls: Calls
  /** The approval as it stands; rejects where there is none. */
  readonly find: (options: FindOptions) => Promise<WireApproval>
}

const longestOutageMs = 60_000
const firstPauseMs = 200
const longestPauseMs = 5000
// Between a wait that ended and a state that does not know of it yet.
const settlePauseMs = 100
const shortestAskMs = 5000
const longestAskMs = 30_000

/**
 * Resolves once the approval is no longer pending, or as it stands after `timeoutMs` milliseconds; sits out restarts of the Gateway of up to
 * a minute, which cancel what was pending.
 *
 * @throws GatewayError where there is no such approval; the signal's reason.
 */
export async function waitForApproval(
  { calls, find }: ApprovalSource,
  approvalId: string,
  timeoutMs: number | undefined,
  signal: AbortSignal | undefined,
): Promise<Approval> {
  const end = timeoutMs === undefined ? Infinity : performance.now() + timeoutMs
  let awaySince: number | undefined
  let pauseMs = firstPauseMs
  for (let waits = 0; ; waits++) {
    try {
      const { approval, kind } = await find({ signal, timeoutMs: askWithin(end) })
      const left = end - performance.now()
      awaySince = undefined
      pauseMs = firstPauseMs
      if (approval.status !== 'pending' || left <= 0) return approval
      if (waits > 0) await pause(Math.min(settlePauseMs, left), calls.until(signal))
      if (kind === 'other') await pause(Math.min(1000, left), calls.until(signal))
      else await waitOnce(calls, `${kind}.approval.waitDecision`, approvalId, left, signal)
    } catch (error) {
      calls.check(signal)
      if (!isRetryable(error)) throw error
      awaySince ??= performance.now()
      if (performance.now() - awaySince > longestOutageMs || performance.now() >= end) throw error
      await pause(Math.min(pauseMs, Math.max(0, end - performance.now())), calls.until(signal))
      pauseMs = Math.min(pauseMs * 2, longestPauseMs)
    }
  }
}

/** A question takes no longer than there is time to wait, but never so little that it could not be answered. */
function askWithin(end: number): number {
  return Math.ceil(Math.max(shortestAskMs, Math.min(longestAskMs, end - performance.now())))
}

/** Waits for the Gateway to tell that it was answered; what the answer was is then asked for. */
async function waitOnce(
  calls: Calls,
  rpc: string,
  approvalId: string,
  left: number,
  signal: AbortSignal | undefined,
): Promise<void> {
  const timeoutMs = Number.isFinite(left) ? Math.max(1, Math.ceil(left)) : null
  try {
    await calls.request(rpc, { id: approvalId }, { timeoutMs, ...(signal === undefined ? {} : { signal }) })
  } catch (error) {
    // The time is over, or the Gateway no longer waits for this one: either way its state tells.
    const isOver = error instanceof GatewayError && (error.status === 504 || error.status === 404)
    if (!isOver) throw error
  }
}
