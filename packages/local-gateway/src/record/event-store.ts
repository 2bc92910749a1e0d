import type { DatabaseSync } from 'node:sqlite'
import type { ClawEvent } from '@pincer/protocol'
import { placeOf } from './place.ts'
import { readPage } from './read-page.ts'

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

/** An event with its place in its run. */
interface PlacedEvent {
  readonly place: string
  readonly event: ClawEvent
}

/** Some events, and whether there are others behind them. */
interface EventPage<Entry> {
  readonly entries: readonly Entry[]
  readonly more: boolean
}

/** The facts, as they arrived. */
export interface EventStore {
  insert(event: ClawEvent, provisional: boolean): InsertedEvent
  /** Position of an event by id; `undefined` where it is not in the record. */
  positionOf(eventId: string): number | undefined
  /** Position of the newest event; 0 where there is none. */
  lastPosition(): number
  /** Events that arrived after `position`, oldest first: at most `limit`, and about 1 MiB of text. */
  after(position: number, limit: number, runId?: string): EventPage<StoredEvent>
  /** Events of a run in the order of their places, after `place`: at most `limit`, and about 8 MiB of text. */
  ofRun(runId: string, place: string, limit: number): EventPage<PlacedEvent>
}

/** The text that one stream holds at once, and one page, in characters. */
const streamCharacters = 1_048_576
const pageCharacters = 8_388_608

/** How far behind a reader of one run may be before the run's own index is quicker than the newest events. */
const nearlyLive = 2_000

/** Prepares the statements of an event store. */
export function createEventStore(database: DatabaseSync): EventStore {
  const insert = database.prepare(
    `INSERT INTO events (id, type, ts, run_id, place, provisional, body) VALUES (?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (id) DO NOTHING RETURNING position`,
  )
  const replace = database.prepare(
    `UPDATE events SET ts = ?1, run_id = ?2, place = ?3, provisional = 0, body = ?4
     WHERE id = ?5 AND provisional = 1 AND type = ?6 AND (run_id IS NULL OR run_id IS ?2) RETURNING position`,
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
        : replace.get(event.ts, runId, place, body, event.id, event.type)
      if (replaced !== undefined) return { status: 'replaced', position: Number(replaced['position']), place }
      return { status: 'duplicate', position: 0, place }
    },
    positionOf(eventId) {
      const row = byId.get(eventId)
      return row === undefined ? undefined : Number(row['position'])
    },
    lastPosition,
    after(position, limit, runId) {
      const found =
        runId === undefined
          ? all.iterate(position, limit + 1)
          : lastPosition() - position < nearlyLive
            ? ofRunLive.iterate(position, runId, limit + 1)
            : ofRunReplay.iterate(runId, position, limit + 1)
      const { rows, more } = readPage(found, limit, streamCharacters)
      const read = (row: (typeof rows)[number]): StoredEvent => ({
        position: Number(row['position']),
        event: readBody(row['body']),
      })
      return { entries: rows.map(read), more }
    },
    ofRun(runId, place, limit) {
      const { rows, more } = readPage(ofRunByPlace.iterate(runId, place, limit + 1), limit, pageCharacters)
      const read = (row: (typeof rows)[number]): PlacedEvent => ({
        place: String(row['place']),
        event: readBody(row['body']),
      })
      return { entries: rows.map(read), more }
    },
  }
}

/** Only parsed events are ever stored, so that a body needs no second check. */
function readBody(body: unknown): ClawEvent {
  return JSON.parse(String(body)) as ClawEvent
}
