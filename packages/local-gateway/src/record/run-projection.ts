import type { DatabaseSync } from 'node:sqlite'
import type { ClawEvent, ClawEventData, JsonObject } from '@pincer/protocol'
import { createApprovalProjection } from './approval-projection.ts'
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

/** The longest name and words of an error, in characters, that a list shows; the event keeps all of it. */
const longest = { name: 512, words: 4_096 }

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
  const projectApproval = createApprovalProjection(database)

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
    projectApproval(event)
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
      return { slot: 'opened', head: openingHead(event.data) }
    case 'run.started':
      return { slot: 'started', head: openingHead(event.data) }
    case 'run.completed':
      return { slot: 'ended', status: 'completed', head: { durationMs: event.data.durationMs } }
    case 'run.failed':
      return { slot: 'ended', status: 'failed', head: failureHead(event.data) }
    case 'run.cancelled':
      return { slot: 'ended', status: 'cancelled', head: { durationMs: event.data.durationMs } }
    case 'run.timed_out':
      return { slot: 'ended', status: 'timed_out', head: { durationMs: event.data.durationMs } }
    default:
      return undefined
  }
}

function openingHead({ name, parentActionId }: ClawEventData['run.started']): JsonObject {
  return { name: name?.slice(0, longest.name), parentActionId: parentActionId?.slice(0, longest.name) }
}

function failureHead({ durationMs, error }: ClawEventData['run.failed']): JsonObject {
  const { message, name, code, status, requestId } = error
  return {
    durationMs,
    error: {
      message: message.slice(0, longest.words),
      name: name?.slice(0, longest.name),
      code: code?.slice(0, longest.name),
      status,
      requestId: requestId?.slice(0, longest.name),
    },
  }
}
