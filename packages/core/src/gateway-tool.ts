import {
  type Gateway,
  GatewayError,
  GuardBlockedError,
  type JsonObject,
  type JsonValue,
  ProtocolError,
  type ToolCatalog,
  type ToolDescription,
  type ToolResult,
} from '@pincer/protocol'

import { waitForApproval } from './gateway-tool-approval.ts'
import type { ToolCall } from './tool-call.ts'
import { withSignal } from './wait.ts'

/** What a gateway's tool is called for and within. */
interface GatewayToolCall {
  readonly gateway: Gateway
  readonly catalog: ToolCatalog
  readonly tool: ToolDescription
  readonly toolCall: ToolCall
  /** How long to wait for a person, in milliseconds. */
  readonly approvalTimeoutMs: number
  readonly signal: AbortSignal | undefined
}

/**
 * Calls a gateway's tool; where the gateway asks a person first, it waits, and calls again with the approval.
 *
 * @throws GuardBlockedError, ApprovalDeniedError, ApprovalTimeoutError, GatewayError for a tool that failed or a gateway that
 * cannot be reached, or the signal's reason
 */
export async function callGatewayTool(call: GatewayToolCall, input: JsonObject): Promise<JsonValue> {
  const { gateway, catalog, tool, toolCall, signal } = call
  const { name, risk } = tool
  const { toolCallId, runId } = toolCall
  const { sessionKey } = toolCall.run
  const invocation = { input, toolCallId, runId, ...(sessionKey !== undefined && { sessionKey }) }
  const invoke = async (approvalId?: string): Promise<ToolResult> => {
    const asked = { ...invocation, ...(approvalId !== undefined && { approvalId }) }
    const answer = catalog.invoke(name, asked, signal && { signal })
    const result: unknown = await withSignal(answer, signal)
    if (!isResult(result)) throw new ProtocolError(`result of tool "${name}"`, 'a tool result', result)
    return result
  }
  let result = await invoke()
  if (result.status === 'approval_required') {
    const { approvalId, reason } = result
    const request = {
      approvalId,
      name,
      toolCallId,
      input,
      ...(reason !== undefined && { reason }),
      ...(risk !== undefined && { risk }),
    }
    await waitForApproval(gateway, toolCall, request, call.approvalTimeoutMs, signal)
    result = await invoke(approvalId)
  }
  if (result.status === 'ok') return result.output
  if (result.status === 'blocked') throw new GuardBlockedError(name, result.reason ?? 'no reason given')
  if (result.status === 'approval_required')
    throw new GuardBlockedError(name, 'the gateway asks for another approval of the same call')
  const { message, code } = result.error
  throw new GatewayError(message, code === undefined ? {} : { gatewayCode: code })
}

// A gateway of one's own may answer with anything.
function isResult(value: unknown): value is ToolResult {
  if (typeof value !== 'object' || value === null || !('status' in value)) return false
  if (value.status === 'approval_required')
    return 'approvalId' in value && typeof value.approvalId === 'string'
  if (value.status !== 'error') return value.status === 'ok' || value.status === 'blocked'
  return (
    'error' in value && typeof value.error === 'object' && value.error !== null && 'message' in value.error
  )
}
