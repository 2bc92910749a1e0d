import type { SessionMessage, ToolDescription } from '@pincer/protocol'
import { latestMessages } from './run-input.ts'

/** A message as chat completions take it. */
export type ChatMessage = Readonly<Record<string, unknown>>

/**
 * Turns the input of a run into messages of chat completions.
 *
 * A session has what was said before, and would be told it again as text: it is sent what is new to it, which are the messages after the
 * assistant's last one.
 */
export function convertChatMessages(
  input: string | readonly SessionMessage[],
  hasSession: boolean,
): readonly ChatMessage[] {
  if (typeof input === 'string') return [{ role: 'user', content: input }]
  const system = input.filter(({ role }) => role === 'system')
  return (hasSession ? [...system, ...latestMessages(input)] : input).map(convertMessage)
}

/** Turns the caller's tools into functions of chat completions. */
export function convertChatTools(tools: readonly ToolDescription[]): readonly ChatMessage[] {
  return tools.map(({ name, description, inputSchema }) => ({
    type: 'function',
    function: {
      name,
      ...(description === undefined ? {} : { description }),
      parameters: inputSchema ?? { type: 'object', properties: {} },
    },
  }))
}

function convertMessage({
  role,
  text = '',
  toolCalls = [],
  toolCallId,
  output,
}: SessionMessage): ChatMessage {
  if (role === 'tool') {
    const content = typeof output === 'string' ? output : output === undefined ? text : JSON.stringify(output)
    return { role, content, ...(toolCallId === undefined ? {} : { tool_call_id: toolCallId }) }
  }
  if (role !== 'assistant' || toolCalls.length === 0) return { role, content: text }
  return {
    role,
    content: text === '' ? null : text,
    tool_calls: toolCalls.map((call) => ({
      id: call.toolCallId,
      type: 'function',
      function: { name: call.name, arguments: JSON.stringify(call.input) },
    })),
  }
}
