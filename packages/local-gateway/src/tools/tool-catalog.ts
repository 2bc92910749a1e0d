import { randomUUID } from 'node:crypto'
import {
  GatewayError,
  type GuardRequest,
  type ToolCatalog,
  type ToolInvocation,
  type ToolResult,
} from '@pincer/protocol'
import type { LocalApprovals } from '../approvals/approvals.ts'
import type { LocalGuard } from '../guard/guard.ts'
import { callTool } from './call-tool.ts'
import type { LocalTool, ToolRegistry } from './tool-registry.ts'

/** What {@link createToolCatalog} needs. */
export interface ToolCatalogOptions {
  readonly registry: ToolRegistry
  readonly guard: LocalGuard
  readonly approvals: LocalApprovals
}

/**
 * Makes the tools callable from outside a run: each call asks the guard first, and is answered `approval_required` where a
 * person must decide; calling again with the same arguments and that `approvalId` goes on once it was approved.
 */
export function createToolCatalog({ registry, guard, approvals }: ToolCatalogOptions): ToolCatalog {
  // Names the call that an approval was asked for, so that the caller need not repeat what it was bound to.
  async function readCall(
    name: string,
    invocation: ToolInvocation,
  ): Promise<ToolInvocation & { readonly toolCallId: string }> {
    const { approvalId } = invocation
    if (approvalId === undefined)
      return { ...invocation, toolCallId: invocation.toolCallId ?? `call_${randomUUID()}` }
    const approval = await approvals.get(approvalId)
    if (approval === undefined || approval.toolCallId === undefined || approval.name !== name) {
      throw new GatewayError(
        `the approval "${approvalId}" was not asked for a call of "${name}"; leave it out to ask anew`,
        {
          status: 409,
          gatewayCode: 'approval_mismatch',
        },
      )
    }
    const { runId, agentId, toolCallId } = approval
    return {
      toolCallId,
      ...(runId === undefined ? {} : { runId }),
      ...(agentId === undefined ? {} : { agentId }),
      ...invocation,
    }
  }

  async function invoke(
    tool: LocalTool,
    call: ToolInvocation & { readonly toolCallId: string },
    signal: AbortSignal,
  ): Promise<ToolResult> {
    const { toolCallId, runId, agentId, sessionKey, input } = call
    const checked = tool.check(input)
    if (!checked.ok)
      return { status: 'error', toolCallId, error: { message: checked.message, code: 'invalid_input' } }
    const { name, risk } = tool.description
    const request: GuardRequest = {
      kind: 'tool_call',
      name,
      toolCallId,
      input: checked.input,
      ...(runId === undefined ? {} : { runId }),
      ...(agentId === undefined ? {} : { agentId }),
      ...(sessionKey === undefined ? {} : { sessionKey }),
      ...(risk === undefined ? {} : { risk }),
    }
    const { decision, granted } = guard.decideNow(request)
    const reason = decision.reason === undefined ? {} : { reason: decision.reason }
    if (decision.decision === 'block')
      return { status: 'blocked', toolCallId, reason: decision.reason ?? 'the guard forbids it' }
    if (granted === undefined && decision.approvalId !== undefined) {
      return { status: 'approval_required', toolCallId, approvalId: decision.approvalId, ...reason }
    }
    const edited = granted?.editedInput === undefined ? checked : tool.check(granted.editedInput)
    if (!edited.ok)
      return { status: 'error', toolCallId, error: { message: edited.message, code: 'invalid_input' } }
    const outcome = await callTool(tool, edited.input, { signal, toolCallId, runId })
    return { ...outcome, toolCallId }
  }

  return {
    list: async ({ signal } = {}) => {
      signal?.throwIfAborted()
      return (await registry.list()).map((tool) => tool.description)
    },
    invoke: async (name, invocation, { signal } = {}) => {
      signal?.throwIfAborted()
      const tool = await registry.get(name)
      return await invoke(tool, await readCall(name, invocation), signal ?? new AbortController().signal)
    },
  }
}
