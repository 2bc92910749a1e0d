import type { Claw } from '@pincer/core'
import { hashInput, writeInput } from '@pincer/core/tools'
import type { Approval } from '@pincer/protocol'

import type { ChatAnswer } from './approval-answer.ts'

/** Whose answer it is, and where. */
export interface AnswerPlace {
  /** Tells whether a question was asked in the conversation that the answer stands in. */
  readonly isHere: (question: { readonly sessionKey?: string | undefined }) => boolean
  /** The conversation, where it has a key. */
  readonly sessionKey: string | undefined
  /** Who answers in the chat, for the gateway's record. */
  readonly decidedBy: string | undefined
  readonly signal: AbortSignal | undefined
}

/**
 * Finds the question of the gateway that an answer in a chat is about, and tells the gateway the answer, where the first
 * answer wins.
 *
 * @returns the gateway's approval id; undefined where the gateway has asked nobody about exactly this call
 */
export async function tellAnswer(
  claw: Claw,
  answer: ChatAnswer,
  place: AnswerPlace,
): Promise<string | undefined> {
  const question = await findQuestion(claw, answer, place)
  if (question === undefined) return undefined
  const { approvalId, status } = question
  if (status === 'pending') await decide(claw, approvalId, answer, place)
  return approvalId
}

// The messages come from a client: what they name counts only where the gateway has asked about the same tool, call,
// arguments and conversation.
async function findQuestion(
  claw: Claw,
  answer: ChatAnswer,
  { isHere, sessionKey, signal }: AnswerPlace,
): Promise<Approval | undefined> {
  const { approvals } = claw.gateway
  const written = writeInput(answer.input)
  if (approvals === undefined || written === undefined) return undefined
  const inputHash = await hashInput(written)
  const isAbout = (approval: Approval): boolean =>
    approval.toolCallId === answer.toolCallId &&
    approval.name === answer.name &&
    approval.inputHash === inputHash
  const asked = signal && { signal }
  if (answer.approvalId !== undefined) {
    const named = await approvals.get(answer.approvalId, asked)
    return named !== undefined && isHere(named) && isAbout(named) ? named : undefined
  }
  // Some versions of the AI SDK lose the reason. A call id is made up by a model: without a session it tells nothing.
  if (sessionKey === undefined) return undefined
  const own = (await approvals.list(asked)).filter(
    (approval) => approval.sessionKey === sessionKey && isAbout(approval) && approval.status !== 'cancelled',
  )
  return own.toSorted((left, right) => right.requestedAt - left.requestedAt)[0]
}

/** Tells the gateway an answer; where it has one already, that one holds. */
export async function decide(
  claw: Claw,
  approvalId: string,
  { approved, reason }: Pick<ChatAnswer, 'approved' | 'reason'>,
  { decidedBy, signal }: Pick<AnswerPlace, 'decidedBy' | 'signal'>,
): Promise<void> {
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
