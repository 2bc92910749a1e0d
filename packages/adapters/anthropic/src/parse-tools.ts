/** A call of a tool, as the client's loop makes it. */
export interface CalledTool {
  readonly name: string
  /** What the model passed, before any parser. */
  readonly input: unknown
  /** The model's id of the call, where the loop tells it. */
  readonly toolCallId: string | undefined
  readonly signal: AbortSignal | undefined
  /** Calls the tool with what the model passed. */
  call(): unknown
  /** Calls the tool with other arguments, which go through its parser as the model's do. */
  callWith(input: unknown): unknown
}

/** What is done about the tools of a loop. */
export interface ToolWatch {
  /** In place of a call. */
  called(tool: CalledTool): Promise<unknown>
  /** The tool's own parser refused what the model passed, so that the tool is not called. */
  refused(name: string, input: unknown, error: unknown): void
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
  // Toolsets have no name, and get what the model says as a whole.
  const changes = 'name' in tool ? watchNamed(tool, watch) : { run: watchToolset(tool, watch) }
  const copy = Object.create(Object.getPrototypeOf(tool), {
    ...Object.getOwnPropertyDescriptors(tool),
    ...Object.getOwnPropertyDescriptors(changes),
  })
  watched.add(copy)
  return copy
}

/** The id of the call that these arguments belong to: the first of the newest message that no other call has claimed. */
export function findToolCall(
  messages: unknown,
  name: string,
  input: unknown,
  claimed: ReadonlySet<string>,
): string | undefined {
  if (!Array.isArray(messages)) return undefined
  const content = messages.findLast((message) => message?.role === 'assistant')?.content
  if (!Array.isArray(content)) return undefined
  const text = JSON.stringify(input)
  return content.find(
    (block) =>
      block?.type === 'tool_use' &&
      block.name === name &&
      !claimed.has(block.id) &&
      JSON.stringify(block.input) === text,
  )?.id
}

function watchNamed(tool: any, watch: ToolWatch): object {
  const { name } = tool
  const parse = tool.parse?.bind(tool)
  return {
    run: (given: unknown, context: any, ...rest: unknown[]) => {
      const use = context?.toolUse ?? context?.toolUseBlock
      return watch.called({
        name,
        input: use ? use.input : given,
        toolCallId: use?.id,
        signal: context?.signal ?? undefined,
        call: () => tool.run(given, context, ...rest),
        callWith: (input) => tool.run(parse ? parse(input) : input, context, ...rest),
      })
    },
    ...(parse && {
      parse: (input: unknown) => {
        try {
          return parse(input)
        } catch (error) {
          watch.refused(name, input, error)
          throw error
        }
      },
    }),
  }
}

function watchToolset(toolset: any, watch: ToolWatch) {
  return (context: any, use: any, ...rest: unknown[]): unknown =>
    watch.called({
      name: `${use?.toolset_name}.${use?.name}`,
      input: use?.input,
      toolCallId: use?.id,
      signal: context?.signal ?? undefined,
      call: () => toolset.run(context, use, ...rest),
      callWith: (input) => {
        const edited = { ...use, input }
        return toolset.run({ ...context, toolUse: edited, toolUseBlock: edited }, edited, ...rest)
      },
    })
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
