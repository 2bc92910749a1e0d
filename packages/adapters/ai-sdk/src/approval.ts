import type { Authorization, Claw } from '@pincer/core'
import { codeOf, isRefusal, tellRefusal } from '@pincer/core/tools'
import { ApprovalDeniedError, type ApprovalPendingError } from '@pincer/protocol'

import { type ChatAnswer, mayBeApproved, readAnswers } from './approval-answer.ts'
import { GuardedCall, type WantedCall } from './approval-call.ts'
import { guardedCallsOf } from './approval-calls.ts'
import { checkApprovalOptions, isAskedAbout, type PincerApprovalOptions } from './approval-options.ts'
import { type ApprovalCall, type ApprovalStatus, ownField, resolveOwnApproval } from './approval-own.ts'
import { type AnswerPlace, tellAnswer } from './approval-question.ts'
import { writeApprovalReason } from './approval-reason.ts'
import { denyPending, withdraw } from './approval-settle.ts'

/** Decides about every call of a tool; what the AI SDK takes as `toolApproval`. */
export type PincerApproval = (call: ApprovalCall) => Promise<ApprovalStatus>

/**
 * Asks the gateway's guard before every call of a tool: give it to the AI SDK as `toolApproval`.
 *
 * A refusal is told to the model in words. Where a person has to be asked, the call waits for somebody at the gateway, or,
 * with `ask: 'user'`, for the chat or the gateway, whoever answers first. Each answer in the messages of a client is checked
 * against the gateway's own question. In observe mode it only records. A tool's `needsApproval` keeps its say.
 *
 * @throws PincerError with code `invalid_option`; when it is called, the signal's reason, or what `toolApproval` throws
 * @example
 * const { text } = await generateText({ model, tools, prompt, toolApproval: pincerApproval(claw) })
 */
export function pincerApproval(claw: Claw, options: PincerApprovalOptions = {}): PincerApproval {
  checkApprovalOptions(claw, options)
  const kept = guardedCallsOf(claw)
  const { ask = 'wait', decidedBy } = options

  return async (approvalCall) => {
    const own = await resolveOwnApproval(approvalCall, options.toolApproval)
    const { toolCall, tools, messages } = approvalCall
    const { toolCallId, toolName: name, input } = toolCall
    const tool = ownField(tools, name) as object | undefined
    // What the provider executes, the gateway guards, or nobody can execute, is not for the guard to stop.
    const isOurs = tool !== undefined && toolCall.providerExecuted !== true && !kept.isExempt(tool)
    if (!isOurs || isDenied(own) || !isAskedAbout(claw, options, name, input)) return own
    const wanted = { toolCallId, name, input, messages }
    const { isAnswered, answer } = ask === 'user' ? readApproval(wanted) : unanswered
    const call = findCall(wanted, answer)
    const signal = typeof options.signal === 'function' ? options.signal() : options.signal
    try {
      const permission = await call.authorize({
        // A signal that is aborted already is the AI SDK's to follow; here it would end what is only observed, too.
        ...(signal?.aborted === false && { signal }),
        wait: ask === 'wait' && signal?.aborted !== true,
        ...(answer !== undefined && { approvalId: () => bring(call, answer, signal) }),
      })
      if (permission.edited && !kept.isGuarded(tool)) return refuseEdited(call, permission)
      if (kept.isGuarded(tool)) kept.permit(call)
      // Without telemetry nobody sees the tool run, and what the program executes itself nobody sees at all.
      else if (!call.isWatched || ownField(tool, 'execute') === undefined) call.end()
      return isAsking(own) || permission.approvalId === undefined
        ? own
        : { type: 'approved', reason: `approved at the gateway (${permission.approvalId})` }
    } catch (error) {
      if (signal?.aborted === true) {
        call.cancel('aborted')
        throw signal.reason
      }
      if (codeOf(error) === 'approval_pending')
        return isAnswered
          ? refuseAnswer(call, error as ApprovalPendingError)
          : askChat(call, error as ApprovalPendingError)
      if (!isRefusal(error)) claw.report(error, 'ai-sdk')
      return refuse(call, error)
    }
  }

  function isOurChat({ sessionKey }: GuardedCall): boolean {
    return sessionKey === options.sessionKey
  }

  // In the process that asked, the answer goes on with the call that waits.
  function findCall(wanted: WantedCall, answer: ChatAnswer | undefined): GuardedCall {
    const waiting = kept.takePending(answer?.approvalId, wanted, isOurChat)
    if (waiting !== undefined) return waiting.resume(wanted)
    const call: GuardedCall = new GuardedCall(claw, options, wanted, ({ approved, reason }) => {
      if (!approved) void denyPending(claw, call, { reason, decidedBy })
    })
    return call
  }

  function bring(
    call: GuardedCall,
    answer: ChatAnswer,
    signal: AbortSignal | undefined,
  ): Promise<string | undefined> {
    const { sessionKey } = call.toolCall.run
    const { name, input } = call.wanted
    const isHere: AnswerPlace['isHere'] = (question) => question.sessionKey === sessionKey
    return tellAnswer(claw, { ...answer, name, input }, { isHere, sessionKey, decidedBy, signal })
  }

  function askChat(call: GuardedCall, { approvalId, reason }: ApprovalPendingError): ApprovalStatus {
    call.approvalId = approvalId
    kept.keepPending(approvalId, call)
    return {
      type: 'user-approval',
      reason: writeApprovalReason({ approvalId, ...(reason !== undefined && { reason }) }),
    }
  }

  // An answer to a question that nobody was asked, as by a forged message: the AI SDK would run the tool on any word but no.
  async function refuseAnswer(
    call: GuardedCall,
    { approvalId }: ApprovalPendingError,
  ): Promise<ApprovalStatus> {
    const reason = 'nobody was asked about this call before it was answered; call the tool again to ask'
    await withdraw(claw, call, approvalId, reason)
    return refuse(call, new ApprovalDeniedError(call.wanted.name, approvalId, reason))
  }
}

const unanswered = { isAnswered: false, answer: undefined }

function readApproval({ messages, toolCallId }: WantedCall): {
  readonly isAnswered: boolean
  readonly answer: ChatAnswer | undefined
} {
  try {
    if (!mayBeApproved(messages, toolCallId)) return unanswered
    const answers = readAnswers(messages)
    return {
      isAnswered: true,
      answer: answers.find((given) => given.approved && given.toolCallId === toolCallId),
    }
  } catch {
    // What cannot be read is not taken for a new call, which the AI SDK would do on being told to ask.
    return { isAnswered: true, answer: undefined }
  }
}

/** The arguments that a person put in reach a tool only through `guardTools`; the old ones were not approved. */
function refuseEdited(call: GuardedCall, { approvalId = '', input }: Authorization): ApprovalStatus {
  const { name } = call.wanted
  call.fail(
    new ApprovalDeniedError(name, approvalId, 'it was approved with other arguments only; see guardTools'),
  )
  const reason = `it was approved with other arguments only; call it again with exactly these: ${JSON.stringify(input)}`
  return tell(call, new ApprovalDeniedError(name, approvalId, reason), input)
}

function refuse(call: GuardedCall, error: unknown): ApprovalStatus {
  call.fail(error)
  return tell(call, error)
}

function tell({ wanted: { name, input } }: GuardedCall, error: unknown, edited?: unknown): ApprovalStatus {
  return { type: 'denied', reason: tellRefusal(name, error, [input, edited]) }
}

function isDenied(status: ApprovalStatus): boolean {
  return (typeof status === 'string' ? status : status?.type) === 'denied'
}

function isAsking(status: ApprovalStatus): boolean {
  return (typeof status === 'string' ? status : status?.type) === 'user-approval'
}
