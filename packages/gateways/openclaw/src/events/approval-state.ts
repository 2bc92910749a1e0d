import type { ApprovalRequest, ApprovalResolvedData, GatewayEvent } from '@pincer/protocol'
import type { Envelope } from './event-teller.ts'
import type { NormalizerState } from './normalizer-state.ts'
import { findRun, startRun } from './open-run.ts'
import type { RunState } from './run-state.ts'
import { startTool } from './tool-start.ts'
import type { ToolState } from './tool-state.ts'

const maxApprovals = 2000

/** What the normalizer remembers of one approval. */
export interface ApprovalState {
  readonly runId: string | undefined
  readonly toolCallId: string | undefined
  /** Epoch milliseconds. */
  readonly expiresAt: number | undefined
  /** True where the Gateway said that it was decided, but not how. */
  answered: boolean
  resolved: boolean
}

/** Tells `approval.requested`, once for every approval. */
export function requestApproval(
  state: NormalizerState,
  request: ApprovalRequest,
  about: Envelope,
  frame: GatewayEvent,
): ApprovalState {
  const { approvalId, toolCallId, expiresAt } = request
  const known = state.approvals.get(approvalId)
  if (known !== undefined) return known
  const approval: ApprovalState = {
    runId: about.runId,
    toolCallId,
    expiresAt,
    answered: false,
    resolved: false,
  }
  state.approvals.set(approvalId, approval)
  if (state.approvals.size > maxApprovals) deleteFirst(state.approvals)
  const id = `${approvalId}.requested`
  const run = runOf(state, about.runId)
  if (run === undefined) {
    state.teller.beside('approval.requested', request, frame, { ...about, id, actionId: toolCallId })
    return approval
  }
  startRun(state, run, frame, about.ts)
  const tool = toolOf(run, toolCallId)
  if (tool !== undefined) {
    startTool(state, run, tool, frame, about.ts)
    tool.approvalId = approvalId
    tool.approval = 'pending'
  }
  run.approvals.add(approvalId)
  if (run.approvals.size > maxApprovals) deleteFirst(run.approvals)
  state.teller.inRun(run, 'approval.requested', request, frame, about.ts, toolCallId, id)
  return approval
}

/** Tells `approval.resolved`, once for every approval that was told. */
export function resolveApproval(
  state: NormalizerState,
  data: ApprovalResolvedData,
  about: Envelope,
  frame: GatewayEvent | undefined,
): void {
  const { approvalId } = data
  const approval = state.approvals.get(approvalId)
  if (approval === undefined || approval.resolved) return
  approval.resolved = true
  const run = findRun(state, approval.runId)
  const id = `${approvalId}.resolved`
  if (run?.approvals.delete(approvalId) === true) {
    const tool = toolOf(run, approval.toolCallId)
    if (tool !== undefined) tool.approval = data.status === 'approved' ? 'approved' : 'denied'
    state.teller.inRun(run, 'approval.resolved', data, frame, about.ts, approval.toolCallId, id)
  } else if (frame !== undefined) {
    const envelope = { ...about, runId: approval.runId, actionId: approval.toolCallId, id }
    state.teller.beside('approval.resolved', data, frame, envelope)
  }
}

/** Takes note that an approval was decided; how it was shows in what its tool call does next. */
export function answerApproval(state: NormalizerState, run: RunState, approvalId: string): void {
  const approval = state.approvals.get(approvalId)
  if (approval === undefined || approval.resolved) return
  approval.answered = true
  const tool = toolOf(run, approval.toolCallId)
  if (tool !== undefined) tool.approval = 'answered'
}

/** Tells the decision on a tool call's approval, where only what the call did next has shown it. */
export function tellAnswer(
  state: NormalizerState,
  tool: ToolState,
  status: 'approved' | 'denied' | 'expired',
  frame: GatewayEvent,
  ts: number,
): void {
  if (tool.approval !== 'answered' || tool.approvalId === undefined) return
  const reason = status === 'approved' ? undefined : tool.error
  resolveApproval(
    state,
    { approvalId: tool.approvalId, status, ...(reason === undefined ? {} : { reason }) },
    { ts },
    frame,
  )
}

/** Resolves what is still asked for when its run ends. */
export function cancelApprovals(
  state: NormalizerState,
  run: RunState,
  frame: GatewayEvent | undefined,
  ts: number,
): void {
  for (const approvalId of run.approvals) {
    const data: ApprovalResolvedData =
      state.approvals.get(approvalId)?.answered === true
        ? { approvalId, status: 'approved' }
        : { approvalId, status: 'cancelled', reason: 'the run ended before anybody decided' }
    resolveApproval(state, data, { ts }, frame)
    run.approvals.delete(approvalId)
  }
}

// An approval is part of a run's sequence where frames of the run came, or where somebody follows it: others name runs too.
function runOf(state: NormalizerState, runId: string | undefined): RunState | undefined {
  const run = findRun(state, runId)
  return run !== undefined && (run.started !== undefined || run.followed) ? run : undefined
}

function toolOf(run: RunState, toolCallId: string | undefined): ToolState | undefined {
  return toolCallId === undefined ? undefined : run.tools.get(toolCallId)
}

function deleteFirst(members: Pick<Map<string, unknown>, 'keys' | 'delete'>): void {
  for (const member of members.keys()) {
    members.delete(member)
    return
  }
}
