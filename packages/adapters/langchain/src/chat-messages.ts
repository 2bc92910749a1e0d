import { AIMessage, type BaseMessage, ChatMessage, ToolMessage } from '@langchain/core/messages'
import { type JsonValue, PincerError, type SessionMessage } from '@pincer/protocol'

import { textOf } from './chat-content.ts'

const roles: ReadonlyMap<string, SessionMessage['role']> = new Map([
  ['human', 'user'],
  ['user', 'user'],
  ['ai', 'assistant'],
  ['assistant', 'assistant'],
  ['system', 'system'],
  ['developer', 'system'],
])

/**
 * Turns messages of LangChain into those of a session; answers that say nothing and call nothing are left out.
 *
 * @throws UnsupportedByGatewayError for content that is no text; PincerError with code `invalid_option` for other roles
 */
export function toSessionMessages(messages: readonly BaseMessage[], gateway: string): SessionMessage[] {
  return messages.flatMap((message): SessionMessage[] => {
    const text = textOf(message, gateway)
    if (ToolMessage.isInstance(message)) {
      const { tool_call_id: toolCallId, status } = message
      // The gateway's own loop tells failures in the same words.
      return [{ role: 'tool', toolCallId, output: status === 'error' ? { error: text } : text }]
    }
    const role = roleOf(message)
    if (role !== 'assistant') return [{ role, text }]
    const calls = AIMessage.isInstance(message) ? (message.tool_calls ?? []) : []
    const toolCalls = calls.map(({ id, name, args }) => ({
      toolCallId: id ?? name,
      name,
      input: args as JsonValue,
    }))
    if (text === '' && toolCalls.length === 0) return []
    return [{ role, ...(text !== '' && { text }), ...(toolCalls.length > 0 && { toolCalls }) }]
  })
}

function roleOf(message: BaseMessage): SessionMessage['role'] {
  const name = ChatMessage.isInstance(message) ? message.role : message.type
  const role = roles.get(name)
  if (role !== undefined) return role
  throw new PincerError(
    'invalid_option',
    `ChatClaw: a message of type "${name.slice(0, 40)}" cannot be told to an agent; use human, ai, system and tool messages`,
  )
}
