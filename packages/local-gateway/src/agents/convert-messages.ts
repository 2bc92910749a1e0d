import type { ModelMessage } from 'ai'
import type { JsonValue, SessionMessage } from '@pincer/protocol'
import type { ToolNames } from './tool-names.ts'

type ToolOutput = Extract<
  Extract<ModelMessage, { role: 'tool' }>['content'][number],
  { type: 'tool-result' }
>['output']

/**
 * Turns the messages of a session into those of the AI SDK.
 *
 * Providers refuse a conversation in which a call has no answer, or an answer no call: calls that nobody answered get an answer that says so,
 * and answers without a call are left out.
 */
export function convertMessages(messages: readonly SessionMessage[], names: ToolNames): ModelMessage[] {
  const converted: ModelMessage[] = []
  let open = new Map<string, string>()

  function answer(toolCallId: string, toolName: string, output: ToolOutput): void {
    converted.push({ role: 'tool', content: [{ type: 'tool-result', toolCallId, toolName, output }] })
    open.delete(toolCallId)
  }

  function answerOpen(): void {
    for (const [toolCallId, toolName] of open) {
      answer(toolCallId, toolName, { type: 'error-text', value: 'this call was never answered' })
    }
  }

  for (const message of messages) {
    const { role, text = '', toolCalls = [], toolCallId = '', output } = message
    if (role === 'tool') {
      const toolName = open.get(toolCallId)
      if (toolName !== undefined) answer(toolCallId, toolName, convertOutput(output ?? text))
      continue
    }
    answerOpen()
    if (role === 'assistant') {
      open = new Map(toolCalls.map((call) => [call.toolCallId, names.toModel(call.name)]))
      converted.push({
        role,
        content: [
          ...(text === '' ? [] : [{ type: 'text' as const, text }]),
          ...toolCalls.map((call) => ({
            type: 'tool-call' as const,
            toolCallId: call.toolCallId,
            toolName: names.toModel(call.name),
            input: call.input,
          })),
        ],
      })
    } else converted.push({ role, content: text })
  }
  answerOpen()
  return converted
}

/** Ids of the calls that the last assistant message made and that nobody answered yet. */
export function openToolCalls(messages: readonly SessionMessage[]): Set<string> {
  const open = new Set<string>()
  for (const message of messages) noteToolCalls(open, message)
  return open
}

/** Brings the open calls up to date with the next message. */
export function noteToolCalls(
  open: Set<string>,
  { role, toolCalls = [], toolCallId = '' }: SessionMessage,
): void {
  if (role === 'tool') open.delete(toolCallId)
  else {
    open.clear()
    for (const call of toolCalls) open.add(call.toolCallId)
  }
}

function convertOutput(output: JsonValue): ToolOutput {
  // The parts of JSON are the same on both sides; only ours are readonly.
  return typeof output === 'string'
    ? { type: 'text', value: output }
    : ({ type: 'json', value: output } as ToolOutput)
}
