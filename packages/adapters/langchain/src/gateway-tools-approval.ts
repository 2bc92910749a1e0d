import type { ToolCall } from '@pincer/core'
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

// A gateway that does not wait, or cannot be reached, is asked this often.
const pollMs = 500

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
  toolCall.run.pause(request, toolCall.actionId)
  try {
    approval = await waitUntilDecided(approvals, approvalId, timeoutMs, signal)
  } finally {
    const { status = 'cancelled', decisionReason: reason, decidedBy, editedInput: input } = approval ?? {}
    const resolved = {
      approvalId,
      status: status === 'pending' ? ('expired' as const) : status,
      ...(reason !== undefined && { reason }),
      ...(decidedBy !== undefined && { decidedBy }),
      ...(input !== undefined && { input }),
    }
    toolCall.run.resume(resolved, toolCall.actionId)
  }
  if (approval.status === 'approved') return
  if (approval.status === 'denied') throw new ApprovalDeniedError(name, approvalId, approval.decisionReason)
  throw new ApprovalTimeoutError(name, approvalId, timeoutMs)
}

// Nothing is claimed: the gateway itself uses the approval up, when its tool is called with it.
async function waitUntilDecided(
  approvals: Approvals,
  approvalId: string,
  timeoutMs: number,
  signal: AbortSignal | undefined,
): Promise<Approval> {
  const deadline = performance.now() + timeoutMs
  for (;;) {
    const leftMs = Math.max(deadline - performance.now(), 0)
    try {
      const approval = await approvals.wait(approvalId, { timeoutMs: leftMs, ...(signal && { signal }) })
      if (approval.status !== 'pending' || performance.now() >= deadline) return approval
    } catch (error) {
      signal?.throwIfAborted()
      if (!isRetryable(error) || performance.now() >= deadline) throw error
    }
    await pause(Math.min(pollMs, leftMs), signal)
  }
}

function isRetryable(error: unknown): boolean {
  return error instanceof GatewayError && error.retryable
}

function pause(delayMs: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      clearTimeout(timer)
      reject(signal?.reason)
    }
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop)
      resolve()
    }, delayMs)
    signal?.addEventListener('abort', stop, { once: true })
    if (signal?.aborted === true) stop()
  })
}
