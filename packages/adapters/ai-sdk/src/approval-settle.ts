import type { ModelMessage } from '@ai-sdk/provider-utils'
import type { Claw } from '@pincer/core'
import { ApprovalDeniedError, describeValue, PincerError } from '@pincer/protocol'

import { type ChatAnswer, readAnswers } from './approval-answer.ts'
import type { GuardedCall } from './approval-call.ts'
import { guardedCallsOf } from './approval-calls.ts'
import { type AnswerPlace, decide, tellAnswer } from './approval-question.ts'
import { checkClaw } from './claw-argument.ts'

/** Whose denials they are, and where. */
export interface SettleDenialsOptions {
  /** The conversation, as given to `pincerApproval`. */
  readonly sessionKey?: string
  /** Who denies, for the gateway's record. */
  readonly decidedBy?: string
  /** Gives it up. */
  readonly signal?: AbortSignal
}

/**
 * Tells the gateway what was denied in a chat, so that nobody there is asked any more; call it with the messages before
 * they go to `streamText`.
 *
 * The AI SDK asks no approval function about a call that was denied. `pincerTelemetry` tells the gateway by itself, in the
 * process that asked; without it, and in other processes, this does. It never throws for a gateway's sake: a denied call
 * does not happen in any case.
 *
 * @throws PincerError with code `invalid_option`
 * @example
 * const messages = await convertToModelMessages(uiMessages)
 * await settleDenials(claw, messages)
 */
export async function settleDenials(
  claw: Claw,
  messages: readonly ModelMessage[],
  options: SettleDenialsOptions = {},
): Promise<void> {
  checkClaw('settleDenials', claw)
  if (!Array.isArray(messages))
    throw new PincerError(
      'invalid_option',
      `settleDenials: expected model messages, found ${describeValue(messages)}`,
    )
  const denied = readAnswers(messages).filter(
    ({ approved, approvalId }) => !approved && approvalId !== undefined,
  )
  await Promise.all(denied.map((answer) => settle(claw, answer, options)))
}

async function settle(claw: Claw, answer: ChatAnswer, options: SettleDenialsOptions): Promise<void> {
  const { sessionKey, decidedBy, signal } = options
  const isHere: AnswerPlace['isHere'] = (asked) => sessionKey === undefined || asked.sessionKey === sessionKey
  const call = guardedCallsOf(claw).takePending(answer.approvalId, answer, isHere)
  if (call !== undefined) return denyPending(claw, call, { reason: answer.reason, decidedBy })
  try {
    await tellAnswer(claw, answer, { isHere, sessionKey, decidedBy, signal })
  } catch (error) {
    if (signal?.aborted !== true) claw.report(error, 'ai-sdk')
  }
}

/** Ends a call that was denied in the chat, here at once and then at the gateway; never throws. */
export async function denyPending(
  claw: Claw,
  call: GuardedCall,
  { reason, decidedBy }: { readonly reason: string | undefined; readonly decidedBy: string | undefined },
): Promise<void> {
  const { approvalId } = call
  if (approvalId === undefined) return
  guardedCallsOf(claw).dropPending(approvalId)
  close(call, approvalId, reason, decidedBy)
  call.fail(new ApprovalDeniedError(call.wanted.name, approvalId, reason))
  await tell(claw, approvalId, reason, decidedBy)
}

/** Takes a question back that has no use; never throws. */
export async function withdraw(
  claw: Claw,
  call: GuardedCall,
  approvalId: string,
  reason: string,
): Promise<void> {
  close(call, approvalId, reason, undefined)
  await tell(claw, approvalId, reason, undefined)
}

function close(
  { toolCall }: GuardedCall,
  approvalId: string,
  reason: string | undefined,
  decidedBy: string | undefined,
): void {
  const why = { ...(reason !== undefined && { reason }), ...(decidedBy !== undefined && { decidedBy }) }
  toolCall.run.resume({ approvalId, status: 'denied', ...why }, toolCall.actionId)
}

async function tell(
  claw: Claw,
  approvalId: string,
  reason: string | undefined,
  decidedBy: string | undefined,
): Promise<void> {
  try {
    await decide(claw, approvalId, { approved: false, reason }, { decidedBy, signal: undefined })
  } catch (error) {
    claw.report(error, 'ai-sdk')
  }
}
