/** A function of a tool: takes the model's arguments, or what the parser made of them, and what the loop adds. */
type ToolFunction = (...parameters: readonly unknown[]) => unknown

/** A tool that may be called. */
export interface CallableTool {
  readonly name: string
  readonly call: ToolFunction
  /** Makes a value of the model's arguments; a tool without one gets the text itself. */
  readonly parse: ToolFunction | undefined
}

/** The body of a tool loop with watched variants of its tools; the caller's own objects stay as they are. */
export function watchTools(body: any, watch: (tool: CallableTool) => CallableTool): unknown {
  return body?.tools?.map ? { ...body, tools: body.tools.map((tool: any) => watchTool(tool, watch)) } : body
}

/** The messages that a tool loop starts with. */
export function messagesOf(body: any): unknown {
  return body?.messages
}

function watchTool(tool: any, watch: (tool: CallableTool) => CallableTool): unknown {
  // A tool with a schema, such as zodFunction makes, has its parts on itself, hidden from listings.
  const [holder, callName, parseName] = tool?.$callback
    ? [tool, '$callback', '$parseRaw']
    : [tool?.function, 'function', 'parse']
  const call = holder?.[callName]
  if (typeof call !== 'function') return tool
  // The name would be that of our function where the caller left it to its own.
  const name = tool.function?.name || call.name
  const watched = watch({ name, call: call.bind(holder), parse: holder[parseName]?.bind(holder) })
  const copy = copyWith(holder, { name, [callName]: watched.call, [parseName]: watched.parse })
  return holder === tool ? copy : copyWith(tool, { function: copy })
}

// Inherits all the rest, so that its class, its hidden parts and its getters stay.
function copyWith(source: object, changes: object): unknown {
  return Object.create(source, Object.getOwnPropertyDescriptors(changes))
}
