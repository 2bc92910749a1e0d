import type { ToolConfig } from './guard-tool-input.ts'

/** Any tool of LangChain: its own interface does not take its own classes under `exactOptionalPropertyTypes`. */
export interface InvokableTool {
  readonly name: string
  invoke(...given: never[]): Promise<unknown>
}

/** How a tool is invoked. */
export type InvokeTool = (input: unknown, config?: ToolConfig) => Promise<unknown>

const described = ['name', 'description', 'schema', 'returnDirect', 'responseFormat', 'metadata'] as const

/**
 * Copies a tool, of the same class and with everything it lists, that is invoked by `run`.
 *
 * `run` gets the invocation of the given tool itself, which may have private fields that no copy has.
 */
export function copyTool<Tool extends InvokableTool>(
  tool: Tool,
  run: (original: InvokeTool, input: unknown, config: ToolConfig | undefined) => Promise<unknown>,
): Tool {
  const prototype = Object.getPrototypeOf(tool) as object
  const copy = Object.create(prototype, Object.getOwnPropertyDescriptors(tool)) as Tool
  for (const name of described) {
    if (Object.hasOwn(tool, name) || !(name in tool)) continue
    const get = (): unknown => Reflect.get(tool, name, tool)
    Object.defineProperty(copy, name, { get, configurable: true })
  }
  // `call` is the older name of `invoke`.
  for (const name of ['invoke', 'call'] as const) {
    const original: unknown = Reflect.get(tool, name)
    if (typeof original !== 'function') continue
    const bound = original.bind(tool) as InvokeTool
    const value: InvokeTool = (input, config) => run(bound, input, config)
    Object.defineProperty(copy, name, { value, writable: true, configurable: true })
  }
  return copy
}
