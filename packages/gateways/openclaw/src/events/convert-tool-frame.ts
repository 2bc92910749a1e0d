import type { GatewayEvent } from '@pincer/protocol'
import { tellAnswer } from './approval-state.ts'
import type { NormalizerState } from './normalizer-state.ts'
import {
  type Fields,
  parseContent,
  parseCount,
  parseFields,
  parseId,
  parseJson,
  parseText,
} from './parse-fields.ts'
import type { RunState } from './run-state.ts'
import { endOrHoldTool, limitOpenTools } from './tool-end.ts'
import { holdTool, openTool, startTool } from './tool-start.ts'
import type { ToolState } from './tool-state.ts'

/** Reads one of the three families of frames that tell of tool calls; returns false where it is about none. */
export type ToolFrameConverter = (
  state: NormalizerState,
  run: RunState,
  data: Fields,
  frame: GatewayEvent,
  ts: number,
) => boolean

/** Reads a frame of the stream `tool`: arguments, progress and results. */
export const convertToolFrame: ToolFrameConverter = (state, run, data, frame, ts) => {
  const phase = data['phase']
  if (phase !== 'start' && phase !== 'update' && phase !== 'result') return false
  const tool = toolOf(run, data, frame, ts)
  if (tool === false || tool === undefined) return tool === undefined
  tool.detailed = true
  if (phase === 'start') tool.input ??= data['args']
  startTool(state, run, tool, frame, ts)
  limitOpenTools(state, run, frame, ts)
  if (phase === 'update') {
    tellAnswer(state, tool, 'approved', frame, ts)
    const output = parseJson(data['partialResult'])
    const { toolCallId } = tool
    if (output !== undefined)
      state.teller.inRun(run, 'tool.call.delta', { toolCallId, output }, frame, ts, toolCallId)
  } else if (phase === 'result') {
    const result = parseFields(data['result'])
    tool.hasResult = true
    tool.result = data['result']
    tool.durationMs ??= parseCount(parseFields(result['details'])['durationMs'])
    if (data['isError'] === true) {
      tool.failed = true
      tool.error ??= parseContent(result['content'])
    }
    // Whether it failed or was blocked stands in the `item` frame that follows.
    holdTool(state, run, tool, 'end', frame, ts)
  }
  return true
}

/** Reads a frame of the stream `item`: starts and ends, without arguments and results. */
export const convertItemFrame: ToolFrameConverter = (state, run, data, frame, ts) => {
  const phase = data['phase']
  if (data['kind'] === 'preamble' || (phase !== 'start' && phase !== 'update' && phase !== 'end'))
    return false
  const tool = toolOf(run, data, frame, ts)
  if (tool === false || tool === undefined) return tool === undefined
  if (data['commandBearing'] === true) tool.runsCommand = true
  const startedAt = parseCount(data['startedAt'])
  if (startedAt !== undefined) tool.startedAt = startedAt
  if (phase === 'start') {
    // The arguments stand in the `tool` frame that follows.
    if (!tool.started && tool.held === 'nothing') holdTool(state, run, tool, 'start', frame, ts)
    limitOpenTools(state, run, frame, ts)
    return true
  }
  startTool(state, run, tool, frame, ts)
  if (phase === 'update') {
    const { toolCallId } = tool
    if (!tool.detailed) state.teller.inRun(run, 'tool.call.delta', { toolCallId }, frame, ts, toolCallId)
    return true
  }
  const status = data['status']
  if (status === 'failed' || status === 'error') tool.failed = true
  if (status === 'blocked') tool.blocked = true
  const error = parseText(data['error'])
  if (error !== undefined) tool.error = error
  const endedAt = parseCount(data['endedAt'])
  if (endedAt !== undefined && endedAt >= tool.startedAt) tool.durationMs = endedAt - tool.startedAt
  // Without a result of its own, the output of a command stands in the `command_output` frame that follows.
  if (tool.runsCommand && !tool.hasResult) holdTool(state, run, tool, 'end', frame, ts)
  else endOrHoldTool(state, run, tool, frame, ts)
  return true
}

/** Reads a frame of the stream `command_output`: what a command writes, all of it every time. */
export const convertCommandFrame: ToolFrameConverter = (state, run, data, frame, ts) => {
  const phase = data['phase']
  if (phase !== 'start' && phase !== 'delta' && phase !== 'end') return false
  const tool = toolOf(run, data, frame, ts)
  if (tool === false || tool === undefined) return tool === undefined
  startTool(state, run, tool, frame, ts)
  tellAnswerOfRunning(state, tool, phase, frame, ts)
  const output = parseText(data['output'])
  if (phase !== 'end') {
    if (output !== undefined) tellOutput(state, run, tool, output, frame, ts)
    return true
  }
  if (!tool.hasResult) tool.result = output ?? (tool.output === '' ? undefined : tool.output)
  tool.durationMs ??= parseCount(data['durationMs'])
  if (data['status'] === 'failed' || data['status'] === 'error') {
    tool.failed = true
    tool.error ??= output ?? 'the command failed'
  }
  endOrHoldTool(state, run, tool, frame, ts)
  return true
}

function tellAnswerOfRunning(
  state: NormalizerState,
  tool: ToolState,
  phase: unknown,
  frame: GatewayEvent,
  ts: number,
): void {
  // A command that writes was allowed to run.
  if (phase !== 'end') tellAnswer(state, tool, 'approved', frame, ts)
}

function tellOutput(
  state: NormalizerState,
  run: RunState,
  tool: ToolState,
  output: string,
  frame: GatewayEvent,
  ts: number,
): void {
  const delta = output.startsWith(tool.output) ? output.slice(tool.output.length) : output
  tool.output = output
  const { toolCallId } = tool
  if (delta !== '') state.teller.inRun(run, 'tool.call.delta', { toolCallId, delta }, frame, ts, toolCallId)
}

/** The tool call that the data is about: undefined where it has ended, false where the data names none. */
function toolOf(run: RunState, data: Fields, frame: GatewayEvent, ts: number): ToolState | false | undefined {
  const toolCallId = parseId(data['toolCallId'])
  return toolCallId === undefined ? false : openTool(run, toolCallId, parseId(data['name']), frame, ts)
}
