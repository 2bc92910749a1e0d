/** What is done about the tools of a loop. */
export interface ToolWatch {
  /** In place of a call of the tool. */
  called(tool: unknown, parameters: readonly unknown[]): Promise<unknown>
  /** The tool's own parser refused what the model passed, so that the tool is not called. */
  refused(tool: unknown, input: unknown, error: unknown): void
}

// A tool that goes round, as in `setMessagesParams((params) => params)`, is watched once.
const watched = new WeakSet<object>()

/** Params of a tool loop with watched variants of its tools; the caller's own objects stay as they are. */
export function watchParams(params: any, watch: ToolWatch): unknown {
  if (Object(params) !== params) return params
  const { tools, messages } = params
  return {
    ...params,
    ...(tools?.map && { tools: tools.map((tool: unknown) => watchTool(tool, watch)) }),
    ...(messages?.map && { messages: messages.map((message: unknown) => watchMessage(message, watch)) }),
  }
}

/** A watched variant of a tool or a toolset that can be called; anything else as it is. */
export function watchTool(tool: any, watch: ToolWatch): unknown {
  if (typeof tool?.run !== 'function' || watched.has(tool)) return tool
  const changes = {
    run: (...parameters: readonly unknown[]) => watch.called(tool, parameters),
    ...(tool.parse && {
      parse(input: unknown) {
        try {
          return tool.parse(input)
        } catch (error) {
          watch.refused(tool, input, error)
          throw error
        }
      },
    }),
  }
  const copy = Object.create(Object.getPrototypeOf(tool), {
    ...Object.getOwnPropertyDescriptors(tool),
    ...Object.getOwnPropertyDescriptors(changes),
  })
  watched.add(copy)
  return copy
}

// A conversation may bring tools along.
function watchMessage(message: any, watch: ToolWatch): unknown {
  if (!Array.isArray(message?.content) || !message.content.some((block: any) => block?.tool?.run))
    return message
  const content = message.content.map((block: any) =>
    block?.tool?.run ? { ...block, tool: watchTool(block.tool, watch) } : block,
  )
  return { ...message, content }
}
