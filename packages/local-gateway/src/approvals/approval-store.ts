import { randomUUID } from 'node:crypto'
import type { DatabaseSync } from 'node:sqlite'
import type { Approval, ApprovalStatus, GuardRequest, JsonValue } from '@pincer/protocol'
import { transact } from '../database.ts'
import { inputHashOf } from '../guard/input-hash.ts'
import { readPage } from '../record/read-page.ts'

const longestList = 500
const longestListCharacters = 8 * 1024 * 1024

/** How an approval ends. */
export interface ApprovalEnd {
  readonly status: Exclude<ApprovalStatus, 'pending'>
  readonly decidedBy?: string | undefined
  readonly decisionReason?: string | undefined
  readonly editedInput?: JsonValue | undefined
}

/** The rows of the approvals; every method is one transaction. */
export interface ApprovalStore {
  /** The newest approval of exactly this action. */
  standing(binding: string): Approval | undefined
  add(
    request: GuardRequest,
    binding: string,
    asked: { readonly reason?: string | undefined; readonly expiresAt: number },
  ): Approval
  get(approvalId: string): Approval | undefined
  /** The newest 500, newest first; fewer where they are long. */
  list(status?: ApprovalStatus): readonly Approval[]
  /** Ends a pending approval; `undefined` where it is not pending any more. */
  end(approvalId: string, end: ApprovalEnd): Approval | undefined
  /** Marks an approved one as used by an action; false where another has used it, or it is not approved. */
  use(approvalId: string, actionId: string | undefined): boolean
  /** Ids of the pending ones whose time is over. */
  overdue(): readonly string[]
  /** Ids of the pending ones of a run. */
  pendingOf(runId: string): readonly string[]
  /** When the next pending one expires, in epoch milliseconds. */
  nextExpiry(): number | undefined
}

/** Opens the rows of the approvals. */
export function createApprovalStore(database: DatabaseSync, now: () => number): ApprovalStore {
  const newest = database.prepare(
    'SELECT body FROM approvals WHERE binding = ? ORDER BY position DESC LIMIT 1',
  )
  const insert = database.prepare(
    "INSERT INTO approvals (approval_id, binding, status, expires_at, run_id, body) VALUES (?, ?, 'pending', ?, ?, ?)",
  )
  const select = database.prepare('SELECT body FROM approvals WHERE approval_id = ?')
  const selectAll = database.prepare('SELECT body FROM approvals ORDER BY position DESC')
  const selectByStatus = database.prepare(
    'SELECT body FROM approvals WHERE status = ? ORDER BY position DESC',
  )
  const update = database.prepare(
    "UPDATE approvals SET status = ?, body = ? WHERE approval_id = ? AND status = 'pending'",
  )
  const markUsed = database.prepare(
    `UPDATE approvals SET used_at = ?, used_by = ?
     WHERE approval_id = ? AND status = 'approved' AND (used_at IS NULL OR used_by = ?)`,
  )
  const selectOverdue = database.prepare(
    "SELECT approval_id FROM approvals WHERE status = 'pending' AND expires_at <= ?",
  )
  const selectOfRun = database.prepare(
    "SELECT approval_id FROM approvals WHERE status = 'pending' AND run_id = ?",
  )
  const selectNext = database.prepare(
    "SELECT min(expires_at) AS next FROM approvals WHERE status = 'pending'",
  )

  function get(approvalId: string): Approval | undefined {
    const row = select.get(approvalId)
    return row === undefined ? undefined : readApproval(row['body'])
  }

  return {
    standing: (binding) => {
      const row = newest.get(binding)
      return row === undefined ? undefined : readApproval(row['body'])
    },
    add: (request, binding, { reason, expiresAt }) => {
      const approval: Approval = {
        approvalId: `apr_${randomUUID()}`,
        name: request.name,
        status: 'pending',
        requestedAt: now(),
        expiresAt,
        inputHash: inputHashOf(request),
        ...(request.toolCallId === undefined ? {} : { toolCallId: request.toolCallId }),
        ...(request.input === undefined ? {} : { input: request.input }),
        ...(reason === undefined ? {} : { reason }),
        ...(request.risk === undefined ? {} : { risk: request.risk }),
        ...(request.runId === undefined ? {} : { runId: request.runId }),
        ...(request.actionId === undefined ? {} : { actionId: request.actionId }),
        ...(request.agentId === undefined ? {} : { agentId: request.agentId }),
        ...(request.sessionKey === undefined ? {} : { sessionKey: request.sessionKey }),
      }
      insert.run(approval.approvalId, binding, expiresAt, request.runId ?? null, JSON.stringify(approval))
      return approval
    },
    get,
    list: (status) => {
      const found = status === undefined ? selectAll.iterate() : selectByStatus.iterate(status)
      return readPage(found, longestList, longestListCharacters).rows.map((row) => readApproval(row['body']))
    },
    end: (approvalId, { status, decidedBy, decisionReason, editedInput }) =>
      transact(database, () => {
        const found = get(approvalId)
        if (found === undefined || found.status !== 'pending') return undefined
        const ended: Approval = {
          ...found,
          status,
          decidedAt: now(),
          ...(decidedBy === undefined ? {} : { decidedBy }),
          ...(decisionReason === undefined ? {} : { decisionReason }),
          ...(editedInput === undefined ? {} : { editedInput }),
        }
        update.run(status, JSON.stringify(ended), approvalId)
        return ended
      }),
    use: (approvalId, actionId) =>
      markUsed.run(now(), actionId ?? null, approvalId, actionId ?? null).changes === 1,
    overdue: () => selectOverdue.all(now()).map((row) => String(row['approval_id'])),
    pendingOf: (runId) => selectOfRun.all(runId).map((row) => String(row['approval_id'])),
    nextExpiry: () => {
      const next = selectNext.get()?.['next']
      return typeof next === 'number' ? next : undefined
    },
  }
}

// Rows are written by this file only, from approvals.
function readApproval(body: unknown): Approval {
  return JSON.parse(String(body)) as Approval
}
