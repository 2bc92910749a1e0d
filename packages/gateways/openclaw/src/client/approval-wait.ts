import { GatewayError, UnsupportedByGatewayError } from '@pincer/protocol'
import type { approvalMethods } from '../methods/approval-methods.ts'
import type { Calls } from '../methods/method.ts'
import { pause } from '../pause.ts'
import { readApprovalDecided, readApprovalOutcome, type ApprovalOutcome } from './approval-outcome.ts'
import { findApproval } from './find-approval.ts'

// Between two questions, where the first one failed.
const roundPauseMs = 200

type WaitOptions = { readonly timeoutMs?: number; readonly signal?: AbortSignal }

/** Waits for the end of an approval: the Gateway keeps how it ended, so that nothing is lost over a reconnect. */
export function createApprovalWait(
  calls: Calls<typeof approvalMethods>,
): (id: string, options?: WaitOptions) => Promise<ApprovalOutcome> {
  return async (id, { timeoutMs, signal } = {}) => {
    const giveUp = signal === undefined ? {} : { signal }
    const deadline = timeoutMs === undefined ? Infinity : performance.now() + timeoutMs
    for (;;) {
      const approval = await findApproval(calls, 'approvals.wait', id, giveUp)
      const left = deadline - performance.now()
      if (approval.status !== 'pending' || left <= 0) return readApprovalOutcome(approval)
      const { kind } = approval.presentation
      if (kind === 'system-agent') {
        throw new UnsupportedByGatewayError(
          'openclaw',
          'approvals.wait for its own setup',
          'use approvals.get',
        )
      }
      const waitForIt = kind === 'exec' ? calls.waitExec : calls.waitPlugin
      try {
        const decided = await waitForIt({ id }, { ...giveUp, timeoutMs: left === Infinity ? null : left })
        const ended = await findApproval(calls, 'approvals.wait', id, giveUp)
        return ended.status === 'pending' ? readApprovalDecided(decided, kind) : readApprovalOutcome(ended)
      } catch (error) {
        signal?.throwIfAborted()
        // The deadline, a lost connection, or an end between the two questions: the next round tells which.
        if (!(error instanceof GatewayError) || !(error.retryable || error.status === 404)) throw error
        await pause(Math.max(0, Math.min(roundPauseMs, deadline - performance.now())), signal)
      }
    }
  }
}
