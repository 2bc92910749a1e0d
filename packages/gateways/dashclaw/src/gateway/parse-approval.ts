import type { Approval, ApprovalStatus, JsonValue } from '@pincer/protocol'
import type { ActionRow } from '../methods/action-results.ts'
import { parseAnswer } from '../request/parse-answer.ts'
import type { ApprovalEntry } from './approval-book.ts'
import { parseScope } from './approval-scope.ts'

const usedMark = 'pincer: approval used by '
// What servers write where whoever denied gave no reason.
const deniedText = 'Denied by human operator'

/**
 * Reads the approval that a row is, with what only this process knows; `undefined` for a row that nobody was asked by.
 *
 * @param wasPending - True where the row was seen to wait.
 */
export function parseApproval(
  row: ActionRow,
  entry: ApprovalEntry,
  wasPending = false,
): Approval | undefined {
  const scope = parseScope(row.authorization_scope)
  const isQuestion = scope !== undefined || entry.asked !== undefined || wasPending
  const status = readStatus(row, entry, isQuestion)
  if (status === undefined) return undefined
  const asked = entry.asked
  const input = asked === undefined ? readInput(row.input_summary) : asked.input
  const reason = entry.reason ?? row.reasoning ?? undefined
  const decidedBy = entry.answer?.decidedBy ?? (row.approved_by === '' ? undefined : row.approved_by)
  const decisionReason = entry.answer?.reason ?? (status === 'denied' ? row.error_message : undefined)
  const decidedAt = timeOf(row.approved_at) ?? (status === 'denied' ? timeOf(row.timestamp_end) : undefined)
  const { kind: _kind, ...of } = { kind: undefined, name: row.action_type, ...scope, ...pickAsked(asked) }
  return {
    approvalId: row.action_id,
    status,
    requestedAt: timeOf(row.timestamp_start) ?? 0,
    agentId: asked?.agentId ?? row.agent_id,
    ...of,
    ...(input === undefined ? {} : { input }),
    ...(reason === undefined ? {} : { reason }),
    ...(status === 'pending' || decidedBy === undefined || decidedBy === null ? {} : { decidedBy }),
    ...(status === 'pending' || decisionReason === undefined || decisionReason === null
      ? {}
      : { decisionReason }),
    ...(status === 'pending' || decidedAt === undefined ? {} : { decidedAt }),
  }
}

/** The action that has used the approval of a row; `undefined` where none has. */
export function parseUser(row: ActionRow): string | undefined {
  const mark = parseTexts(row.side_effects).find((text) => text.startsWith(usedMark))
  return mark?.slice(usedMark.length)
}

/** The side effects of a row with the mark that an action has used its approval. */
export function writeUser(row: ActionRow, actionId: string): readonly string[] {
  return [...parseTexts(row.side_effects), `${usedMark}${actionId}`.slice(0, 500)]
}

function readStatus(row: ActionRow, entry: ApprovalEntry, isQuestion: boolean): ApprovalStatus | undefined {
  const { status, approved_by: by, approved_at: at } = row
  const { answer, usedBy } = entry
  if (status === 'pending_approval') return 'pending'
  const isApproved = (typeof by === 'string' && by !== '') || typeof at === 'string'
  if (isApproved && status === 'failed') {
    // The action failed after it was allowed; whatever else it may be is no permission.
    const wasUsed = usedBy !== undefined || answer?.decision === 'approve' || parseUser(row) !== undefined
    const hasRun = !isQuestion && typeof row.timestamp_end === 'string'
    return wasUsed || hasRun ? 'approved' : 'denied'
  }
  if (isApproved) return 'approved'
  if (status === 'failed' && (isQuestion || row.error_message === deniedText)) return 'denied'
  if (!isQuestion) return undefined
  if (status === 'blocked') return 'denied'
  if (status === 'running' && answer?.decision === 'approve') return 'approved'
  // It left its waiting, and nobody approved it.
  return String(status) === 'expired' ? 'expired' : 'cancelled'
}

function pickAsked(asked: ApprovalEntry['asked']): Partial<Approval> {
  if (asked === undefined) return {}
  const { name, toolCallId, inputHash, risk, runId, actionId, sessionKey } = asked
  const fields = Object.entries({ name, toolCallId, inputHash, risk, runId, actionId, sessionKey })
  return Object.fromEntries(fields.filter(([, value]) => value !== undefined))
}

function readInput(text: string | null | undefined): JsonValue | undefined {
  if (typeof text !== 'string' || text === '') return undefined
  try {
    // JSON, as it was parsed.
    return parseAnswer(text) as JsonValue
  } catch {
    return text
  }
}

function parseTexts(value: string | readonly string[] | null | undefined): readonly string[] {
  let list: unknown = value
  if (typeof value === 'string') {
    try {
      list = JSON.parse(value)
    } catch {
      list = []
    }
  }
  return Array.isArray(list) ? list.filter((item) => typeof item === 'string') : []
}

function timeOf(text: string | null | undefined): number | undefined {
  const time = typeof text === 'string' ? Date.parse(text) : Number.NaN
  return Number.isNaN(time) ? undefined : time
}
