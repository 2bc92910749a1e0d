/** A function of a tool: takes the model's arguments, or what the parser made of them, and what the loop adds. */
export type ToolFunction = (...parameters: readonly unknown[]) => unknown

/** What replaces a tool's functions: a call and, where the tool has one, a parser of its arguments. */
export type ToolWatch = (
  name: string,
  call: ToolFunction,
  parse: ToolFunction | undefined,
) => { readonly call: ToolFunction; readonly parse: ToolFunction | undefined }

/** The body of a tool loop with watched variants of its tools; the caller's own objects stay as they are. */
export function watchTools(body: any, watch: ToolWatch): unknown {
  return Array.isArray(body?.tools)
    ? { ...body, tools: body.tools.map((tool: any) => watchTool(tool, watch)) }
    : body
}

/** The messages that a tool loop starts with. */
export function messagesOf(body: any): unknown {
  return body?.messages
}

function watchTool(tool: any, watch: ToolWatch): unknown {
  const inner = tool?.function
  // A tool with a schema, such as zodFunction makes, has its parts on itself, hidden from listings.
  if (tool?.$callback) {
    const { call, parse } = watch(inner.name, tool.$callback, tool.$parseRaw)
    return copyWith(tool, { $callback: call, $parseRaw: parse })
  }
  if (typeof inner?.function !== 'function') return tool
  // The name would be that of our function where the caller left it to its own.
  const name = inner.name || inner.function.name
  const parser = typeof inner.parse === 'function' ? inner.parse.bind(inner) : undefined
  const { call, parse } = watch(name, inner.function.bind(inner), parser)
  return copyWith(tool, { function: copyWith(inner, { name, function: call, parse }) })
}

// Inherits all the rest, so that its class, its hidden parts and its getters stay.
function copyWith(source: object, changes: Readonly<Record<string, unknown>>): unknown {
  const own = Object.entries(changes).map(([name, value]) => [name, { value, enumerable: true }])
  return Object.create(source, Object.fromEntries(own))
}
