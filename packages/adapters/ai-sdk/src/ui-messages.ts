import type { JsonValue, SessionMessage } from '@pincer/protocol'

import type { ClawUIMessage } from './ui-message-metadata.ts'
import { invalid } from './ui-stream-options.ts'
import { notEnded } from './ui-tools.ts'

type Part = ClawUIMessage['parts'][number]

/**
 * Shows the history of a session as messages for `useChat`; what one run said is one message, under the id that
 * {@link toUIMessageStream} gives it.
 *
 * A session keeps no usage and not who refused a call: `metadata.usage` is absent, and a denied call is `output-error` with the words
 * that the agent was told, where the live stream has `output-denied`.
 *
 * @throws PincerError with code `invalid_option` where it is no list
 * @example
 * const messages = toUIMessages(await claw.gateway.sessions.history(sessionKey))
 */
export function toUIMessages(history: readonly SessionMessage[]): ClawUIMessage[] {
  checkHistory(history)
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
  const last = messages.at(-1)
  for (const message of messages) {
    const { runId } = message.metadata ?? {}
    const mayBeAtWork = message === last || (runId !== undefined && runId === last?.metadata?.runId)
    if (!mayBeAtWork) message.parts = message.parts.map(endCall)
  }
  return messages
}

function checkHistory(history: unknown): void {
  if (!Array.isArray(history))
    throw invalid('toUIMessages', 'history', 'the messages of a session as a list', history)
}

// The session has gone on without its result: the question about it was left, or its run was stopped.
function endCall(part: Part): Part {
  if (part.type !== 'dynamic-tool' || part.state !== 'input-available') return part
  const { type, toolCallId, toolName, input } = part
  return {
    type,
    toolCallId,
    toolName,
    input,
    providerExecuted: true,
    state: 'output-error',
    errorText: notEnded,
  }
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
