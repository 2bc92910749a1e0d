import type { Claw } from '@pincer/core'
import { codeOf } from '@pincer/core/tools'
import { ApprovalDeniedError, type ApprovalPendingError } from '@pincer/protocol'

import type { GuardedCall } from './guard-call.ts'
import { findQuestion, readAnswer, tellAnswer } from './require-approval-question.ts'

/** What the guard made of a call whose tool Mastra enters. */
export type Entry =
  | {
      readonly status: 'permitted'
      readonly input: unknown
      readonly edited: boolean
      /** True where Mastra's run was resumed with an answer about the call, which is nothing for its tool. */
      readonly isAnswered: boolean
    }
  | { readonly status: 'pending'; readonly approvalId: string | undefined; readonly payload: object }

/** A call whose tool Mastra enters, for the first time or again. */
export interface EnteredCall {
  readonly claw: Claw
  readonly call: GuardedCall
  /** True where this process has suspended the call before. */
  readonly isKnown: boolean
  /** True where a person is not waited for. */
  readonly suspends: boolean
  readonly decidedBy: string | undefined
}

/**
 * Asks the guard about a call, or, where a run was resumed, follows the answer about it.
 *
 * What a run is resumed with counts only together with a question of the gateway's about exactly this call: a model can write
 * `resumeData` among its arguments. Without such a question the gateway alone is waited for.
 *
 * @throws what `ToolCall.authorize` throws
 */
export async function enterCall(entered: EnteredCall): Promise<Entry> {
  const { claw, call, isKnown, suspends, decidedBy } = entered
  const { name, context } = call.wanted
  const { resumeData, signal } = context
  // What never suspends here is resumed with its tool's own data.
  const isResumed = suspends && resumeData !== undefined && resumeData !== null
  const wasAsked = call.approvalId !== undefined
  const answer = isResumed ? readAnswer(resumeData) : undefined
  let isOurs = wasAsked
  const find = async (): Promise<string | undefined> => {
    const question = await findQuestion(claw, call, signal)
    if (question === undefined) return undefined
    isOurs = true
    if (answer !== undefined) await tellAnswer(claw, question, answer, decidedBy, signal)
    return question.approvalId
  }
  const canSuspend = suspends && context.suspend !== undefined && (isKnown || !isResumed)
  try {
    const permission = await call.authorize({
      wait: !canSuspend,
      ...((isResumed || wasAsked) && { approvalId: find }),
    })
    const isAnswered = isOurs && answer !== undefined
    if (isAnswered && !answer.approved)
      throw new ApprovalDeniedError(name, permission.approvalId ?? '', answer.reason)
    return { status: 'permitted', input: permission.input, edited: permission.edited, isAnswered }
  } catch (error) {
    const code = codeOf(error)
    if (code === 'approval_pending') {
      const { approvalId, reason } = error as ApprovalPendingError
      return {
        status: 'pending',
        approvalId,
        payload: { approvalId, ...(reason !== undefined && { reason }) },
      }
    }
    if (code === 'guard_unavailable' && wasAsked && isResumed && canSuspend) {
      // The answer could not be told to the gateway: it is asked for again, rather than lost.
      call.fail(error)
      return { status: 'pending', approvalId: call.approvalId, payload: { approvalId: call.approvalId } }
    }
    throw error
  }
}
