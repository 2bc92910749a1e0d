import type { Authorization, Claw, Parent, ToolCall } from '@pincer/core'

import { type CalledTool, findToolCall, type ToolWatch } from './parse-tools.ts'

/** Records the tool calls of a loop, and asks the guard before a tool acts. */
export class ToolCalls implements ToolWatch {
  readonly #claw: Claw
  readonly #parent: () => Parent | undefined
  readonly #messages: () => unknown
  readonly #claimed = new Set<string>()

  constructor(claw: Claw, parent: () => Parent | undefined, messages: () => unknown) {
    this.#claw = claw
    this.#parent = parent
    this.#messages = messages
  }

  /** Calls the tool where the guard lets it; a refusal is thrown, which the loop tells the model in place of a result. */
  async called(tool: CalledTool): Promise<unknown> {
    const { name, input, signal } = tool
    const toolCall = this.#start(name, input, tool.toolCallId ?? this.#claim(name, input))
    const authorization = await this.#authorize(toolCall, tool)
    const call = (): unknown => (authorization.edited ? tool.callWith(authorization.input) : tool.call())
    if (toolCall === undefined) return call()
    try {
      const output = await toolCall.within(call)
      toolCall.end({ output })
      return output
    } catch (error) {
      if (signal?.aborted) toolCall.cancel('aborted')
      else toolCall.fail(error)
      throw error
    }
  }

  refused(name: string, input: unknown, error: unknown): void {
    this.#start(name, input, this.#claim(name, input))?.fail(error)
  }

  // A call that could not be recorded is guarded all the same.
  #authorize(toolCall: ToolCall | undefined, { name, input, signal }: CalledTool): Promise<Authorization> {
    const options = signal === undefined ? {} : { signal }
    if (toolCall !== undefined) return toolCall.authorize(options)
    return this.#claw.guard({ kind: 'tool_call', name, input }, options)
  }

  #start(name: string, input: unknown, toolCallId: string | undefined): ToolCall | undefined {
    try {
      const parent = this.#parent()
      return this.#claw.startToolCall({
        name,
        input,
        ...(parent && { parent }),
        ...(toolCallId !== undefined && { toolCallId }),
      })
    } catch (error) {
      this.#claw.report(error, 'anthropic')
      return undefined
    }
  }

  #claim(name: string, input: unknown): string | undefined {
    const toolCallId = findToolCall(this.#messages(), name, input, this.#claimed)
    if (toolCallId !== undefined) this.#claimed.add(toolCallId)
    return toolCallId
  }
}
