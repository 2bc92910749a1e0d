import type { ApprovalDecision } from '@openclaw/gateway-protocol'
import { invalidParam } from '../check-param.ts'

/** The words that an approval may be answered with. */
export type ApprovalAnswer = 'approve' | 'allow' | 'allow-once' | 'allow-always' | 'deny' | 'reject'

const decisions: ReadonlyMap<unknown, ApprovalDecision> = new Map<ApprovalAnswer, ApprovalDecision>([
  ['approve', 'allow-once'],
  ['allow', 'allow-once'],
  ['allow-once', 'allow-once'],
  ['allow-always', 'allow-always'],
  ['deny', 'deny'],
  ['reject', 'deny'],
])

/**
 * The Gateway's own word for an answer: `approve` is `allow-once`, `reject` is `deny`.
 *
 * @throws GatewayError 400 for any other word.
 */
export function readApprovalAnswer(answer: unknown): ApprovalDecision {
  const decision = decisions.get(answer)
  if (decision === undefined)
    throw invalidParam('approvals.respond: decision', `one of ${[...decisions.keys()].join(', ')}`, answer)
  return decision
}
