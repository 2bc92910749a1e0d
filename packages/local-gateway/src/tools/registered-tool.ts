import type { JsonObject, Risk } from '@pincer/protocol'

/** What a tool is told beside its arguments. */
export interface ToolContext {
  /** Aborted when the run is cancelled or its time is over, or when the caller goes away. */
  readonly signal: AbortSignal
  readonly toolCallId: string
  readonly runId?: string | undefined
}

/**
 * A tool of this process.
 *
 * @example
 * const add: RegisteredTool = {
 *   name: 'add',
 *   description: 'Adds two numbers.',
 *   inputSchema: { type: 'object', properties: { a: { type: 'number' }, b: { type: 'number' } }, required: ['a', 'b'] },
 *   execute: ({ a, b }) => Number(a) + Number(b),
 * }
 */
export interface RegisteredTool {
  /** Letters, digits, dot, dash and underscore, at most 100. */
  readonly name: string
  readonly description?: string
  /** JSON Schema of the arguments, an object; what does not fit is refused before anybody is asked. */
  readonly inputSchema: JsonObject
  readonly risk?: Risk
  /** Does it; what it returns must survive a JSON round trip, what it throws is told to the agent by its message. */
  execute(input: JsonObject, context: ToolContext): unknown
}
