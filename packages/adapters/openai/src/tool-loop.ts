import type { Authorization, Claw, Parent, ToolCall } from '@pincer/core'
import { PincerError } from '@pincer/protocol'

import type { SdkRunner } from './parse-sdk.ts'
import { findToolCall, parseJson } from './parse-tool-calls.ts'
import type { ToolFunction } from './parse-tools.ts'

/** What is known of a tool loop while it runs. */
export interface LoopState {
  runner?: SdkRunner
  /** Arguments that were parsed; the functions are called with the values. */
  readonly parsed: { readonly name: string; readonly text: unknown; readonly value: unknown }[]
}

/** The tool calls of one tool loop. */
export class ToolLoop {
  readonly #claw: Claw
  readonly #parent: Parent | undefined
  readonly #held: LoopState
  readonly #claimed = new Set<string>()

  constructor(claw: Claw, parent: Parent | undefined, held: LoopState) {
    this.#claw = claw
    this.#parent = parent
    this.#held = held
  }

  /** Records a call whose arguments the tool's parser refused: the model is told, the tool is never called. */
  refuse(name: string, text: unknown, error: unknown): void {
    const toolCallId = this.#claim(name, text)
    // Streams parse before the call is one of the conversation, too.
    if (toolCallId !== undefined) this.#start(name, text, toolCallId)?.fail(error)
  }

  /** Calls the tool, where the guard lets it; a refusal is told to the model instead of a result. */
  async call(
    name: string,
    call: ToolFunction,
    parse: ToolFunction | undefined,
    [input, ...rest]: readonly unknown[],
  ): Promise<unknown> {
    const toolCall = this.#start(name, input, this.#claim(name, this.#textOf(name, input)))
    const signal = this.#held.runner?.controller.signal
    let used = input
    try {
      const authorization = await this.#authorize(
        toolCall,
        name,
        input,
        signal === undefined ? {} : { signal },
      )
      if (authorization.edited) {
        // What an approver changed goes through the tool's own parser, as the model's arguments do.
        used = JSON.stringify(authorization.input)
        if (parse !== undefined) used = await parse(used)
      }
    } catch (error) {
      // A refusal has ended the call already.
      if (toolCall?.ended === false) toolCall.fail(error)
      // It is an answer to the model, which may go on without the tool; anything else ends the loop.
      if (PincerError.isInstance(error)) return error.message
      throw error
    }
    if (toolCall === undefined) return call(used, ...rest)
    try {
      const output = await toolCall.within(() => call(used, ...rest))
      toolCall.end({ output })
      return output
    } catch (error) {
      if (signal?.aborted) toolCall.cancel('aborted')
      else toolCall.fail(error)
      throw error
    }
  }

  // A call that could not be recorded is guarded all the same.
  #authorize(
    toolCall: ToolCall | undefined,
    name: string,
    input: unknown,
    options: { readonly signal?: AbortSignal },
  ): Promise<Authorization> {
    if (toolCall !== undefined) return toolCall.authorize(options)
    return this.#claw.guard({ kind: 'tool_call', name, input: parseJson(input) }, options)
  }

  #start(name: string, input: unknown, toolCallId: string | undefined): ToolCall | undefined {
    try {
      return this.#claw.startToolCall({
        name,
        input: parseJson(input),
        ...(this.#parent && { parent: this.#parent }),
        ...(toolCallId !== undefined && { toolCallId }),
      })
    } catch (error) {
      this.#claw.report(error, 'openai: starting a tool call')
      return undefined
    }
  }

  // The loop does not say which call of the model a function answers; the newest message does.
  #claim(name: string, text: unknown): string | undefined {
    const toolCallId = findToolCall(this.#held.runner?.messages ?? [], name, text, this.#claimed)
    if (toolCallId !== undefined) this.#claimed.add(toolCallId)
    return toolCallId
  }

  // The text that an argument was parsed from; a tool without a parser gets the text itself.
  #textOf(name: string, input: unknown): unknown {
    const { parsed } = this.#held
    const index = parsed.findLastIndex((entry) => entry.name === name && Object.is(entry.value, input))
    return index < 0 ? input : parsed.splice(index, 1)[0]?.text
  }
}
