import type { Answer, AnswerReader, Collector, TextTaker } from './answer.ts'

// The API allows 128 choices and 128 tool calls; a stray index must not make a giant array.
const maxIndex = 128

/** Reads chat completions and legacy completions. */
export const chatReader: AnswerReader = { read: readChat, collect: () => new ChatCollector() }

/**
 * Takes the usage that only we asked for out of a chunk. True where nothing is left of it: the chunk that was asked for
 * has usage and no choices, every other one has gained an empty field.
 */
export function hideUsage(chunk: any): boolean {
  if (chunk?.usage === null) delete chunk.usage
  return !!chunk?.usage && chunk.choices?.length === 0
}

function readChat(value: any): Answer {
  const choices: any[] = value.choices ?? []
  const first = choices.find((choice) => choice !== undefined)
  const outputs = choices.map((choice) => (choice.message ? withoutAudio(choice.message) : choice.text))
  const finishReason = first?.finish_reason
  return {
    outcome: first?.message?.refusal
      ? 'refusal'
      : finishReason === 'length' || finishReason === 'content_filter'
        ? finishReason
        : 'ok',
    finished: first !== undefined && choices.every((choice) => choice.finish_reason),
    output: outputs.length > 1 ? outputs : outputs[0],
    usage: value.usage,
    model: value.model,
    finishReason,
    responseId: value.id,
  }
}

class ChatCollector implements Collector {
  readonly value: any = { id: undefined, model: undefined, choices: [], usage: undefined }

  add(chunk: any, taker: TextTaker): void {
    const value = this.value
    value.id ??= chunk.id
    value.model ??= chunk.model
    // Some services repeat the usage so far on every chunk; Groq has a place of its own for it.
    const usage = chunk.usage ?? chunk.x_groq?.usage
    if (usage) value.usage = usage
    const parts = chunk.choices
    for (let index = 0; index < parts?.length; index++) addPart(value.choices, parts[index], taker)
  }
}

function addPart(choices: any[], part: any, taker: TextTaker): void {
  const { delta, index = 0 } = part
  if (!isIndex(index)) return
  const choice = (choices[index] ??= delta ? { message: { role: 'assistant', content: null } } : { text: '' })
  if (part.finish_reason) choice.finish_reason = part.finish_reason
  const text = delta ? delta.content : part.text
  if (isText(text)) {
    if (delta) choice.message.content = (choice.message.content ?? '') + text
    else choice.text += text
    if (index === 0) taker.delta(text)
    else taker.touch()
    if (!delta?.tool_calls) return
  }
  if (delta) addRare(choice.message, delta, taker)
}

function addRare(message: any, delta: any, taker: TextTaker): void {
  const { refusal, audio, function_call: called } = delta
  const toolCalls: any[] = delta.tool_calls ?? []
  const thinking = delta.reasoning_content ?? delta.reasoning
  if (isText(thinking)) {
    message.reasoning_content = (message.reasoning_content ?? '') + thinking
    taker.thinking(thinking)
  }
  if (refusal) message.refusal = (message.refusal ?? '') + refusal
  if (audio) {
    message.audio ??= { id: audio.id, transcript: '' }
    message.audio.transcript += audio.transcript ?? ''
  }
  if (called) message.function_call = addFunction(message.function_call, called)
  for (const [position, { index = position, id, function: piece }] of toolCalls.entries()) {
    if (!isIndex(index)) continue
    message.tool_calls ??= []
    const toolCall = (message.tool_calls[index] ??= { id, type: 'function' })
    toolCall.function = addFunction(toolCall.function, piece)
  }
  if (refusal || audio || called || toolCalls.length > 0) taker.touch()
}

function addFunction(called: any, piece: any): unknown {
  return {
    name: piece?.name || called?.name || '',
    arguments: (called?.arguments ?? '') + (piece?.arguments ?? ''),
  }
}

function isIndex(value: unknown): boolean {
  return typeof value === 'number' && value >= 0 && value < maxIndex
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && value !== ''
}

// The sound itself stays out of the record.
function withoutAudio(message: any): unknown {
  const { audio } = message
  return audio?.data ? { ...message, audio: { id: audio.id, transcript: audio.transcript } } : message
}
