import type { ActionRow } from '../methods/action-results.ts'
import { DashClawError } from '../request/dashclaw-error.ts'
import { ActionBlockedError, ActionDeniedError } from '../request/refusals.ts'

/**
 * Tells whether an action may go on now.
 *
 * @param wasPending - Whether it was seen to wait for a person.
 * @throws ApprovalDeniedError where it was denied, GuardBlockedError where it was blocked, DashClawError where it left
 * its waiting without anybody's approval.
 */
export function judgeAction(row: ActionRow, wasPending: boolean): 'waits' | 'may go on' {
  const { status, action_id: id } = row
  if (status === 'pending_approval' || status === 'pending') return 'waits'
  if (status === 'failed' || status === 'cancelled') throw new ActionDeniedError(row)
  if (status === 'blocked') {
    throw new ActionBlockedError(
      row.action_type,
      {
        decision: 'block',
        reason: row.error_message ?? null,
        reasons: [],
        warnings: [],
        signals: [],
        matched_policies: [],
        risk_score: row.risk_score ?? null,
      },
      row,
    )
  }
  // Some servers keep an empty approver where the approval came by key, so the time of it counts too.
  const isApproved = typeof row.approved_by === 'string' || typeof row.approved_at === 'string'
  if (!wasPending || isApproved) return 'may go on'
  throw new DashClawError(
    `waitForApproval: the action ${id} is ${status}, and nobody approved it; look who changed its status`,
    { gatewayCode: 'not_approved' },
  )
}
