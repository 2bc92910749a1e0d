import type { ApprovalRequest, ApprovalResolvedData, GatewayEvent, JsonValue, Risk } from '@pincer/protocol'
import { type ApprovalState, requestApproval, resolveApproval } from './approval-state.ts'
import type { Envelope } from './event-teller.ts'
import type { NormalizerState } from './normalizer-state.ts'
import { findRun, ownRunId } from './open-run.ts'
import { type Fields, parseCount, parseFields, parseId, parseJson, parseText } from './parse-fields.ts'

/** Reads `exec.approval.requested` or `plugin.approval.requested`; returns false where it names no approval. */
export function convertApprovalRequested(
  state: NormalizerState,
  payload: Fields,
  frame: GatewayEvent,
): boolean {
  return request(state, payload, frame, parseCount(payload['createdAtMs']) ?? state.now()) !== undefined
}

/** Reads `exec.approval.resolved` or `plugin.approval.resolved`; returns false where it names no approval. */
export function convertApprovalResolved(
  state: NormalizerState,
  payload: Fields,
  frame: GatewayEvent,
): boolean {
  const ts = parseCount(payload['ts']) ?? state.now()
  const approval = request(state, payload, frame, ts)
  const approvalId = parseId(payload['id'])
  if (approval === undefined || approvalId === undefined) return false
  const decidedBy = parseText(payload['resolvedBy'])
  const status = convertDecision(payload['decision'], decidedBy, approval, ts)
  const reason = parseText(payload['reason']) ?? defaultReason(status, payload['decision'], decidedBy)
  const data: ApprovalResolvedData = {
    approvalId,
    status,
    ...(reason === undefined ? {} : { reason }),
    ...(decidedBy === undefined ? {} : { decidedBy }),
  }
  resolveApproval(state, data, aboutOf(state, payload, ts), frame)
  return true
}

function request(
  state: NormalizerState,
  payload: Fields,
  frame: GatewayEvent,
  ts: number,
): ApprovalState | undefined {
  const approvalId = parseId(payload['id'])
  if (approvalId === undefined) return undefined
  const known = state.approvals.get(approvalId)
  if (known !== undefined) return known
  const asked = parseFields(payload['request'])
  const toolCallId = parseId(asked['toolCallId'])
  const run = findRun(state, parseId(asked['runId']))
  const tool = toolCallId === undefined ? undefined : run?.tools.get(toolCallId)
  const isExec = frame.event.startsWith('exec.')
  const name =
    (tool === undefined || tool.name === '' ? undefined : tool.name) ??
    parseId(asked['toolName']) ??
    (isExec ? 'exec' : (parseId(asked['title']) ?? 'tool'))
  const input = parseJson(tool?.input) ?? (isExec ? convertCommand(asked) : convertDetail(asked['detail']))
  const reason = parseText(isExec ? asked['warningText'] : asked['description'])
  const risk = convertRisk(asked['severity'])
  const expiresAt = parseCount(payload['expiresAtMs'])
  const approval: ApprovalRequest = {
    approvalId,
    name,
    ...(toolCallId === undefined ? {} : { toolCallId }),
    ...(input === undefined ? {} : { input }),
    ...(reason === undefined || reason === '' ? {} : { reason }),
    ...(risk === undefined ? {} : { risk }),
    ...(expiresAt === undefined ? {} : { expiresAt }),
  }
  return requestApproval(state, approval, aboutOf(state, payload, ts), frame)
}

function aboutOf(state: NormalizerState, payload: Fields, ts: number): Envelope {
  const asked = parseFields(payload['request'])
  const runId = parseId(asked['runId']) ?? parseId(payload['runId'])
  return {
    ts,
    runId: runId === undefined ? undefined : ownRunId(state, runId),
    sessionKey: parseId(asked['sessionKey']),
    sessionId: parseId(asked['sessionId']),
    agentId: parseId(asked['agentId']),
  }
}

function convertCommand(asked: Fields): JsonValue | undefined {
  const command = parseText(asked['command'])
  const cwd = parseText(asked['cwd'])
  return command === undefined ? undefined : { command, ...(cwd === undefined ? {} : { cwd }) }
}

// Whoever asks by hand may put the arguments here, as JSON.
function convertDetail(detail: unknown): JsonValue | undefined {
  if (typeof detail !== 'string' || detail === '') return undefined
  if (!detail.startsWith('{') || detail.includes('__proto__')) return detail
  try {
    return parseJson(JSON.parse(detail))
  } catch {
    return detail
  }
}

function convertRisk(severity: unknown): Risk | undefined {
  if (severity === 'critical') return 'critical'
  if (severity === 'warning') return 'medium'
  return severity === 'info' ? 'low' : undefined
}

// Time's decision reads like a person's denial, but for the person.
function convertDecision(
  decision: unknown,
  decidedBy: string | undefined,
  approval: ApprovalState,
  ts: number,
): ApprovalResolvedData['status'] {
  if (decision === 'allow-once' || decision === 'allow-always') return 'approved'
  const isLate = approval.expiresAt !== undefined && ts >= approval.expiresAt
  return decidedBy === undefined && decision !== null && isLate ? 'expired' : 'denied'
}

function defaultReason(
  status: ApprovalResolvedData['status'],
  decision: unknown,
  decidedBy: string | undefined,
): string | undefined {
  if (status === 'expired') return 'nobody decided in time'
  if (status !== 'denied' || decidedBy !== undefined) return undefined
  return decision === 'deny'
    ? 'the Gateway closed it before anybody decided'
    : 'nobody who may decide could see it'
}
