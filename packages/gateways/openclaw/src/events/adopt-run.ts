import type { RunState } from './run-state.ts'

/** Gives what was seen of a resumed run to the run that it goes on with; both are open, and the events were told. */
export function moveRunState(from: RunState, to: RunState): void {
  to.agentTold ||= from.agentTold
  to.sessionKey ??= from.sessionKey
  to.agentId ??= from.agentId
  to.sessionId = from.sessionId ?? to.sessionId
  to.itemId = from.itemId
  to.text = from.text
  to.lastText = from.lastText ?? to.lastText
  to.thinking = from.thinking
  to.abort = from.abort
  for (const [itemId, text] of from.finishedItems) to.finishedItems.set(itemId, text)
  for (const [toolCallId, tool] of from.tools) {
    to.tools.set(toolCallId, tool)
    to.endedTools.delete(toolCallId)
  }
  for (const toolCallId of from.endedTools) to.endedTools.add(toolCallId)
  for (const tool of from.heldTools) to.heldTools.add(tool)
  for (const approvalId of from.approvals) to.approvals.add(approvalId)
}
