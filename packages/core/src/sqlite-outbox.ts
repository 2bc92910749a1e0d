import { chmodSync } from 'node:fs'
import { DatabaseSync, type StatementSync } from 'node:sqlite'

import { type ClawEvent, parseEvent, PincerError } from '@pincer/protocol'

import { check, checkOptions, fillNumbers, type Numbers, type OptionTable } from './option-check.ts'
import { createMemoryOutbox } from './memory-outbox.ts'
import type {
  DeadLetter,
  OutboxBounds,
  OutboxEntry,
  OutboxSize,
  OutboxStore,
  Priority,
} from './outbox-store.ts'
import { readField } from './read-field.ts'
import { SqliteOutboxOwner } from './sqlite-outbox-owner.ts'
import { sqliteOutboxSchema } from './sqlite-outbox-schema.ts'

/** How a durable outbox is opened. */
export interface SqliteOutboxOptions {
  /** The file; several processes may share it. It is readable by its owner only. */
  readonly path: string
  /** Most events kept for one process; default 100 000. */
  readonly maxEvents?: number
  /** Most bytes kept for one process; default 256 MiB. */
  readonly maxBytes?: number
  /** Told where the file cannot be used; events wait in memory meanwhile. */
  readonly onError?: (error: unknown) => void
}

interface Row {
  readonly position: number
  readonly priority: number
  readonly bytes: number
  readonly body: string
}

const maker = 'sqliteOutbox: '
const defaultBounds: Numbers<keyof OutboxBounds> = {
  maxEvents: 100_000,
  maxBytes: 256 * 1024 * 1024,
}
const table: OptionTable<SqliteOutboxOptions> = { path: 'string', onError: 'function', ...defaultBounds }
const maxDeadLetters = 10_000
const fallbackBounds: OutboxBounds = { maxEvents: 10_000, maxBytes: 8 * 1024 * 1024 }
const rowFields = 'position, priority, bytes, body'
const nothing: readonly OutboxEntry[] = []
// Recording must not hold up the host: where another process writes for longer than this, events wait in memory.
const busyMs = 250
// After a refusal the file is left alone for so long, twice as long after each further one, so that not every event pays.
const refusedMs = 250
const longestRefusedMs = 8_000

/**
 * Opens an outbox in a SQLite file, so that events outlive the process that recorded them.
 *
 * Each event is delivered by one of the processes that share the file; what a crashed process left is taken over.
 *
 * @throws PincerError with code `invalid_option` where the file cannot be opened, or where none is named
 * @example
 * const claw = createClient({ gateway: localGateway(), outbox: { store: sqliteOutbox({ path: './outbox.sqlite' }) } })
 */
export function sqliteOutbox(options: SqliteOutboxOptions): OutboxStore {
  checkOptions('sqliteOutbox', '', options ?? {}, table, "{ path: './outbox.sqlite' }")
  const path: unknown = readField(options, 'path')
  check(
    typeof path === 'string' && path !== '' && !/^(?:file:)?:memory:/.test(path),
    `${maker}path`,
    'a file such as ./outbox.sqlite, since a durable outbox outlives its process',
    path,
  )
  return new SqliteOutbox(options)
}

class SqliteOutbox implements OutboxStore {
  readonly #database: DatabaseSync
  readonly #bounds: OutboxBounds
  readonly #onError: (error: unknown) => void
  readonly #owner: SqliteOutboxOwner
  readonly #insert: StatementSync
  readonly #select: StatementSync
  readonly #selectLeast: StatementSync
  readonly #delete: StatementSync
  readonly #count: StatementSync
  readonly #taken = new Map<OutboxEntry, number>()
  // Positions that are settled, but that the file did not let go of yet.
  readonly #settled = new Set<number>()
  // Where the disk refuses, events wait here.
  readonly #fallback = createMemoryOutbox(fallbackBounds)
  #onArrival: (events: number) => void = () => {}
  #refusedUntil = 0
  #refusedMs = refusedMs
  #events = 0
  #bytes = 0

  constructor(options: SqliteOutboxOptions) {
    this.#bounds = fillNumbers(maker, options, defaultBounds)
    this.#onError = options.onError ?? (() => {})
    this.#database = openOutboxFile(options.path)
    this.#insert = this.#database.prepare(
      'INSERT OR IGNORE INTO events (id, owner, ts, priority, bytes, body) VALUES (?, ?, ?, ?, ?, ?)',
    )
    this.#select = this.#database.prepare(
      `SELECT ${rowFields} FROM events WHERE owner = ? ORDER BY position LIMIT ?`,
    )
    this.#selectLeast = this.#database.prepare(
      `SELECT ${rowFields} FROM events WHERE owner = ? AND position > ? ORDER BY priority, position LIMIT 1`,
    )
    this.#delete = this.#database.prepare('DELETE FROM events WHERE position = ? AND owner = ?')
    this.#count = this.#database.prepare(
      'SELECT count(*) AS events, coalesce(sum(bytes), 0) AS bytes FROM events WHERE owner = ?',
    )
    this.#owner = new SqliteOutboxOwner(this.#database)
    this.#owner.start((events) => {
      this.#recount()
      this.#onArrival(events)
    }, this.#onError)
    this.#database.exec(`PRAGMA busy_timeout = ${busyMs}`)
  }

  add(entry: OutboxEntry): readonly OutboxEntry[] {
    if (this.#isRefused) return this.#fallback.add(entry)
    const { event, priority } = entry
    try {
      const body = JSON.stringify(event)
      if (body.length > this.#bounds.maxBytes) return [entry]
      const { id } = this.#owner
      const { changes } = this.#insert.run(event.id, id, event.ts, priority, body.length, body)
      this.#refusedMs = refusedMs
      if (changes === 0) return nothing
      this.#events++
      this.#bytes += body.length
    } catch (error) {
      this.#refuse(error)
      return this.#fallback.add(entry)
    }
    return this.#events > this.#bounds.maxEvents || this.#bytes > this.#bounds.maxBytes
      ? this.#trim()
      : nothing
  }

  take(maxEvents: number, maxBytes: number): readonly OutboxEntry[] {
    this.#deleteSettled()
    const waiting = this.#fallback.size()
    if (waiting.events > 0 && (waiting.oldestTs ?? 0) < this.#oldestTs())
      return this.#fallback.take(maxEvents, maxBytes)
    const entries: OutboxEntry[] = []
    let bytes = 0
    try {
      const rows = this.#select.all(this.#owner.id, maxEvents + this.#settled.size) as unknown as Row[]
      for (const row of rows) {
        if (this.#settled.has(row.position)) continue
        if (entries.length === maxEvents || (entries.length > 0 && bytes + row.bytes > maxBytes)) break
        const entry = this.#read(row)
        if (entry === undefined) continue
        bytes += row.bytes
        this.#taken.set(entry, row.position)
        entries.push(entry)
      }
      // Another process may have taken over what this one was too slow to show life for.
      if (entries.length === 0) this.#recount()
    } catch (error) {
      this.#onError(error)
    }
    return entries.length === 0 ? this.#fallback.take(maxEvents, maxBytes) : entries
  }

  putBack(): readonly OutboxEntry[] {
    this.#taken.clear()
    return this.#fallback.putBack([])
  }

  settle(entries: readonly OutboxEntry[]): void {
    this.#fallback.settle(entries)
    for (const entry of entries) this.#markSettled(entry)
    this.#deleteSettled()
  }

  reject(entry: OutboxEntry, code: string, message: string): void {
    try {
      this.#bury(code, message, JSON.stringify(entry.event))
      this.settle([entry])
    } catch (error) {
      this.#refuse(error)
      this.#markSettled(entry)
      this.#fallback.reject(entry, code, message)
    }
  }

  deadLetters(): readonly DeadLetter[] {
    const inMemory = this.#fallback.deadLetters()
    try {
      const rows = this.#database
        .prepare('SELECT code, message, body FROM dead_letters ORDER BY position DESC LIMIT 100')
        .all()
      const inFile = rows.flatMap((row) => {
        const event = readEvent(String(row['body']))
        return event ? [{ event, code: String(row['code']), message: String(row['message']) }] : []
      })
      return [...inMemory, ...inFile]
    } catch (error) {
      this.#onError(error)
      return inMemory
    }
  }

  size(): OutboxSize {
    const waiting = this.#fallback.size()
    const events = this.#events + waiting.events
    if (events === 0) return { events, bytes: 0 }
    const oldestTs = Math.min(this.#oldestTs(), waiting.oldestTs ?? Infinity)
    return { events, bytes: this.#bytes + waiting.bytes, ...(Number.isFinite(oldestTs) ? { oldestTs } : {}) }
  }

  watch(onArrival: (events: number) => void): void {
    this.#onArrival = onArrival
  }

  close(): readonly OutboxEntry[] {
    this.#refusedUntil = 0
    this.#deleteSettled()
    try {
      this.#owner.stop()
    } catch (error) {
      this.#onError(error)
    }
    if (this.#database.isOpen) this.#database.close()
    return this.#fallback.close()
  }

  get #isRefused(): boolean {
    return performance.now() < this.#refusedUntil
  }

  #refuse(error: unknown): void {
    this.#refusedUntil = performance.now() + this.#refusedMs
    this.#refusedMs = Math.min(this.#refusedMs * 2, longestRefusedMs)
    this.#onError(error)
  }

  #markSettled(entry: OutboxEntry): void {
    const position = this.#taken.get(entry)
    if (position === undefined) return
    this.#taken.delete(entry)
    this.#settled.add(position)
    this.#events--
    this.#bytes -= entry.bytes
  }

  // Where the file refuses, what is settled stays in it for now and is not sent again by this process.
  #deleteSettled(): void {
    if (this.#settled.size === 0 || this.#isRefused) return
    try {
      this.#database.exec('BEGIN IMMEDIATE')
      for (const position of this.#settled) this.#delete.run(position, this.#owner.id)
      this.#database.exec('COMMIT')
      this.#settled.clear()
    } catch (error) {
      if (this.#database.isOpen && this.#database.isTransaction) this.#database.exec('ROLLBACK')
      this.#refuse(error)
    }
  }

  #trim(): readonly OutboxEntry[] {
    const dropped: OutboxEntry[] = []
    let takenUpTo = 0
    for (const position of [...this.#taken.values(), ...this.#settled])
      takenUpTo = Math.max(takenUpTo, position)
    try {
      while (this.#events > this.#bounds.maxEvents || this.#bytes > this.#bounds.maxBytes) {
        const row = this.#selectLeast.get(this.#owner.id, takenUpTo) as unknown as Row | undefined
        if (row === undefined) break
        const entry = this.#read(row)
        if (entry === undefined) continue
        this.#delete.run(row.position, this.#owner.id)
        this.#events--
        this.#bytes -= row.bytes
        dropped.push(entry)
      }
    } catch (error) {
      this.#refuse(error)
    }
    return dropped
  }

  #read(row: Row): OutboxEntry | undefined {
    const event = readEvent(row.body)
    if (event === undefined) {
      const why = 'the outbox file holds something that is not an event'
      this.#bury('unreadable', why, row.body)
      this.#delete.run(row.position, this.#owner.id)
      this.#events--
      this.#bytes -= row.bytes
      this.#onError(new PincerError('protocol', `${why}; it was moved to the table dead_letters`))
      return undefined
    }
    return {
      event,
      bytes: row.bytes,
      priority: row.priority as Priority,
    }
  }

  #bury(code: string, message: string, body: string): void {
    this.#database
      .prepare('INSERT INTO dead_letters (code, message, body) VALUES (?, ?, ?)')
      .run(code, message, body)
    this.#database
      .prepare('DELETE FROM dead_letters WHERE position <= (SELECT max(position) FROM dead_letters) - ?')
      .run(maxDeadLetters)
  }

  #oldestTs(): number {
    try {
      const oldest = this.#database
        .prepare('SELECT ts FROM events WHERE owner = ? ORDER BY position LIMIT 1')
        .get(this.#owner.id)
      return Number(oldest?.['ts'] ?? Infinity)
    } catch (error) {
      this.#onError(error)
      return Infinity
    }
  }

  #recount(): void {
    if (this.#settled.size > 0) return
    const total = this.#count.get(this.#owner.id)
    this.#events = Number(total?.['events'])
    this.#bytes = Number(total?.['bytes'])
  }
}

function openOutboxFile(path: string): DatabaseSync {
  let database: DatabaseSync | undefined
  try {
    database = new DatabaseSync(path)
    chmodSync(path, 0o600)
    database.exec(sqliteOutboxSchema)
    return database
  } catch (error) {
    database?.close()
    const why = error instanceof Error ? error.message : String(error)
    throw new PincerError(
      'invalid_option',
      `${maker}"${path}" cannot be opened as an outbox file: ${why}; its folder must exist and be writable`,
      { cause: error },
    )
  }
}

function readEvent(body: string): ClawEvent | undefined {
  try {
    return parseEvent(JSON.parse(body))
  } catch {
    return undefined
  }
}
