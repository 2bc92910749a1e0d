import {
  type Approval,
  ApprovalDeniedError,
  type Approvals,
  type ApprovalRequest,
  ApprovalTimeoutError,
  type Gateway,
  GatewayError,
  UnsupportedByGatewayError,
} from '@pincer/protocol'

import type { ToolCall } from './tool-call.ts'
import { withSignal } from './wait.ts'

// A gateway that does not wait, or cannot be reached, is asked this often.
const pollMs = 500
// How much longer than it was asked to wait a gateway may take.
const graceMs = 1_000
const ends = ['approved', 'denied', 'expired', 'cancelled'] as const

/**
 * Waits until a person has approved what a gateway's tool is about to do; the run is paused meanwhile.
 *
 * @throws ApprovalDeniedError, ApprovalTimeoutError, the signal's reason, or UnsupportedByGatewayError
 */
export async function waitForApproval(
  gateway: Gateway,
  toolCall: ToolCall,
  request: ApprovalRequest,
  timeoutMs: number,
  signal: AbortSignal | undefined,
): Promise<void> {
  const { approvals } = gateway
  if (approvals === undefined) throw new UnsupportedByGatewayError(gateway.name, 'approvals to wait for')
  const { approvalId, name } = request
  let approval: Approval | undefined
  let hasWaited = false
  toolCall.run.pause(request, toolCall.actionId)
  try {
    approval = await waitUntilDecided(approvals, approvalId, timeoutMs, signal)
    hasWaited = true
  } finally {
    const { status, decisionReason: reason, decidedBy, editedInput: input } = approval ?? {}
    const resolved = {
      approvalId,
      status:
        ends.find((end) => end === status) ?? (hasWaited ? ('expired' as const) : ('cancelled' as const)),
      ...(reason !== undefined && { reason }),
      ...(decidedBy !== undefined && { decidedBy }),
      ...(input !== undefined && { input }),
    }
    toolCall.run.resume(resolved, toolCall.actionId)
  }
  if (approval?.status === 'approved') return
  if (approval?.status === 'denied') throw new ApprovalDeniedError(name, approvalId, approval.decisionReason)
  throw new ApprovalTimeoutError(name, approvalId, timeoutMs)
}

// Nothing is claimed: the gateway itself uses the approval up, when its tool is called with it. Undefined where it does not answer.
async function waitUntilDecided(
  approvals: Approvals,
  approvalId: string,
  timeoutMs: number,
  signal: AbortSignal | undefined,
): Promise<Approval | undefined> {
  const deadline = performance.now() + timeoutMs
  for (;;) {
    const leftMs = Math.max(deadline - performance.now(), 0)
    try {
      const waiting = approvals.wait(approvalId, { timeoutMs: leftMs, ...(signal && { signal }) })
      const approval = await withTime(waiting, leftMs + graceMs, signal)
      if (approval?.status !== 'pending' || performance.now() >= deadline) return approval
    } catch (error) {
      signal?.throwIfAborted()
      if (!isRetryable(error) || performance.now() >= deadline) throw error
    }
    await withTime(new Promise(() => {}), Math.min(pollMs, leftMs), signal)
  }
}

function isRetryable(error: unknown): boolean {
  return error instanceof GatewayError && error.retryable
}

// Undefined when the time is over.
async function withTime<Result>(
  promise: Promise<Result>,
  timeMs: number,
  signal: AbortSignal | undefined,
): Promise<Result | undefined> {
  const over = Promise.withResolvers<undefined>()
  const timer = setTimeout(() => over.resolve(undefined), timeMs)
  try {
    return await withSignal(Promise.race([over.promise, promise]), signal)
  } finally {
    clearTimeout(timer)
  }
}
