import { type ToolSet, validateTypes } from '@ai-sdk/provider-utils'
import type { ModelMessage } from '@ai-sdk/provider-utils'

/** What the AI SDK does with a call, in its own words. */
export type ApprovalStatus =
  | undefined
  | 'not-applicable'
  | 'approved'
  | 'denied'
  | 'user-approval'
  | { readonly type: 'not-applicable'; readonly reason?: never }
  | { readonly type: 'approved' | 'denied' | 'user-approval'; readonly reason?: string }

/** What the AI SDK tells an approval function about a call. */
export interface ApprovalCall {
  readonly toolCall: {
    readonly toolCallId: string
    readonly toolName: string
    readonly input: unknown
    readonly providerExecuted?: boolean | undefined
  }
  readonly tools: ToolSet | undefined
  readonly toolsContext: unknown
  readonly runtimeContext: unknown
  readonly messages: ModelMessage[]
}

type SingleApproval = (
  input: never,
  options: {
    readonly toolCallId: string
    readonly messages: ModelMessage[]
    readonly toolContext: never
    readonly runtimeContext: never
  },
) => ApprovalStatus | PromiseLike<ApprovalStatus>

/** What a program would give the AI SDK as `toolApproval` without us: one function for all tools, or one entry for each. */
export type OwnApproval =
  | ((call: never) => ApprovalStatus | PromiseLike<ApprovalStatus>)
  | Readonly<Record<string, ApprovalStatus | SingleApproval>>

/**
 * What would become of a call without us: by the program's own approvals, else by the tool's own `needsApproval`, which the
 * AI SDK leaves aside as soon as it is given an approval function.
 */
export async function resolveOwnApproval(
  call: ApprovalCall,
  own: OwnApproval | undefined,
): Promise<ApprovalStatus> {
  if (typeof own === 'function') return own(call as never)
  const { toolCall, tools, toolsContext, runtimeContext, messages } = call
  const { toolCallId, toolName, input } = toolCall
  // Names come from models and clients: only what the program itself put there counts.
  const tool = ownField(tools, toolName) as ToolSet[string] | undefined
  const context = async (): Promise<unknown> => {
    const value = ownField(toolsContext, toolName)
    const schema = tool?.contextSchema
    if (schema === undefined || schema === null) return value
    return validateTypes({ value, schema, context: { field: 'tool context', entityName: toolName } })
  }
  const status = ownField(own, toolName) as OwnApproval[never]
  if (typeof status === 'function')
    return (status as (...given: readonly unknown[]) => ApprovalStatus)(input, {
      toolCallId,
      messages,
      toolContext: await context(),
      runtimeContext,
    })
  if (status !== undefined && status !== null) return status as ApprovalStatus
  const needsApproval = tool?.needsApproval
  const isNeeded =
    typeof needsApproval === 'function'
      ? await needsApproval(input, { toolCallId, messages, context: await context() })
      : needsApproval
  return isNeeded ? 'user-approval' : undefined
}

/** Reads a field that the object itself has; inherited ones do not count. */
export function ownField(object: unknown, name: string): unknown {
  return typeof object === 'object' && object !== null && Object.hasOwn(object, name)
    ? Reflect.get(object, name)
    : undefined
}
