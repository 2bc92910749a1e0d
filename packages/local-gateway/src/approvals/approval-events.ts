import type { Approval, ApprovalStatus, ClawEventOf } from '@pincer/protocol'

/** The event that tells of a new question; its id is stable, so that the client's own event replaces it. */
export function approvalRequested(approval: Approval): ClawEventOf<'approval.requested'> {
  const { approvalId, name, toolCallId, input, inputHash, reason, risk, expiresAt } = approval
  return {
    version: 1,
    id: `${approvalId}.requested`,
    ts: approval.requestedAt,
    type: 'approval.requested',
    ...placeOf(approval),
    data: {
      approvalId,
      name,
      ...(toolCallId === undefined ? {} : { toolCallId }),
      ...(input === undefined ? {} : { input }),
      ...(inputHash === undefined ? {} : { inputHash }),
      ...(reason === undefined ? {} : { reason }),
      ...(risk === undefined ? {} : { risk }),
      ...(expiresAt === undefined ? {} : { expiresAt }),
    },
  }
}

/** The event that tells how a question ended. */
export function approvalResolved(
  approval: Approval,
  status: Exclude<ApprovalStatus, 'pending'>,
): ClawEventOf<'approval.resolved'> {
  const { approvalId, decisionReason, decidedBy, editedInput } = approval
  return {
    version: 1,
    id: `${approvalId}.resolved`,
    ts: approval.decidedAt ?? approval.requestedAt,
    type: 'approval.resolved',
    ...placeOf(approval),
    data: {
      approvalId,
      status,
      ...(decisionReason === undefined ? {} : { reason: decisionReason }),
      ...(decidedBy === undefined ? {} : { decidedBy }),
      ...(editedInput === undefined ? {} : { input: editedInput }),
    },
  }
}

function placeOf({
  runId,
  actionId,
  agentId,
  sessionKey,
}: Approval): Pick<Approval, 'runId' | 'actionId' | 'agentId' | 'sessionKey'> {
  return {
    ...(runId === undefined ? {} : { runId }),
    ...(actionId === undefined ? {} : { actionId }),
    ...(agentId === undefined ? {} : { agentId }),
    ...(sessionKey === undefined ? {} : { sessionKey }),
  }
}
