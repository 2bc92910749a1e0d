import type { DatabaseSync } from 'node:sqlite'
import type { ClawEvent } from '@pincer/protocol'
import { placeOf } from './place.ts'

/** What came of handing an event to the store; `replaced` is a provisional event whose real one arrived. */
interface InsertedEvent {
  readonly status: 'accepted' | 'replaced' | 'duplicate'
  readonly position: number
  readonly place: string
}

/** An event with its position in the order of arrival, from 1. */
interface StoredEvent {
  readonly position: number
  readonly event: ClawEvent
}

/** The facts, as they arrived. */
export interface EventStore {
  insert(event: ClawEvent, provisional: boolean): InsertedEvent
  /** Position of an event by id; `undefined` where it is not in the record. */
  positionOf(eventId: string): number | undefined
  /** Position of the newest event; 0 where there is none. */
  lastPosition(): number
  /** Events that arrived after `position`, oldest first. */
  after(position: number, limit: number, runId?: string): readonly StoredEvent[]
  /** Events of a run in the order of their places, after `place`. */
  ofRun(
    runId: string,
    place: string,
    limit: number,
  ): readonly { readonly place: string; readonly event: ClawEvent }[]
}

/** How far behind a reader of one run may be before the run's own index is quicker than the newest events. */
const nearlyLive = 2_000

/** Prepares the statements of an event store. */
export function createEventStore(database: DatabaseSync): EventStore {
  const insert = database.prepare(
    `INSERT INTO events (id, type, ts, run_id, place, provisional, body) VALUES (?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (id) DO NOTHING RETURNING position`,
  )
  const replace = database.prepare(
    `UPDATE events SET type = ?, ts = ?, run_id = ?, place = ?, provisional = 0, body = ?
     WHERE id = ? AND provisional = 1 RETURNING position`,
  )
  const byId = database.prepare('SELECT position FROM events WHERE id = ?')
  const last = database.prepare('SELECT coalesce(max(position), 0) AS position FROM events')
  const all = database.prepare(
    'SELECT position, body FROM events WHERE position > ? ORDER BY position LIMIT ?',
  )
  const ofRunLive = database.prepare(
    'SELECT position, body FROM events NOT INDEXED WHERE position > ? AND run_id = ? ORDER BY position LIMIT ?',
  )
  const ofRunReplay = database.prepare(
    'SELECT position, body FROM events INDEXED BY events_of_run WHERE run_id = ? AND position > ? ORDER BY position LIMIT ?',
  )
  const ofRunByPlace = database.prepare(
    'SELECT place, body FROM events WHERE run_id = ? AND place > ? ORDER BY place LIMIT ?',
  )
  const lastPosition = (): number => Number(last.get()?.['position'])

  return {
    insert(event, provisional) {
      const place = placeOf(event)
      const body = JSON.stringify(event)
      const runId = event.runId ?? null
      const inserted = insert.get(event.id, event.type, event.ts, runId, place, provisional ? 1 : 0, body)
      if (inserted !== undefined) return { status: 'accepted', position: Number(inserted['position']), place }
      const replaced = provisional
        ? undefined
        : replace.get(event.type, event.ts, runId, place, body, event.id)
      if (replaced !== undefined) return { status: 'replaced', position: Number(replaced['position']), place }
      return { status: 'duplicate', position: 0, place }
    },
    positionOf(eventId) {
      const row = byId.get(eventId)
      return row === undefined ? undefined : Number(row['position'])
    },
    lastPosition,
    after(position, limit, runId) {
      const rows =
        runId === undefined
          ? all.all(position, limit)
          : lastPosition() - position < nearlyLive
            ? ofRunLive.all(position, runId, limit)
            : ofRunReplay.all(runId, position, limit)
      return rows.map((row) => ({ position: Number(row['position']), event: readBody(row['body']) }))
    },
    ofRun: (runId, place, limit) =>
      ofRunByPlace
        .all(runId, place, limit)
        .map((row) => ({ place: String(row['place']), event: readBody(row['body']) })),
  }
}

/** Only parsed events are ever stored, so that a body needs no second check. */
function readBody(body: unknown): ClawEvent {
  return JSON.parse(String(body)) as ClawEvent
}
