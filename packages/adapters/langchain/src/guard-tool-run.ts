import type { GuardedCall } from './guard-call.ts'
import type { GuardedCalls } from './guard-calls.ts'
import { isBubbleUp } from './guard-control-flow.ts'
import type { Invocation, ToolConfig } from './guard-tool-input.ts'

/** Runs a tool as the given call, and ends the call as the tool ends, where no handler does. */
export async function runTool(
  call: GuardedCall,
  kept: GuardedCalls,
  { toolCallId, args }: Pick<Invocation, 'toolCallId' | 'args'>,
  config: ToolConfig | undefined,
  work: (config: ToolConfig | undefined) => Promise<unknown>,
): Promise<unknown> {
  // The handler finds a call without an id by the id of LangChain's run.
  const runId = toolCallId === undefined ? (config?.runId ?? crypto.randomUUID()) : undefined
  const key = toolCallId ?? runId ?? call.toolCall.toolCallId
  const given = runId === undefined ? config : { ...config, runId }
  try {
    const output = await call.perform(key, () => kept.permit(key, args, () => work(given)))
    call.endWith(output)
    return output
  } catch (error) {
    // A graph comes back to the call once it is resumed, and must not ask again.
    if (isBubbleUp(error)) kept.keep(call)
    else call.fail(error, config?.signal)
    throw error
  }
}
