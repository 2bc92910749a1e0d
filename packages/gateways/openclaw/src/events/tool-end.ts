import type { CompletedOutcome, FailedOutcome, GatewayEvent } from '@pincer/protocol'
import { tellAnswer } from './approval-state.ts'
import type { NormalizerState } from './normalizer-state.ts'
import { parseJson } from './parse-fields.ts'
import type { RunState } from './run-state.ts'
import { holdTool, releaseTool, startTool } from './tool-start.ts'
import type { ToolState } from './tool-state.ts'

const maxOpenTools = 1000
const maxEndedTools = 1000
const maxErrorLength = 8000

/** Ends a tool call, or holds its end back where the next frame tells whether a person has denied it. */
export function endOrHoldTool(
  state: NormalizerState,
  run: RunState,
  tool: ToolState,
  frame: GatewayEvent,
  ts: number,
): void {
  if (tool.failed && tool.approval === 'answered') holdTool(state, run, tool, 'end', frame, ts)
  else endTool(state, run, tool, frame, ts)
}

/** Tells how a tool call ended, by all that was said about it. */
function endTool(
  state: NormalizerState,
  run: RunState,
  tool: ToolState,
  frame: GatewayEvent,
  ts: number,
): void {
  startTool(state, run, tool, frame, ts)
  if (tool.approval === 'answered') tellAnswer(state, tool, shownDecision(tool), frame, ts)
  if (tool.failed || tool.blocked) {
    const outcome = tool.approval === 'denied' ? 'denied' : tool.blocked ? 'blocked' : 'error'
    tellFailed(state, run, tool, outcome, tool.error ?? 'the tool call failed', frame, ts)
  } else tellCompleted(state, run, tool, 'ok', undefined, frame, ts)
}

// The Gateway puts a denial into the words of the tool's error, with the approval's id in it.
function shownDecision(tool: ToolState): 'approved' | 'denied' | 'expired' {
  const error = tool.failed || tool.blocked ? (tool.error ?? '') : ''
  if (!/\bdenied\b|\bapproval (timed out|expired)/i.test(error)) return 'approved'
  return /timed out|timeout|expired/i.test(error) ? 'expired' : 'denied'
}

/** Tells what was held back, since the frames that might have completed it did not come. */
export function settleTools(state: NormalizerState, run: RunState): void {
  if (run.heldTools.size === 0) return
  for (const tool of run.heldTools) {
    if (tool.held === 'start') startTool(state, run, tool, tool.frame, tool.ts)
    else endTool(state, run, tool, tool.frame, tool.ts)
  }
}

/** Ends the tool calls that are open when their run ends. */
export function endOpenTools(
  state: NormalizerState,
  run: RunState,
  status: 'completed' | 'failed' | 'cancelled' | 'timed_out',
  frame: GatewayEvent | undefined,
  ts: number,
): void {
  for (const tool of run.tools.values()) {
    startTool(state, run, tool, tool.frame, ts)
    if (status === 'cancelled' || status === 'completed') {
      const outcome = status === 'cancelled' ? 'cancelled' : 'abandoned'
      tellCompleted(state, run, tool, outcome, 'the run ended before the tool call did', frame, ts)
    } else {
      const outcome = status === 'failed' ? 'error' : 'timed_out'
      tellFailed(state, run, tool, outcome, 'the run ended before the tool call did', frame, ts)
    }
  }
}

/** Ends the oldest tool call of a run that has opened more than anybody can follow. */
export function limitOpenTools(state: NormalizerState, run: RunState, frame: GatewayEvent, ts: number): void {
  if (run.tools.size <= maxOpenTools) return
  for (const tool of run.tools.values()) {
    startTool(state, run, tool, tool.frame, tool.ts)
    tellCompleted(state, run, tool, 'abandoned', 'too many tool calls are open', frame, ts)
    return
  }
}

function tellCompleted(
  state: NormalizerState,
  run: RunState,
  tool: ToolState,
  outcome: CompletedOutcome,
  reason: string | undefined,
  frame: GatewayEvent | undefined,
  ts: number,
): void {
  const { toolCallId } = tool
  const output = parseJson(tool.result)
  closeTool(state, run, tool)
  state.teller.inRun(
    run,
    'tool.call.completed',
    {
      toolCallId,
      outcome,
      name: tool.name === '' ? 'tool' : tool.name,
      ...(output === undefined ? {} : { output }),
      durationMs: tool.durationMs ?? Math.max(0, ts - tool.startedAt),
      ...(reason === undefined ? {} : { reason }),
    },
    frame,
    ts,
    toolCallId,
  )
}

function tellFailed(
  state: NormalizerState,
  run: RunState,
  tool: ToolState,
  outcome: FailedOutcome,
  message: string,
  frame: GatewayEvent | undefined,
  ts: number,
): void {
  const { toolCallId } = tool
  closeTool(state, run, tool)
  state.teller.inRun(
    run,
    'tool.call.failed',
    {
      toolCallId,
      outcome,
      error: {
        message: message.length > maxErrorLength ? `${message.slice(0, maxErrorLength)}…` : message,
      },
      name: tool.name === '' ? 'tool' : tool.name,
      durationMs: tool.durationMs ?? Math.max(0, ts - tool.startedAt),
    },
    frame,
    ts,
    toolCallId,
  )
}

function closeTool(state: NormalizerState, run: RunState, tool: ToolState): void {
  releaseTool(state, run, tool)
  run.tools.delete(tool.toolCallId)
  run.endedTools.add(tool.toolCallId)
  if (run.endedTools.size <= maxEndedTools) return
  for (const oldest of run.endedTools) {
    run.endedTools.delete(oldest)
    return
  }
}
