import type { RetrievalOptions } from '@pincer/core'
import type { ErrorInfo } from '@pincer/protocol'

import { convertFailure, type Part, textOf } from './convert-part.ts'

/** A tool call as it starts. */
export interface ToolStart {
  /** The model's id of the call, where Mastra tells it. */
  readonly toolCallId: string | undefined
  readonly name: string
  readonly input: unknown
}

/** How a tool call ended; `unknown` where Mastra tells no result, as after an abort and before a question. */
export type ToolEnd =
  | { readonly status: 'ok'; readonly output: unknown }
  | { readonly status: 'failed'; readonly error: ErrorInfo }
  | { readonly status: 'unknown' }

/** Converts the start of a tool call. */
export function convertToolStart({ told }: Part): ToolStart {
  const { name, entityId, entityName, input, attributes } = told as any
  return {
    toolCallId: textOf(attributes?.toolCallId),
    name: textOf(entityId) ?? textOf(entityName) ?? name,
    input,
  }
}

/** Converts the end of a tool call. */
export function convertToolEnd(part: Part, offered: readonly string[] | undefined): ToolEnd {
  const { output, attributes } = part.told as any
  const error = convertFailure(part) ?? convertInvalid(output) ?? convertUnknownTool(part, offered)
  if (error !== undefined) return { status: 'failed', error }
  if (attributes?.success === false) return { status: 'failed', error: { message: 'the tool failed' } }
  if (output !== undefined || attributes?.success === true) return { status: 'ok', output }
  // What a client executes is handed to it, and its result comes with a later call.
  return part.type === 'client_tool_call' ? { status: 'ok', output } : { status: 'unknown' }
}

/** Converts the start of a look-up. */
export function convertRetrievalStart({ told, type }: Part): RetrievalOptions {
  const { name, input, attributes } = told as any
  if (type === 'memory_operation') return { name: 'memory', query: input }
  const { indexName, store, scorer } = attributes ?? {}
  return { name: textOf(indexName) ?? textOf(store) ?? textOf(scorer) ?? name, query: input }
}

/** Converts what a look-up found. */
export function convertDocuments({ told }: Part): unknown {
  return (told as any).output
}

// Mastra hands what does not fit a tool's schema to the model as a result.
function convertInvalid(output: any): ErrorInfo | undefined {
  if (output?.error !== true || output.validationErrors === undefined) return undefined
  return {
    name: 'ToolValidationError',
    message: textOf(output.message) ?? 'the arguments do not fit the tool',
  }
}

// What a model asks for that nobody offered is told like a tool of the client.
function convertUnknownTool(part: Part, offered: readonly string[] | undefined): ErrorInfo | undefined {
  if (part.type !== 'client_tool_call' || offered === undefined) return undefined
  const { name } = convertToolStart(part)
  if (offered.includes(name)) return undefined
  return { name: 'ToolNotFoundError', message: `no tool is named "${name}"` }
}
