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

/** What a call of a tool, or of a member of a toolset, says. */
export function parseCalledTool(tool: any, parameters: readonly any[]): CalledTool {
  const call = (): unknown => tool.run(...parameters)
  const [first, second, ...rest] = parameters
  // Toolsets have no name, and get what the model says as a whole.
  if (!('name' in tool))
    return {
      name: `${second?.toolset_name}.${second?.name}`,
      input: second?.input,
      toolCallId: second?.id,
      signal: first?.signal ?? undefined,
      call,
      callWith(input) {
        const edited = { ...second, input }
        return tool.run({ ...first, toolUse: edited, toolUseBlock: edited }, edited, ...rest)
      },
    }
  const use = second?.toolUse ?? second?.toolUseBlock
  return {
    name: tool.name,
    input: use ? use.input : first,
    toolCallId: use?.id,
    signal: second?.signal ?? undefined,
    call,
    callWith: (input) => tool.run(tool.parse ? tool.parse(input) : input, second, ...rest),
  }
}

/** The id of the call that these arguments belong to: the first of the newest message that no other call has claimed. */
export function findToolCall(
  messages: readonly any[],
  name: string,
  input: unknown,
  claimed: ReadonlySet<string>,
): string | undefined {
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

/** What a tool is called. */
export function nameOfTool(tool: any): string {
  return String(tool?.name ?? tool?.type)
}
