import type { Answer, AnswerReader, Collector, TextTaker } from '@pincer/core/wrapping'

// The API allows 128 choices and 128 tool calls; a stray index must not make a giant array.
const maxIndex = 128

/** Reads chat completions. */
export const chatReader: AnswerReader<TextTaker> = { read: readChat, collect: collectChat }

/**
 * A chunk without the usage that only we asked for: `undefined` for the one that was asked for, which has no choices;
 * every other one has gained an empty field, and is copied, since deleting a field makes an object slow.
 */
export function hideUsage(chunk: any): unknown {
  if (chunk?.usage === null) {
    const { usage: _, ...shown } = chunk
    return shown
  }
  return chunk?.usage && chunk.choices?.length === 0 ? undefined : chunk
}

function readChat(value: any): Answer {
  const choices: any[] = (value.choices ?? []).filter(Boolean)
  const first = choices[0]
  const outputs = choices.map((choice) => choice.message)
  const finishReason = first?.finish_reason ?? undefined
  return {
    outcome: first?.message?.refusal
      ? 'refusal'
      : finishReason === 'length' || finishReason === 'content_filter'
        ? finishReason
        : 'ok',
    finished: choices.every((choice) => choice.finish_reason) && !!first,
    output: outputs.length > 1 ? outputs : outputs[0],
    usage: value.usage,
    model: value.model,
    finishReason,
    responseId: value.id,
  }
}

function collectChat(taker: TextTaker): Collector {
  const value: any = { choices: [] }
  return {
    value,
    add(chunk: any) {
      value.id ??= chunk.id
      value.model ??= chunk.model
      // Some services repeat the usage so far on every chunk; Groq has a place of its own for it.
      const usage = chunk.usage ?? chunk.x_groq?.usage
      if (usage) value.usage = usage
      const parts = chunk.choices
      for (let index = 0; index < parts?.length; index++) addPart(value.choices, parts[index], taker)
    },
  }
}

function addPart(
  choices: any[],
  { delta, index = 0, finish_reason: finishReason }: any,
  taker: TextTaker,
): void {
  if (!isIndex(index)) return
  const choice = (choices[index] ??= { message: { role: 'assistant', content: null } })
  if (finishReason) choice.finish_reason = finishReason
  const text = delta?.content
  if (isText(text)) {
    choice.message.content = (choice.message.content ?? '') + text
    if (index === 0) taker.delta(text)
    else taker.touch()
    if (!delta.tool_calls) return
  }
  if (delta) addRare(choice.message, delta, taker)
}

function addRare(message: any, delta: any, taker: TextTaker): void {
  const { refusal } = delta
  const toolCalls: any[] = delta.tool_calls ?? []
  const thinking = delta.reasoning_content ?? delta.reasoning
  if (isText(thinking)) {
    message.reasoning_content = (message.reasoning_content ?? '') + thinking
    taker.thinking(thinking)
  }
  if (refusal) message.refusal = (message.refusal ?? '') + refusal
  for (const [position, { index = position, id, function: piece }] of toolCalls.entries()) {
    if (!isIndex(index)) continue
    message.tool_calls ??= []
    const { function: called } = (message.tool_calls[index] ??= {
      id,
      type: 'function',
      function: { name: '', arguments: '' },
    })
    called.name ||= piece?.name
    called.arguments += piece?.arguments ?? ''
  }
  if (refusal || toolCalls.length > 0) taker.touch()
}

function isIndex(value: any): boolean {
  return value >= 0 && value < maxIndex
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && value !== ''
}
