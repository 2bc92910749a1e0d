import type { ApprovalRequest } from '@pincer/protocol'

import { textOf } from './convert-operation.ts'

/** A call that a model asked for. */
export interface AskedCall {
  readonly toolCallId: string
  readonly name: string
  readonly input: unknown
}

/** A call that came to nothing in its step: it was denied, or it could not be made. */
export interface UnmadeCall extends AskedCall {
  readonly approvalId: string
  /** Why it was denied. */
  readonly reason: string | undefined
  /** What was wrong with it, where it was not denied. */
  readonly error: unknown
}

/** A question that waits for its answer in a later call. */
export interface PendingCall extends AskedCall {
  readonly approvalId: string
  readonly reason: string | undefined
  /** True where the provider executes the tool, and records it. */
  readonly isFar: boolean
}

/** An answer to such a question, in the messages that a later call begins with. */
export interface ApprovalAnswer {
  readonly approvalId: string
  readonly approved: boolean
  readonly reason: string | undefined
}

/** What the messages that a call begins with say about the questions of earlier ones. */
export interface Answers {
  readonly answered: readonly ApprovalAnswer[]
  /** The ids of questions that the conversation went on without answering. */
  readonly passedOver: readonly string[]
}

const noAnswers: Answers = { answered: [], passedOver: [] }
// What is not answered right after it was asked is in none of the last messages.
const mostMessages = 4

/** The calls of a step that no hook tells of, since they were never executed. */
export function convertUnmade(step: any): UnmadeCall[] {
  const unmade: UnmadeCall[] = []
  for (const part of partsOf(step?.content)) {
    if (part.type === 'tool-approval-response' && part.approved === false && !isFar(part.toolCall))
      unmade.push({
        ...convertCall(part.toolCall),
        approvalId: String(part.approvalId),
        reason: textOf(part.reason),
        error: undefined,
      })
    if (part.type === 'tool-error' && !isFar(part))
      unmade.push({ ...convertCall(part), approvalId: '', reason: undefined, error: part.error })
  }
  return unmade
}

/** The questions of a step that nobody has answered in it. */
export function convertPending(step: any): PendingCall[] {
  const parts = partsOf(step?.content)
  const answered = new Set(parts.filter(isAnswer).map(({ approvalId }) => approvalId))
  return parts
    .filter(
      (part) => part.type === 'tool-approval-request' && !part.isAutomatic && !answered.has(part.approvalId),
    )
    .map((part) => ({
      ...convertCall(part.toolCall),
      approvalId: String(part.approvalId),
      reason: textOf(part.reason),
      isFar: isFar(part.toolCall),
    }))
}

/** Converts a question to what is recorded of it. */
export function convertQuestion(pending: PendingCall, recordsInputs: boolean): ApprovalRequest {
  const { approvalId, name, toolCallId, input, reason } = pending
  const question = { approvalId, name, toolCallId, input: recordsInputs ? input : undefined, reason }
  // Core copies the input as it copies every recorded value.
  return question as ApprovalRequest
}

/** Reads the answers in the messages that a call begins with. */
export function convertAnswers(messages: any): Answers {
  const last: any[] = Array.isArray(messages) ? messages.slice(-mostMessages) : []
  const asking = last.findLastIndex((message) => message?.role === 'assistant')
  const asked = partsOf(last[asking]?.content).filter(
    ({ type, isAutomatic }) => type === 'tool-approval-request' && !isAutomatic,
  )
  if (asked.length === 0) return noAnswers
  const ids = new Set(asked.map(({ approvalId }) => String(approvalId)))
  // The AI SDK takes answers from the last message only.
  const { role, content } = last.at(-1)
  if (role !== 'tool') return { answered: [], passedOver: [...ids] }
  const answered = partsOf(content)
    .filter((part) => isAnswer(part) && ids.delete(String(part.approvalId)))
    .map(({ approvalId, approved, reason }) => ({
      approvalId: String(approvalId),
      approved: approved === true,
      reason: textOf(reason),
    }))
  return { answered, passedOver: [] }
}

function partsOf(content: any): any[] {
  return Array.isArray(content) ? content.filter((part) => Object(part) === part) : []
}

function isAnswer(part: any): boolean {
  return part.type === 'tool-approval-response'
}

// What the provider executes is recorded where it is executed.
function isFar(part: any): boolean {
  return part?.providerExecuted === true
}

function convertCall({ toolCallId, toolName, input }: any): AskedCall {
  return { toolCallId: String(toolCallId), name: textOf(toolName) ?? 'unknown', input }
}
