import type { ModelCall, ToolCall } from '@pincer/core'

import { withoutBytes } from './convert-block.ts'

/** The tools that the provider runs itself while it answers (web search, code, MCP), as tool calls of the model call. */
export class ServerTools {
  readonly #call: ModelCall
  readonly #open = new Map<string, ToolCall>()

  constructor(call: ModelCall) {
    this.#call = call
  }

  /** Looks at a block that is complete. */
  see(block: any): void {
    const { type, id, tool_use_id: toolCallId } = block
    if (typeof type !== 'string') return
    // The caller's own tools are called `tool_use`, and are run by the caller.
    if (type.endsWith('_tool_use') && typeof id === 'string') this.#start(block)
    else if (type.endsWith('_tool_result') && typeof toolCallId === 'string') this.#end(toolCallId, block)
  }

  #start({ id, name, server_name: server, input }: any): void {
    const fullName = [server, name].filter((part) => typeof part === 'string').join('.')
    this.#open.set(id, this.#call.startToolCall({ toolCallId: id, name: fullName || 'server_tool', input }))
  }

  // A result without its call answers one of an earlier message, which was paused.
  #end(toolCallId: string, { content, is_error: isError }: any): void {
    const toolCall = this.#open.get(toolCallId)
    this.#open.delete(toolCallId)
    const code = content?.error_code
    if (typeof code === 'string') toolCall?.fail({ name: 'ServerToolError', message: code, code })
    else if (isError === true) toolCall?.fail({ name: 'ServerToolError', message: textOf(content) })
    else toolCall?.end({ output: withoutBytes(content) })
  }
}

function textOf(content: any): unknown {
  return Array.isArray(content) ? content.map((part) => part?.text).join('\n') : content
}
