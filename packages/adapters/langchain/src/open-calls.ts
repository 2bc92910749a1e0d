import type { Parent, Run, ToolCall } from '@pincer/core'

import { runOf } from './run-recording.ts'

const openCalls = new WeakMap<Run, Set<ToolCall>>()

/** An id for a call that no other call of the run has which the guard has started and is open: each is asked about by its own. */
export function distinguishCall(toolCallId: string, parent: Parent): string {
  const ids = new Set<string>()
  for (const call of openIn(parent)) ids.add(call.toolCallId)
  for (let count = 1; ; count++) {
    const id = count === 1 ? toolCallId : `${toolCallId}#${count}`
    if (!ids.has(id)) return id
  }
}

/** Says that the guard has started a call. */
export function noteOpenCall(call: ToolCall): void {
  openIn(call).add(call)
}

function openIn(place: Parent): Set<ToolCall> {
  const run = runOf(place)
  const calls = openCalls.get(run) ?? new Set()
  openCalls.set(run, calls)
  for (const call of calls) if (call.ended) calls.delete(call)
  return calls
}
