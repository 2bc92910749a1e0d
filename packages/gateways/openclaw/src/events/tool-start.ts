import type { GatewayEvent } from '@pincer/protocol'
import { finishText } from './assistant-text.ts'
import type { NormalizerState } from './normalizer-state.ts'
import { parseJson } from './parse-fields.ts'
import type { RunState } from './run-state.ts'
import { createToolState, type ToolState } from './tool-state.ts'

/** The open tool call of that id, made where it is new; undefined where it has ended. */
export function openTool(
  run: RunState,
  toolCallId: string,
  name: string | undefined,
  frame: GatewayEvent,
  ts: number,
): ToolState | undefined {
  const known = run.tools.get(toolCallId)
  if (known !== undefined) {
    if (known.name === '' && name !== undefined) known.name = name
    return known
  }
  if (run.endedTools.has(toolCallId)) return undefined
  const tool = createToolState(toolCallId, name ?? '', frame, ts)
  run.tools.set(toolCallId, tool)
  return tool
}

/** Keeps a start or an end back until the next frame has completed it. */
export function holdTool(
  state: NormalizerState,
  run: RunState,
  tool: ToolState,
  held: 'start' | 'end',
  frame: GatewayEvent,
  ts: number,
): void {
  tool.held = held
  tool.frame = frame
  tool.ts = ts
  run.heldTools.add(tool)
  state.waiting.add(run)
}

/** Forgets that something of the tool call was held back. */
export function releaseTool(state: NormalizerState, run: RunState, tool: ToolState): void {
  if (tool.held === 'nothing') return
  tool.held = 'nothing'
  run.heldTools.delete(tool)
  if (run.heldTools.size === 0 && run.abort === undefined) state.waiting.delete(run)
}

/** Tells `tool.call.started`, once for every tool call. */
export function startTool(
  state: NormalizerState,
  run: RunState,
  tool: ToolState,
  frame: GatewayEvent,
  ts: number,
): void {
  if (tool.started) return
  tool.started = true
  if (tool.held === 'start') releaseTool(state, run, tool)
  finishText(state, run, frame, ts)
  const { toolCallId } = tool
  const name = tool.name === '' ? 'tool' : tool.name
  const input = parseJson(tool.input)
  const data = input === undefined ? { toolCallId, name } : { toolCallId, name, input }
  state.teller.inRun(run, 'tool.call.started', data, frame, ts, toolCallId)
}
