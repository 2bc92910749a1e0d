import type { Claw, ToolCall } from '@pincer/core'

import type { WantedCall } from './approval-call.ts'
import { toolCallsOf } from './tool-calls.ts'

/** The call that telemetry has started for a tool that runs now; undefined where none watches. */
export function startedCallOf(
  claw: Claw,
  { toolCallId, messages }: Pick<WantedCall, 'toolCallId' | 'messages'>,
): ToolCall | undefined {
  const current = claw.current()
  // Of several with one id in one step, the one inside which the tool runs.
  if (current?.kind === 'tool_call' && !current.ended && isFor(current, toolCallId)) return current
  const calls = toolCallsOf(claw)
  const run = calls.runOf(toolCallId, messages)
  const known = run === undefined ? undefined : calls.find(toolCallId, run)
  return known?.ended === false ? known : undefined
}

function isFor(call: ToolCall, toolCallId: string): boolean {
  return call.toolCallId === toolCallId || call.toolCallId.startsWith(`${toolCallId}#`)
}
