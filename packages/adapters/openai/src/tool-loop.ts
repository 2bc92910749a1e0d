import type { Claw, Parent, Run, ToolCall } from '@pincer/core'
import { callLoopTool, parseJson, startLoopTool } from '@pincer/core/loops'
import { PincerError } from '@pincer/protocol'

import { isSdkRunner, type SdkRunner } from './parse-runner.ts'
import { findToolCall } from './parse-tool-calls.ts'
import type { CallableTool } from './parse-tools.ts'

/** The tool calls of one tool loop, and the end of its run. */
export class ToolLoop {
  readonly #claw: Claw
  readonly #parent: Parent | undefined
  readonly #runner: SdkRunner | undefined
  readonly #claimed = new Set<string>()
  // Arguments that were parsed; the functions are called with the values.
  readonly #parsed: { readonly name: string; readonly text: unknown; readonly value: unknown }[] = []

  /** `own` is the run that was made for the loop, and ends with it. */
  constructor(claw: Claw, parent: Parent | undefined, runner: unknown, own: Run | undefined) {
    this.#claw = claw
    this.#parent = parent
    this.#runner = isSdkRunner(runner) ? runner : undefined
    if (own?.ended === false) endWithRunner(own, this.#runner)
  }

  /** Parses a tool's arguments, as synchronously as its own parser, which the client calls more often than the tool. */
  parse({ name, parse }: CallableTool, text: unknown): unknown {
    const keep = (value: unknown): unknown => {
      this.#parsed.push({ name, text, value })
      return value
    }
    const refuse = (error: unknown): never => {
      // The model is told, the tool is never called. Streams parse before the call is one of the conversation, too.
      const toolCallId = this.#claim(name, text)
      if (toolCallId !== undefined) this.#start(name, text, toolCallId)?.fail(error)
      throw error
    }
    let value: unknown
    try {
      value = parse?.(text)
    } catch (error) {
      return refuse(error)
    }
    return value instanceof Promise ? value.then(keep, refuse) : keep(value)
  }

  /** Calls the tool, where the guard lets it; a refusal is told to the model instead of a result. */
  call({ name, call, parse }: CallableTool, [input, ...rest]: readonly unknown[]): Promise<unknown> {
    return callLoopTool(this.#claw, 'openai', {
      name,
      input: parseJson(input),
      toolCallId: this.#claim(name, this.#textOf(name, input)),
      parent: this.#parent,
      signal: this.#runner?.controller.signal,
      call: () => call(input, ...rest),
      callWith: async (edited) => {
        // What an approver changed goes through the tool's own parser, as the model's arguments do.
        const text = JSON.stringify(edited)
        return call(parse === undefined ? text : await parse(text), ...rest)
      },
      refused(refusal) {
        // It is an answer to the model, which may go on without the tool; anything else ends the loop.
        if (PincerError.isInstance(refusal)) return refusal.message
        throw refusal
      },
    })
  }

  #start(name: string, text: unknown, toolCallId: string): ToolCall | undefined {
    const input = parseJson(text)
    return startLoopTool(this.#claw, 'openai', { name, input, toolCallId, parent: this.#parent })
  }

  // The loop does not say which call of the model a function answers; the newest message does.
  #claim(name: string, text: unknown): string | undefined {
    const toolCallId = findToolCall(this.#runner?.messages ?? [], name, text, this.#claimed)
    if (toolCallId !== undefined) this.#claimed.add(toolCallId)
    return toolCallId
  }

  // The text that an argument was parsed from; a tool without a parser gets the text itself.
  #textOf(name: string, input: unknown): unknown {
    const index = this.#parsed.findLastIndex((entry) => entry.name === name && Object.is(entry.value, input))
    return index < 0 ? input : this.#parsed.splice(index, 1)[0]?.text
  }
}

// Only `end` is acted on: a listener of `error` or `abort`, or `done()` before the end, would hide the failure from the host.
function endWithRunner(run: Run, runner: SdkRunner | undefined): void {
  if (runner === undefined) return run.end()
  const emit = runner._emit.bind(runner)
  let failure: unknown
  const end = (): void => {
    const output: unknown = runner.messages.findLast((message) => message?.role === 'assistant')?.content
    if (runner.aborted) run.cancel('aborted', { output })
    else if (runner.errored) run.fail(failure, { output })
    else run.end({ output })
  }
  runner._emit = (event, ...values) => {
    if (event === 'error') failure = values[0]
    return emit(event, ...values)
  }
  if (!runner.ended) runner.on('end', end)
  // It failed before its first request: by now the host has seen the failure.
  else
    runner.done().then(end, (error: unknown) => {
      failure = error
      end()
    })
}
