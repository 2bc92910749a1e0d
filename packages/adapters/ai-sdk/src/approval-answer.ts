import type {
  ModelMessage,
  ToolApprovalRequest,
  ToolApprovalResponse,
  ToolCallPart,
} from '@ai-sdk/provider-utils'

import { parseApprovalReason } from './approval-reason.ts'

/** What somebody answered in a chat about a call of a tool. */
export interface ChatAnswer {
  readonly approved: boolean
  /** The words of whoever answered. */
  readonly reason: string | undefined
  readonly toolCallId: string
  readonly name: string
  readonly input: unknown
  /** The gateway's approval that the request names; written by whoever wrote the messages, so never to be trusted alone. */
  readonly approvalId: string | undefined
}

/** The answers in the last message that nothing has followed yet: those that the AI SDK follows. */
export function readAnswers(messages: readonly ModelMessage[]): readonly ChatAnswer[] {
  const conversation = new Conversation(messages)
  return conversation.responses.flatMap(({ part, index }): ChatAnswer[] => {
    const { approvalId, approved, reason } = part
    const request = conversation.requests.get(approvalId)
    const call = request && conversation.calls.get(request.toolCallId)
    if (index !== messages.length - 1 || request === undefined || call === undefined) return []
    const { toolCallId } = request
    if (conversation.isFollowed(toolCallId, approved, index)) return []
    const { toolName: name, input } = call
    const question = parseApprovalReason(request.reason)?.approvalId
    return [{ approved: approved === true, reason, toolCallId, name, input, approvalId: question }]
  })
}

/**
 * Tells whether a client may be saying that this call is approved: the AI SDK asks about such a call once more, and does it
 * on any word but no. It is better to take a new call for an answered one than the other way round.
 */
export function mayBeApproved(messages: readonly ModelMessage[], toolCallId: string): boolean {
  const conversation = new Conversation(messages)
  return conversation.responses.some(
    ({ part: { approvalId, approved }, index }) =>
      Boolean(approved) &&
      conversation.requested.get(approvalId)?.has(toolCallId) === true &&
      !conversation.isFollowed(toolCallId, approved, index),
  )
}

/** What a conversation holds about approvals, by the ids that a client may have made up. */
class Conversation {
  readonly calls = new Map<string, ToolCallPart>()
  // Of several with one id the last counts, as for the AI SDK.
  readonly requests = new Map<string, ToolApprovalRequest>()
  readonly requested = new Map<string, Set<string>>()
  readonly responses: { readonly part: ToolApprovalResponse; readonly index: number }[] = []
  readonly #results = new Map<string, number>()
  readonly #denials = new Map<string, number>()

  constructor(messages: readonly ModelMessage[]) {
    for (const [index, { role, content }] of messages.entries()) {
      if (typeof content === 'string') continue
      if (role === 'assistant')
        for (const part of content) {
          if (part.type === 'tool-call') this.calls.set(part.toolCallId, part)
          else if (part.type === 'tool-approval-request') this.#addRequest(part)
        }
      else if (role === 'tool')
        for (const part of content) {
          if (part.type === 'tool-approval-response') this.responses.push({ part, index })
          else if (part.output.type === 'execution-denied') this.#denials.set(part.toolCallId, index)
          else this.#results.set(part.toolCallId, index)
        }
    }
  }

  /** Tells whether the call has a result already, in the message of the answer or later. */
  isFollowed(toolCallId: string, approved: unknown, index: number): boolean {
    const result = this.#results.get(toolCallId) ?? -1
    const denial = this.#denials.get(toolCallId) ?? -1
    return result >= index || denial > index || (denial === index && Boolean(approved))
  }

  #addRequest(request: ToolApprovalRequest): void {
    const { approvalId, toolCallId } = request
    this.requests.set(approvalId, request)
    const toolCallIds = this.requested.get(approvalId) ?? new Set()
    this.requested.set(approvalId, toolCallIds.add(toolCallId))
  }
}
