import type { DatabaseSync } from 'node:sqlite'
import type { ClawEvent, JsonObject } from '@pincer/protocol'
import type { KeptEvent } from './projection.ts'

/** What an event fills in its run's row. */
interface RunSlot {
  readonly slot: 'opened' | 'started' | 'ended'
  /** The little of the event that a list shows. */
  readonly head: JsonObject
  readonly status?: string
}

/** Types that say a run waits to begin; every other type says that it has begun. */
const quietTypes: ReadonlySet<string> = new Set([
  'run.created',
  'run.queued',
  'session.created',
  'session.updated',
])

/** Prepares the statements that keep the rows of runs. */
export function createRunProjection(database: DatabaseSync): (kept: KeptEvent) => void {
  // The smaller of two values wins where events of one run disagree; scalar min() of a null would be null.
  const least = (column: string): string =>
    `${column} = coalesce(min(${column}, excluded.${column}), ${column}, excluded.${column})`
  const touch = database.prepare(
    `INSERT INTO runs (run_id, parent_run_id, agent_id, session_key, first_ts, active) VALUES (?, ?, ?, ?, ?, ?)
     ON CONFLICT (run_id) DO UPDATE SET ${least('parent_run_id')}, ${least('agent_id')}, ${least('session_key')},
       first_ts = min(first_ts, excluded.first_ts), active = max(active, excluded.active)`,
  )
  const fill = {
    opened: fillSlot(database, 'opened'),
    started: fillSlot(database, 'started'),
    ended: fillSlot(database, 'ended'),
  }
  const endStatus = database.prepare('UPDATE runs SET ended_status = ? WHERE run_id = ?')
  const forgetFirst = database.prepare(
    'UPDATE runs SET first_ts = (SELECT min(ts) FROM events WHERE events.run_id = runs.run_id) WHERE run_id = ?',
  )
  const markApproval = database.prepare(
    `INSERT INTO run_approvals (approval_id, run_id, requested, resolved) VALUES (?, ?, ?, ?)
     ON CONFLICT (approval_id, run_id) DO UPDATE SET
       requested = max(requested, excluded.requested), resolved = max(resolved, excluded.resolved)`,
  )
  // An approval may be resolved by an event that names no run: the id alone says which question it answers.
  const pause = database.prepare(
    `UPDATE runs SET paused = EXISTS (
       SELECT 1 FROM run_approvals AS asked WHERE asked.run_id = runs.run_id AND asked.requested = 1 AND NOT EXISTS (
         SELECT 1 FROM run_approvals AS answer WHERE answer.approval_id = asked.approval_id AND answer.resolved = 1))
     WHERE run_id IN (SELECT run_id FROM run_approvals WHERE approval_id = ?)`,
  )

  return ({ event, position, place, replaced }) => {
    const { runId } = event
    if (runId !== undefined) {
      touch.run(
        runId,
        event.parentRunId ?? null,
        event.agentId ?? null,
        event.sessionKey ?? null,
        event.ts,
        quietTypes.has(event.type) ? 0 : 1,
      )
      if (replaced) forgetFirst.run(runId)
      const slot = slotOf(event)
      if (slot !== undefined) {
        const won = fill[slot.slot].run(
          position,
          place,
          event.ts,
          JSON.stringify(slot.head),
          runId,
          place,
        ).changes
        if (won > 0 && slot.status !== undefined) endStatus.run(slot.status, runId)
      }
    }
    if (event.type === 'approval.requested' || event.type === 'approval.resolved') {
      const asked = event.type === 'approval.requested'
      markApproval.run(event.data.approvalId, runId ?? '', asked ? 1 : 0, asked ? 0 : 1)
      pause.run(event.data.approvalId)
    }
  }
}

function fillSlot(database: DatabaseSync, slot: RunSlot['slot']): ReturnType<DatabaseSync['prepare']> {
  return database.prepare(
    `UPDATE runs SET ${slot} = ?, ${slot}_place = ?, ${slot}_ts = ?, ${slot}_head = ?
     WHERE run_id = ? AND (${slot}_place IS NULL OR ${slot}_place > ?)`,
  )
}

function slotOf(event: ClawEvent): RunSlot | undefined {
  switch (event.type) {
    case 'run.created':
    case 'run.queued':
      return { slot: 'opened', head: { name: event.data.name, parentActionId: event.data.parentActionId } }
    case 'run.started':
      return { slot: 'started', head: { name: event.data.name, parentActionId: event.data.parentActionId } }
    case 'run.completed':
      return { slot: 'ended', status: 'completed', head: { durationMs: event.data.durationMs } }
    case 'run.failed':
      return {
        slot: 'ended',
        status: 'failed',
        head: { durationMs: event.data.durationMs, error: { ...event.data.error } },
      }
    case 'run.cancelled':
      return { slot: 'ended', status: 'cancelled', head: { durationMs: event.data.durationMs } }
    case 'run.timed_out':
      return { slot: 'ended', status: 'timed_out', head: { durationMs: event.data.durationMs } }
    default:
      return undefined
  }
}
