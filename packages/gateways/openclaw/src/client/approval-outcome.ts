import type { ApprovalDecision, ApprovalKind, ApprovalSnapshot } from '@openclaw/gateway-protocol'
import type { ApprovalDecided } from '../methods/approval-results.ts'

/** Where an approval stands, or how it ended. */
export interface ApprovalOutcome {
  readonly id: string
  readonly kind: ApprovalKind
  readonly status: 'pending' | 'allowed' | 'denied' | 'expired' | 'cancelled'
  /** True only where somebody allowed it: no answer is a denial. */
  readonly allowed: boolean
  /** What was answered; null where nobody did. */
  readonly decision: ApprovalDecision | null
  /** Why it ended so: `user`, `timeout`, `no-route` where nobody could see it, or another word of the Gateway. */
  readonly reason?: string
  /** The same as a sentence. */
  readonly message: string
  /** Who answered, as the Gateway names the connection or the device. */
  readonly decidedBy?: string
}

const sentences: ReadonlyMap<string, string> = new Map([
  ['timeout', 'nobody answered in time'],
  [
    'no-route',
    'nobody could see it: connect somebody who answers approvals, such as a client with `reviewer: true` and the scope operator.admin, and ask again',
  ],
  ['gateway-restart', 'the Gateway restarted before anybody answered'],
  ['run-ended', 'the run that asked has ended'],
])

/** Reads an approval as the Gateway keeps it. */
export function readApprovalOutcome(approval: ApprovalSnapshot): ApprovalOutcome {
  const { id, status, presentation } = approval
  const { kind } = presentation
  if (status === 'pending')
    return { id, kind, status, allowed: false, decision: null, message: 'nobody has answered yet' }
  const { reason, resolver } = approval
  const answered = reason === 'user' && 'decision' in approval ? approval.decision : null
  return {
    id,
    kind,
    status,
    allowed: status === 'allowed',
    decision: answered,
    reason,
    message: describeEnd(status === 'allowed', answered, reason),
    ...(resolver?.id === undefined || answered === null ? {} : { decidedBy: resolver.id }),
  }
}

/** Reads the end of an approval that the Gateway does not show any more. */
export function readApprovalDecided(decided: ApprovalDecided, kind: ApprovalKind): ApprovalOutcome {
  const { id, decision, terminalReason } = decided
  const allowed = decision === 'allow-once' || decision === 'allow-always'
  const reason = terminalReason ?? (decision === null ? 'no-route' : 'user')
  return {
    id,
    kind,
    status: allowed ? 'allowed' : reason === 'timeout' ? 'expired' : 'denied',
    allowed,
    decision,
    reason,
    message: describeEnd(allowed, decision, reason),
  }
}

function describeEnd(allowed: boolean, decision: ApprovalDecision | null, reason: string): string {
  if (allowed) return decision === 'allow-always' ? 'it was allowed for good' : 'it was allowed once'
  return (
    sentences.get(reason) ?? (decision === null ? `it ended without an answer (${reason})` : 'it was denied')
  )
}
