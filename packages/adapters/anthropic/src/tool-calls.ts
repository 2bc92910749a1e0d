import type { Claw, Parent } from '@pincer/core'
import { callLoopTool, startLoopTool } from '@pincer/core/loops'

import { findToolCall, nameOfTool, parseCalledTool } from './parse-called-tool.ts'
import type { ToolWatch } from './parse-tools.ts'

/** Records the tool calls of a loop, and asks the guard before a tool acts. */
export class ToolCalls implements ToolWatch {
  readonly #claw: Claw
  readonly #parent: () => Parent | undefined
  readonly #messages: () => readonly unknown[]
  readonly #claimed = new Set<string>()

  constructor(claw: Claw, parent: () => Parent | undefined, messages: () => readonly unknown[]) {
    this.#claw = claw
    this.#parent = parent
    this.#messages = messages
  }

  /** Calls the tool where the guard lets it; a refusal is thrown, which the loop tells the model in place of a result. */
  called(tool: unknown, parameters: readonly unknown[]): Promise<unknown> {
    const called = parseCalledTool(tool, parameters)
    const toolCallId = called.toolCallId ?? this.#claim(called.name, called.input)
    return callLoopTool(this.#claw, 'anthropic', { ...called, toolCallId, parent: this.#parent() })
  }

  refused(tool: unknown, input: unknown, error: unknown): void {
    const name = nameOfTool(tool)
    const toolCallId = this.#claim(name, input)
    startLoopTool(this.#claw, 'anthropic', { name, input, toolCallId, parent: this.#parent() })?.fail(error)
  }

  #claim(name: string, input: unknown): string | undefined {
    const toolCallId = findToolCall(this.#messages(), name, input, this.#claimed)
    if (toolCallId !== undefined) this.#claimed.add(toolCallId)
    return toolCallId
  }
}
