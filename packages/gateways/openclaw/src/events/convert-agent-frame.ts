import type { GatewayEvent } from '@pincer/protocol'
import { answerApproval, requestApproval, resolveApproval } from './approval-state.ts'
import { tellText, tellThinking } from './assistant-text.ts'
import { convertLifecycleEnding } from './convert-ending.ts'
import { convertPatch } from './convert-artifact.ts'
import { convertCommandFrame, convertItemFrame, convertToolFrame } from './convert-tool-frame.ts'
import { endRun } from './end-run.ts'
import type { NormalizerState } from './normalizer-state.ts'
import { startRun } from './open-run.ts'
import { type Fields, parseCount, parseId, parseJson, parseText } from './parse-fields.ts'
import type { RunState } from './run-state.ts'
import { settleTools } from './tool-end.ts'

/** Reads one frame of the `agent` family, whose run is open. */
export function convertAgentFrame(
  state: NormalizerState,
  run: RunState,
  stream: string,
  data: Fields,
  frame: GatewayEvent,
  ts: number,
): void {
  run.agentTold = true
  if (stream === 'assistant') {
    if (run.started === undefined) startRun(state, run, frame, ts)
    if (run.heldTools.size > 0) settleTools(state, run)
    const itemId = parseId(data['itemId'])
    const replace = data['replace'] === true
    tellText(state, run, itemId, parseText(data['text']), parseText(data['delta']), replace, frame, ts)
    return
  }
  if (stream === 'lifecycle') return convertLifecycle(state, run, data, frame, ts)
  startRun(state, run, frame, ts)
  const wasTold = convertStream(state, run, stream, data, frame, ts)
  if (!wasTold) tellRaw(state, run, stream === 'run_status' ? stream : `agent/${stream}`, data, frame, ts)
}

function convertStream(
  state: NormalizerState,
  run: RunState,
  stream: string,
  data: Fields,
  frame: GatewayEvent,
  ts: number,
): boolean {
  switch (stream) {
    case 'tool':
      return convertToolFrame(state, run, data, frame, ts)
    case 'item':
      return convertItemFrame(state, run, data, frame, ts)
    case 'command_output':
      return convertCommandFrame(state, run, data, frame, ts)
    case 'thinking':
    case 'plan':
      return convertThinking(state, run, data, frame, ts)
    case 'approval':
      return convertToolApproval(state, run, data, frame, ts)
    case 'patch':
      return convertPatch(state, run, data, frame, ts)
    default:
      return false
  }
}

function convertThinking(
  state: NormalizerState,
  run: RunState,
  data: Fields,
  frame: GatewayEvent,
  ts: number,
): boolean {
  settleTools(state, run)
  const text = parseText(data['text'])
  const delta = parseText(data['delta']) ?? (text === undefined ? parseText(data['explanation']) : undefined)
  if (text === undefined && delta === undefined) return false
  tellThinking(state, run, text, delta, frame, ts)
  return true
}

function convertLifecycle(
  state: NormalizerState,
  run: RunState,
  data: Fields,
  frame: GatewayEvent,
  ts: number,
): void {
  const phase = data['phase']
  if (phase === 'end' || phase === 'error') {
    const ending = convertLifecycleEnding(phase, data)
    return endRun(state, run, ending, frame, ending.endedAt ?? ts)
  }
  const wasStarted = run.started !== undefined
  if (phase === 'start') run.startedAt ??= parseCount(data['startedAt'])
  startRun(state, run, frame, ts)
  if (phase === 'waiting-approval' || phase === 'approval-resolved') {
    if (convertWait(state, run, phase, data, frame, ts)) return
  } else settleTools(state, run)
  // Every attempt with the provider begins with a start of its own; the run has begun with the first.
  if (phase !== 'start' || wasStarted) tellRaw(state, run, 'agent/lifecycle', data, frame, ts)
}

function convertWait(
  state: NormalizerState,
  run: RunState,
  phase: 'waiting-approval' | 'approval-resolved',
  data: Fields,
  frame: GatewayEvent,
  ts: number,
): boolean {
  const approvalId = parseId(data['approvalId'])
  if (approvalId === undefined) return false
  // Whoever comes when it has been decided was never asked.
  if (phase === 'approval-resolved' && !state.approvals.has(approvalId)) return false
  const toolCallId = parseId(data['toolCallId'])
  const tool = toolCallId === undefined ? undefined : run.tools.get(toolCallId)
  const input = parseJson(tool?.input)
  const name = tool === undefined || tool.name === '' ? 'tool' : tool.name
  requestApproval(
    state,
    {
      approvalId,
      name,
      ...(toolCallId === undefined ? {} : { toolCallId }),
      ...(input === undefined ? {} : { input }),
    },
    { ts, runId: run.runId },
    frame,
  )
  if (phase === 'approval-resolved') answerApproval(state, run, approvalId)
  return true
}

// Comes after a denial only, and names the tool call instead of the approval.
function convertToolApproval(
  state: NormalizerState,
  run: RunState,
  data: Fields,
  frame: GatewayEvent,
  ts: number,
): boolean {
  const toolCallId = parseId(data['toolCallId'])
  const tool = toolCallId === undefined ? undefined : run.tools.get(toolCallId)
  const approvalId = parseId(data['approvalId']) ?? tool?.approvalId
  if (data['phase'] !== 'resolved') return false
  if (approvalId !== undefined) {
    const status = convertApprovalStatus(data['status'])
    resolveApproval(state, { approvalId, status }, { ts, runId: run.runId }, frame)
  }
  settleTools(state, run)
  return true
}

function convertApprovalStatus(status: unknown): 'approved' | 'denied' | 'expired' {
  if (status === 'approved' || status === 'allowed') return 'approved'
  return status === 'expired' || status === 'timeout' ? 'expired' : 'denied'
}

function tellRaw(
  state: NormalizerState,
  run: RunState,
  name: string,
  data: unknown,
  frame: GatewayEvent,
  ts: number,
): void {
  const payload = parseJson(data)
  state.teller.inRun(run, 'raw', payload === undefined ? { name } : { name, payload }, frame, ts)
}
