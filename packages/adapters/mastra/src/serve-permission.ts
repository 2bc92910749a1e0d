import type { ToolCall } from '@pincer/core'
import { GuardBlockedError } from '@pincer/protocol'

import type { ServedTool } from './serve-catalog.ts'
import { type CallInput, checkInput, readInput } from './serve-input.ts'

/** How permission is asked. */
export interface PermissionOptions {
  readonly signal: AbortSignal
  readonly approvalTimeoutMs: number | undefined
}

/**
 * Asks whether a call may be made, and gives the arguments that it may be made with.
 *
 * @param call absent where the tool asks by itself
 * @throws what `ToolCall.authorize` throws; GuardBlockedError where the tool's author wants an approval that nobody gave;
 * GatewayError `invalid_input` where a person put in arguments that do not fit
 */
export async function askPermission(
  served: ServedTool,
  call: ToolCall | undefined,
  input: CallInput,
  { signal, approvalTimeoutMs }: PermissionOptions,
): Promise<CallInput> {
  const permitted = await call?.authorize({
    signal,
    ...(approvalTimeoutMs !== undefined && { approvalTimeoutMs }),
  })
  const granted = permitted?.edited === true ? readInput(served.name, permitted.input) : input
  if (granted !== input) await checkInput(served, granted)
  if (permitted?.approvalId === undefined) await refuseUnapproved(served, granted)
  return granted
}

// What its author wants a person to approve never runs because nobody was asked.
async function refuseUnapproved({ name, tool }: ServedTool, input: CallInput): Promise<void> {
  const wish: unknown = tool.needsApprovalFn ?? tool.requireApproval
  let wanted: unknown
  try {
    wanted =
      typeof wish === 'function' ? await Reflect.apply(wish, tool, [input, { requestContext: {} }]) : wish
  } catch (error) {
    throw new GuardBlockedError(name, error instanceof Error ? error.message : 'its approval is unclear')
  }
  if (wanted === undefined || wanted === false) return
  throw new GuardBlockedError(name, "it needs a person's approval, and the gateway's guard has asked nobody")
}
