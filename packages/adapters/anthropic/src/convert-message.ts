import type { ModelCall } from '@pincer/core'
import type { Answer, AnswerReader, Collector } from '@pincer/core/wrapping'

import { withoutBytes } from './convert-block.ts'
import { convertError } from './convert-error.ts'
import { ServerTools } from './convert-server-tools.ts'

// A stray index must not make a giant array.
const maxIndex = 10_000

/** Reads messages, whole and streamed. */
export const messageReader: AnswerReader = {
  read: readMessage,
  collect: (call) => new MessageCollector(call),
  tell: tellServerTools,
}

/** Reads a count of tokens, which is no usage: nothing was billed. */
export const countReader: AnswerReader = {
  read: (value: any) => ({ outcome: 'ok', finished: true, output: { inputTokens: value.input_tokens } }),
  collect: (call) => new MessageCollector(call),
}

function readMessage(value: any): Answer {
  const {
    role,
    content,
    stop_reason: reason,
    stop_sequence: sequence,
    stop_details: details,
    container,
  } = value
  const answer: Answer = {
    outcome: outcomeOf(reason),
    finished: !!reason,
    output: {
      role,
      content: withoutBytes(content),
      ...(sequence && { stop_sequence: sequence }),
      ...(details && { stop_details: details }),
      ...(container && { container }),
    },
    usage: value.usage,
    model: value.model,
    finishReason: reason ?? undefined,
    responseId: value.id,
  }
  const { error } = value
  if (!error) return answer
  // Told inside a stream that is read as bytes, where the client does not make an error of it.
  return { ...answer, settle: (call, result) => call.fail(convertError(error), result) }
}

function outcomeOf(reason: unknown): Answer['outcome'] {
  if (reason === 'refusal') return reason
  return reason === 'max_tokens' || reason === 'model_context_window_exceeded' ? 'length' : 'ok'
}

function tellServerTools({ content }: any, call: ModelCall): void {
  if (!Array.isArray(content)) return
  let tools: ServerTools | undefined
  for (const block of content) if (isServerTool(block)) (tools ??= new ServerTools(call)).see(block)
}

function isServerTool(block: any): boolean {
  return block?.type !== 'text' && block?.type !== 'tool_use' && block?.type !== 'thinking'
}

class MessageCollector implements Collector {
  readonly #call: ModelCall
  readonly #content: any[] = []
  // The arguments of tools arrive as pieces of JSON.
  readonly #inputs = new Map<number, string>()
  #message: any = { role: 'assistant' }
  #tools: ServerTools | undefined

  constructor(call: ModelCall) {
    this.#call = call
  }

  get value(): unknown {
    for (const index of this.#inputs.keys()) this.#parseInput(index)
    return { ...this.#message, content: this.#content.filter(Boolean) }
  }

  add(event: any): void {
    const { type, index } = event
    if (type === 'content_block_delta') {
      const block = this.#content[index]
      if (block) this.#addDelta(block, event.delta, index)
    } else if (type === 'content_block_start') {
      if (!(index >= 0 && index < maxIndex)) return
      this.#content[index] = { ...event.content_block }
      this.#call.touch()
    } else if (type === 'content_block_stop') this.#endBlock(index)
    else if (type === 'message_start') {
      // The client's own helper goes on to change this object.
      this.#message = { ...event.message, usage: { ...event.message.usage } }
      this.#call.touch()
    } else if (type === 'message_delta') this.#endMessage(event)
    else if (type === 'error') this.#message.error = event.error
  }

  #addDelta(block: any, delta: any, index: number): void {
    switch (delta.type) {
      case 'text_delta':
        block.text += delta.text
        this.#call.delta(delta.text)
        return
      case 'thinking_delta':
        block.thinking += delta.thinking
        this.#call.thinking(delta.thinking)
        return
      case 'input_json_delta':
        this.#inputs.set(index, (this.#inputs.get(index) ?? '') + delta.partial_json)
        break
      case 'citations_delta':
        block.citations = [...(block.citations ?? []), delta.citation]
        break
      case 'compaction_delta':
        block.content = (block.content ?? '') + (delta.content ?? '')
    }
    this.#call.touch()
  }

  #endBlock(index: number): void {
    this.#parseInput(index)
    const block = this.#content[index]
    if (block && isServerTool(block)) (this.#tools ??= new ServerTools(this.#call)).see(block)
  }

  // Both events count from the start of the answer: the last count of each kind holds, and nothing is added.
  #endMessage({ delta, usage }: any): void {
    assignKnown(this.#message, delta)
    this.#message.usage ??= {}
    assignKnown(this.#message.usage, usage)
  }

  #parseInput(index: number): void {
    const text = this.#inputs.get(index)
    if (!text) return
    this.#inputs.delete(index)
    try {
      this.#content[index].input = JSON.parse(text)
    } catch {
      // Cut off in the middle.
      this.#content[index].input = text
    }
  }
}

function assignKnown(target: any, source: any): void {
  for (const key of Object.keys(source ?? {})) {
    if (source[key] !== null && source[key] !== undefined && key !== '__proto__') target[key] = source[key]
  }
}
