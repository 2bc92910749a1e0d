import type { JsonValue, ToolCallRequest } from '@pincer/protocol'

/** What was heard of an answer of chat completions so far. */
export interface ChatAnswer {
  text: string
  finishReason?: string
  /** By their position in the answer. */
  readonly calls: Map<number, { id: string; name: string; written: string }>
  /** What the Gateway said went wrong. */
  error?: string
}

/** Adds one chunk; returns the id of the run that it names. */
export function addChatChunk(answer: ChatAnswer, data: string): string | undefined {
  const chunk: any = parseJson(data)
  if (typeof chunk?.error?.message === 'string') answer.error = chunk.error.message
  const choice = chunk?.choices?.[0]
  if (typeof choice?.delta?.content === 'string') answer.text += choice.delta.content
  if (typeof choice?.finish_reason === 'string') answer.finishReason = choice.finish_reason
  for (const piece of choice?.delta?.tool_calls ?? []) {
    const index = Number(piece?.index ?? 0)
    const call = answer.calls.get(index) ?? { id: '', name: '', written: '' }
    answer.calls.set(index, call)
    if (typeof piece?.id === 'string' && piece.id !== '') call.id = piece.id
    if (typeof piece?.function?.name === 'string') call.name += piece.function.name
    if (typeof piece?.function?.arguments === 'string') call.written += piece.function.arguments
  }
  return typeof chunk?.id === 'string' && chunk.id !== '' ? chunk.id : undefined
}

/** The calls of the caller's tools, in order; arguments that are no JSON come as they were written. */
export function readToolCalls({ calls }: ChatAnswer): readonly ToolCallRequest[] {
  return [...calls.entries()]
    .toSorted(([left], [right]) => left - right)
    .map(([, { id, name, written }]) => ({ toolCallId: id, name, input: parseArguments(written) }))
}

/** Reads the message of an answer that is an error. */
export function parseChatError(body: string): string | undefined {
  const message = parseJson(body)?.error?.message
  return typeof message === 'string' && message !== '' ? message.slice(0, 500) : undefined
}

function parseArguments(written: string): JsonValue {
  return written === '' ? {} : (parseJson(written) ?? written)
}

function parseJson(text: string): any {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
