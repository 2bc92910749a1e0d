import type { ModelCall } from '@pincer/core'

import type { Answer, AnswerReader, Collector } from './answer.ts'

// The API allows 128 choices and 128 tool calls; a stray index must not make a giant array.
const maxIndex = 128

/** Reads chat completions and legacy completions. */
export const chatReader: AnswerReader = { read: readChat, collect: () => new ChatCollector() }

function readChat(value: any): Answer {
  const choices: any[] = value.choices ?? []
  const first = choices.find((choice) => choice !== undefined)
  const outputs = choices.map((choice) =>
    choice.message === undefined ? choice.text : withoutAudio(choice.message),
  )
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

  add(chunk: any, call: ModelCall | undefined): void {
    const value = this.value
    value.id ??= chunk.id
    value.model ??= chunk.model
    // Some services repeat the usage so far on every chunk; Groq has a place of its own for it.
    const usage = chunk.usage ?? chunk.x_groq?.usage
    if (usage) value.usage = usage
    const parts = chunk.choices
    for (let index = 0; index < parts?.length; index++) addPart(value.choices, parts[index], call)
  }
}

function addPart(choices: any[], part: any, call: ModelCall | undefined): void {
  const index = part.index ?? 0
  if (!(index >= 0 && index < maxIndex)) return
  const delta = part.delta
  const choice = (choices[index] ??= delta
    ? { message: { role: 'assistant', content: null }, finish_reason: undefined }
    : { text: '', finish_reason: undefined })
  if (part.finish_reason) choice.finish_reason = part.finish_reason
  const text = delta ? delta.content : part.text
  if (typeof text === 'string' && text !== '') {
    if (delta) choice.message.content = (choice.message.content ?? '') + text
    else choice.text += text
    if (index === 0) call?.delta(text)
    else call?.touch()
  } else if (delta) addRare(choice.message, delta, call)
}

function addRare(message: any, delta: any, call: ModelCall | undefined): void {
  const thinking = delta.reasoning_content ?? delta.reasoning
  if (typeof thinking === 'string' && thinking !== '') {
    message.reasoning_content = (message.reasoning_content ?? '') + thinking
    call?.thinking(thinking)
  } else if (delta.refusal) {
    message.refusal = (message.refusal ?? '') + delta.refusal
    call?.touch()
  } else if (delta.audio) {
    message.audio ??= { id: delta.audio.id, transcript: '' }
    message.audio.transcript += delta.audio.transcript ?? ''
    call?.touch()
  }
  if (delta.function_call) {
    message.function_call ??= { name: '', arguments: '' }
    addFunction(message.function_call, delta.function_call)
    call?.touch()
  }
  for (let position = 0; position < delta.tool_calls?.length; position++) {
    const piece = delta.tool_calls[position]
    const index = piece.index ?? position
    if (!(index >= 0 && index < maxIndex)) continue
    message.tool_calls ??= []
    const toolCall = (message.tool_calls[index] ??= {
      id: piece.id,
      type: 'function',
      function: { name: '', arguments: '' },
    })
    if (piece.function) addFunction(toolCall.function, piece.function)
    call?.touch()
  }
}

function addFunction(target: any, piece: any): void {
  if (piece.name) target.name = piece.name
  if (piece.arguments) target.arguments += piece.arguments
}

function withoutAudio(message: any): unknown {
  const audio = message.audio
  return audio?.data === undefined
    ? message
    : { ...message, audio: { id: audio.id, transcript: audio.transcript } }
}
