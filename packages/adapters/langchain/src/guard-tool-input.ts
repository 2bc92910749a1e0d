import type { ToolInput } from './guard-options.ts'

/** What a tool is invoked with, as far as the guard reads it. */
export interface ToolConfig {
  readonly signal?: AbortSignal
  readonly runId?: string
  readonly configurable?: Readonly<Record<string, unknown>>
  /** LangChain's manager of callbacks, or a list of handlers. */
  readonly callbacks?: unknown
  /** The model's call, where the tool is given only its arguments. */
  readonly toolCall?: { readonly id?: string | undefined }
}

/** One invocation of a tool, by a model's call or by plain arguments. */
export interface Invocation {
  /** What the tool is invoked with. */
  readonly input: unknown
  readonly args: ToolInput
  readonly toolCallId: string | undefined
  /** The same input with other arguments. */
  replace(args: unknown): unknown
}

/** Reads what a tool is invoked with: plain arguments, or a model's call that holds them. */
export function readInvocation(input: unknown, config: ToolConfig | undefined): Invocation {
  const outerId = config?.toolCall?.id
  if (!isToolCall(input))
    return { input, args: input as ToolInput, toolCallId: outerId, replace: (edited) => edited }
  const { id, args } = input
  return { input, args, toolCallId: id ?? outerId, replace: (edited) => ({ ...input, args: edited }) }
}

function isToolCall(input: unknown): input is { readonly id?: string; readonly args: ToolInput } {
  const isCall = typeof input === 'object' && input !== null && 'type' in input && input.type === 'tool_call'
  return isCall && 'args' in input
}
