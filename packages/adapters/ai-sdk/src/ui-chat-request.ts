import { describeValue } from '@pincer/protocol'
import { isToolUIPart, safeValidateUIMessages, type UIMessage } from 'ai'

import type { ApprovalAnswer } from './run-question.ts'
import { ChatProblem } from './ui-chat-problem.ts'

/** What a page asks for. */
export interface ChatRequest {
  /** Id of the chat. */
  readonly id: string
  /** What the person wrote; absent where the page sends answers only. */
  readonly text?: string
  /** The message that asked the person last. */
  readonly asked?: UIMessage
  readonly answers: readonly ApprovalAnswer[]
  /** True where a question of that message has no answer. */
  readonly isUnanswered: boolean
}

const mostMessages = 2_000
// A step asks as many questions as a model calls tools at once.
const mostAnswers = 100
const longestReason = 2_000

/**
 * Reads the body that a chat transport of the AI SDK sends.
 *
 * @throws ChatProblem
 */
export async function readChatRequest(request: Request, maxBodyBytes: number): Promise<ChatRequest> {
  // A page of another site can send text without being asked first, JSON it cannot.
  if (!/^application\/json\s*(?:;|$)/i.test(request.headers.get('content-type') ?? ''))
    throw new ChatProblem(415, 'content-type: expected application/json')
  const body = parseJson(await readText(request, maxBodyBytes))
  const { id, messages, trigger, messageId } = fieldsOf(body)
  const chatId = checkChatId(id)
  if (!Array.isArray(messages) || messages.length === 0 || messages.length > mostMessages)
    throw invalid('messages', `1 to ${mostMessages} messages`, messages)
  if (trigger !== undefined && trigger !== 'submit-message' && trigger !== 'regenerate-message')
    throw invalid('trigger', '"submit-message" or "regenerate-message"', trigger)
  const valid = await safeValidateUIMessages({ messages })
  if (!valid.success) throw new ChatProblem(400, 'messages: expected UI messages of the AI SDK')
  return readMessages(chatId, valid.data, trigger === 'regenerate-message', messageId)
}

/** @throws ChatProblem for what is no id of a chat */
export function checkChatId(id: unknown): string {
  if (typeof id === 'string' && /^[\w.:-]{1,200}$/.test(id)) return id
  throw invalid('id', '1 to 200 letters, digits and ". : _ -"', id)
}

function readMessages(
  id: string,
  messages: readonly UIMessage[],
  isRepeated: boolean,
  messageId: unknown,
): ChatRequest {
  const last = messages.at(-1)
  const isWritten = isRepeated || last?.role === 'user'
  const written = isWritten ? messages.findLast(({ role }) => role === 'user') : undefined
  const named = messages.find((message) => message.role === 'assistant' && message.id === messageId)
  const asked = (isWritten ? undefined : named) ?? messages.findLast(({ role }) => role === 'assistant')
  const parts = asked?.parts.filter(isToolUIPart) ?? []
  const answers = parts.flatMap(({ state, approval }) =>
    state === 'approval-responded' && approval !== undefined
      ? [
          {
            approvalId: approval.id,
            isApproved: approval.approved,
            ...(approval.reason !== undefined && { reason: approval.reason.slice(0, longestReason) }),
          },
        ]
      : [],
  )
  if (!isWritten && answers.length === 0)
    throw new ChatProblem(
      400,
      'messages: expected a message of the user at the end, or answers to approvals in the message of the assistant',
    )
  if (answers.length > mostAnswers)
    throw new ChatProblem(
      400,
      `messages: expected ${mostAnswers} answers to approvals at most, found ${answers.length}`,
    )
  const isUnanswered = parts.some(({ state }) => state === 'approval-requested')
  return {
    id,
    answers,
    isUnanswered,
    ...(isWritten && { text: textOf(written) }),
    ...(asked !== undefined && { asked }),
  }
}

function textOf(message: UIMessage | undefined): string {
  if (message?.parts.some(({ type }) => type === 'file'))
    throw new ChatProblem(400, 'messages: files cannot be sent to this agent; send text')
  const text = message?.parts.flatMap((part) => (part.type === 'text' ? [part.text] : [])).join('\n') ?? ''
  if (text.trim() === '')
    throw new ChatProblem(400, 'messages: expected text in the last message of the user')
  return text
}

async function readText(request: Request, maxBodyBytes: number): Promise<string> {
  const tooLarge = new ChatProblem(413, `The request is larger than ${maxBodyBytes} bytes. Begin a new chat.`)
  if (Number(request.headers.get('content-length') ?? 0) > maxBodyBytes) throw tooLarge
  const decoder = new TextDecoder('utf-8', { fatal: true })
  const reader = request.body?.getReader()
  let text = ''
  let size = 0
  try {
    for (;;) {
      const { done, value } = (await reader?.read()) ?? { done: true, value: undefined }
      if (done) return text + decoder.decode()
      size += value.byteLength
      if (size > maxBodyBytes) throw tooLarge
      text += decoder.decode(value, { stream: true })
    }
  } catch (error) {
    await reader?.cancel().catch(() => {})
    if (error === tooLarge) throw error
    throw new ChatProblem(400, 'The body cannot be read: expected JSON in UTF-8.')
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new ChatProblem(400, 'The body is not JSON.')
  }
}

function fieldsOf(body: unknown): Readonly<Record<string, unknown>> {
  if (typeof body === 'object' && body !== null && !Array.isArray(body)) return { ...body }
  throw invalid('body', 'an object', body)
}

function invalid(path: string, expected: string, found: unknown): ChatProblem {
  return new ChatProblem(400, `${path}: expected ${expected}, found ${describeValue(found)}`)
}
