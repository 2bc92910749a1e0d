import type { DatabaseSync } from 'node:sqlite'
import type { ClawEvent } from '@pincer/protocol'

/**
 * Prepares the statements that tell which runs wait for an approval.
 *
 * An approval may be resolved by an event that names no run: the id alone says which question it answers. Each event
 * looks at a bounded number of rows, but the first answer, which looks at every run that asked.
 */
export function createApprovalProjection(database: DatabaseSync): (event: ClawEvent) => void {
  const anyRow = database.prepare('SELECT resolved FROM run_approvals WHERE approval_id = ? LIMIT 1')
  const ask = database.prepare(
    `INSERT INTO run_approvals (approval_id, run_id, requested, resolved) VALUES (?, ?, 1, ?)
     ON CONFLICT (approval_id, run_id) DO UPDATE SET requested = 1`,
  )
  const note = database.prepare(
    `INSERT INTO run_approvals (approval_id, run_id, requested, resolved) VALUES (?, ?, 0, 1)
     ON CONFLICT (approval_id, run_id) DO NOTHING`,
  )
  const resolve = database.prepare('UPDATE run_approvals SET resolved = 1 WHERE approval_id = ?')
  const paused = `paused = EXISTS (
    SELECT 1 FROM run_approvals AS asked
    WHERE asked.run_id = runs.run_id AND asked.requested = 1 AND asked.resolved = 0)`
  const pauseOne = database.prepare(`UPDATE runs SET ${paused} WHERE run_id = ?`)
  const pauseAll = database.prepare(
    `UPDATE runs SET ${paused} WHERE run_id IN (SELECT run_id FROM run_approvals WHERE approval_id = ? AND requested = 1)`,
  )

  return (event) => {
    if (event.type !== 'approval.requested' && event.type !== 'approval.resolved') return
    const { approvalId } = event.data
    const isResolved = anyRow.get(approvalId)?.['resolved'] === 1
    if (event.type === 'approval.requested') {
      ask.run(approvalId, event.runId ?? '', isResolved ? 1 : 0)
      if (event.runId !== undefined) pauseOne.run(event.runId)
    } else if (!isResolved) {
      note.run(approvalId, event.runId ?? '')
      resolve.run(approvalId)
      pauseAll.run(approvalId)
    }
  }
}
