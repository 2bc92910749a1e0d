import type { Claw } from '@pincer/core'
import { hashInput, writeInput } from '@pincer/core/tools'
import type { Approval } from '@pincer/protocol'

import type { GuardedCall } from './guard-call.ts'

/** What somebody answered through Mastra, by `approveToolCall` or `declineToolCall`. */
export interface MastraAnswer {
  readonly approved: boolean
  readonly reason: string | undefined
}

/** Reads what a run was resumed with; undefined where it is no answer about a call. */
export function readAnswer(resumeData: unknown): MastraAnswer | undefined {
  if (typeof resumeData !== 'object' || resumeData === null || !Object.hasOwn(resumeData, 'approved'))
    return undefined
  const approved: unknown = Reflect.get(resumeData, 'approved')
  if (typeof approved !== 'boolean') return undefined
  const reason: unknown = Object.hasOwn(resumeData, 'reason') ? Reflect.get(resumeData, 'reason') : undefined
  return { approved, reason: typeof reason === 'string' && reason !== '' ? reason : undefined }
}

/**
 * Finds the question that was put to a person about exactly this call of this run of Mastra's, by a process that may have
 * ended: the same tool, call, arguments and session.
 */
export async function findQuestion(
  claw: Claw,
  call: GuardedCall,
  signal: AbortSignal | undefined,
): Promise<Approval | undefined> {
  const { approvals } = claw.gateway
  const { name, input, context } = call.wanted
  const written = writeInput(input)
  // Without its run an id of a call tells nothing, for a model has made it up.
  if (approvals === undefined || written === undefined || context.mastraRunId === undefined) return undefined
  const asked = signal && { signal }
  if (call.approvalId !== undefined) return approvals.get(call.approvalId, asked)
  const [inputHash, all] = await Promise.all([hashInput(written), approvals.list(asked)])
  const { questionId, toolCall } = call
  const own = all.filter(
    (approval) =>
      approval.toolCallId === questionId &&
      approval.name === name &&
      approval.inputHash === inputHash &&
      approval.sessionKey === toolCall.run.sessionKey &&
      approval.status !== 'cancelled',
  )
  return own.toSorted((left, right) => right.requestedAt - left.requestedAt)[0]
}

/** Tells the gateway an answer; where it has one already, that one holds. */
export async function tellAnswer(
  claw: Claw,
  { approvalId, status }: Approval,
  { approved, reason }: MastraAnswer,
  decidedBy: string | undefined,
  signal: AbortSignal | undefined,
): Promise<void> {
  if (status !== 'pending') return
  const decision = {
    decision: approved ? ('approve' as const) : ('deny' as const),
    ...(reason !== undefined && { reason }),
    ...(decidedBy !== undefined && { decidedBy }),
  }
  try {
    await claw.gateway.approvals?.decide(approvalId, decision, signal && { signal })
  } catch (error) {
    if (gatewayCodeOf(error) !== 'already_decided') throw error
  }
}

function gatewayCodeOf(error: unknown): unknown {
  return typeof error === 'object' && error !== null && 'gatewayCode' in error ? error.gatewayCode : undefined
}
