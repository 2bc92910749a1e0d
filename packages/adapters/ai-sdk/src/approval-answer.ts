import type { ModelMessage } from '@ai-sdk/provider-utils'

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

type PartOf<Role extends ModelMessage['role']> = Exclude<
  Extract<ModelMessage, { readonly role: Role }>['content'],
  string
>[number]

/** The answers in the last message that nothing has followed yet; of several about one call the first, as for the AI SDK. */
export function readAnswers(messages: readonly ModelMessage[]): readonly ChatAnswer[] {
  const last = messages.at(-1)
  if (last?.role !== 'tool') return []
  const responses = last.content.filter((part) => part.type === 'tool-approval-response')
  if (responses.length === 0) return []
  const parts = messages.flatMap((message): PartOf<'assistant'>[] =>
    message.role === 'assistant' && typeof message.content !== 'string' ? message.content : [],
  )
  const results = new Map(
    last.content.flatMap((part) =>
      part.type === 'tool-result' ? [[part.toolCallId, part.output.type]] : [],
    ),
  )
  const answers = new Map<string, ChatAnswer>()
  for (const { approvalId, approved, reason } of responses) {
    // Of several with one id the last counts, as for the AI SDK.
    const request = parts.findLast(
      (part) => part.type === 'tool-approval-request' && part.approvalId === approvalId,
    )
    if (request?.type !== 'tool-approval-request' || answers.has(request.toolCallId)) continue
    const { toolCallId } = request
    const result = results.get(toolCallId)
    // What has been done is not answered about any more.
    if (result !== undefined && (approved === true || result !== 'execution-denied')) continue
    const call = parts.findLast((part) => part.type === 'tool-call' && part.toolCallId === toolCallId)
    if (call?.type !== 'tool-call') continue
    answers.set(toolCallId, {
      approved: approved === true,
      reason,
      toolCallId,
      name: call.toolName,
      input: call.input,
      approvalId: parseApprovalReason(request.reason)?.approvalId,
    })
  }
  return [...answers.values()]
}
