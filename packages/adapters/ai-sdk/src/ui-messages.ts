import type { JsonValue, SessionMessage } from '@pincer/protocol'

import type { ClawUIMessage } from './ui-message-metadata.ts'

type Part = ClawUIMessage['parts'][number]

/**
 * Shows the history of a session as messages for `useChat`; what one run said is one message, under the id that
 * {@link toUIMessageStream} gives it.
 *
 * @example
 * const messages = toUIMessages(await claw.gateway.sessions.history(sessionKey))
 */
export function toUIMessages(history: readonly SessionMessage[]): ClawUIMessage[] {
  const messages: ClawUIMessage[] = []
  const outputs = new Map<string, JsonValue>()
  for (const { role, toolCallId, output, text } of history)
    if (role === 'tool' && toolCallId !== undefined) outputs.set(toolCallId, output ?? text ?? null)
  for (const [index, message] of history.entries()) {
    const { role, runId } = message
    if (role === 'tool') continue
    const last = messages.at(-1)
    const isOneAnswer = last?.role === role && role === 'assistant' && last.metadata?.runId === runId
    const id = role === 'assistant' ? runId : runId && `${runId}.${role}.${index}`
    const target: ClawUIMessage = isOneAnswer
      ? last
      : {
          id: id !== undefined && messages.every((other) => other.id !== id) ? id : `message.${index}`,
          role,
          ...(runId !== undefined && { metadata: { runId } }),
          parts: [],
        }
    if (role === 'assistant') target.parts.push({ type: 'step-start' })
    target.parts.push(...partsOf(message, outputs))
    if (!isOneAnswer && target.parts.length > 0) messages.push(target)
  }
  return messages
}

function partsOf(
  { text = '', toolCalls = [] }: SessionMessage,
  outputs: ReadonlyMap<string, JsonValue>,
): Part[] {
  const said: Part[] = text === '' ? [] : [{ type: 'text', text, state: 'done' }]
  const called = toolCalls.map(({ toolCallId, name: toolName, input }): Part => {
    const call = { type: 'dynamic-tool' as const, toolCallId, toolName, input, providerExecuted: true }
    const output = outputs.get(toolCallId)
    if (output === undefined) return { ...call, state: 'input-available' }
    const error = errorOf(output)
    return error === undefined
      ? { ...call, state: 'output-available', output }
      : { ...call, state: 'output-error', errorText: error }
  })
  return [...said, ...called]
}

// A session keeps what the model was told: of a call that failed, its error.
function errorOf(output: JsonValue): string | undefined {
  if (typeof output !== 'object' || output === null || !('error' in output)) return undefined
  const { error, ...rest } = output
  return typeof error === 'string' && Object.keys(rest).length === 0 ? error : undefined
}
