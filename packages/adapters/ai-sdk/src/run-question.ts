import { type Approval, type Approvals, GatewayError, type RequestOptions } from '@pincer/protocol'

import { isOtherSession } from './session-run.ts'

/** A person's answer to a question of a run, as a message brings it. */
export interface ApprovalAnswer {
  readonly approvalId: string
  readonly isApproved: boolean
  readonly reason?: string
}

/** What a question must be about, for an answer to it to be taken. */
export interface QuestionPlace {
  readonly runId: string
  readonly sessionKey: string | undefined
  /** Ids of the calls that the messages hold; any call of the run when absent. */
  readonly toolCallIds?: ReadonlySet<string>
}

/** The question that an answer is about; `undefined` where there is none, `'other'` where it is of another place. */
export async function findQuestion(
  approvals: Approvals,
  { approvalId }: ApprovalAnswer,
  place: QuestionPlace,
  options: RequestOptions,
): Promise<Approval | 'other' | undefined> {
  const found = await approvals.get(approvalId, options)
  return found === undefined || isAbout(found, place) ? found : 'other'
}

/** Decides a question that is open; where somebody else was faster, what they said holds. */
export async function settleQuestion(
  approvals: Approvals,
  asked: Approval,
  { isApproved, reason }: ApprovalAnswer,
  { decidedBy, ...options }: RequestOptions & { readonly decidedBy?: string },
): Promise<Approval> {
  const { approvalId, status } = asked
  if (status !== 'pending') return asked
  const decision = {
    decision: isApproved ? 'approve' : 'deny',
    ...(reason !== undefined && { reason }),
    ...(decidedBy !== undefined && { decidedBy }),
  } as const
  try {
    return await approvals.decide(approvalId, decision, options)
  } catch (error) {
    if (!(error instanceof GatewayError) || error.gatewayCode !== 'already_decided') throw error
    return (await approvals.get(approvalId, options)) ?? asked
  }
}

// Gateways tell more or less of where a question comes from: nothing of it may be another place, and where it can still be decided,
// something must be this one.
function isAbout(found: Approval, { runId, sessionKey, toolCallIds }: QuestionPlace): boolean {
  if (found.runId !== undefined && found.runId !== runId) return false
  if (isOtherSession(found.sessionKey, sessionKey)) return false
  const isCallKnown = found.toolCallId !== undefined && toolCallIds !== undefined
  if (isCallKnown && !toolCallIds.has(found.toolCallId)) return false
  const isSessionKnown = found.sessionKey !== undefined && sessionKey !== undefined
  return found.runId !== undefined || isSessionKnown || isCallKnown || found.status !== 'pending'
}
