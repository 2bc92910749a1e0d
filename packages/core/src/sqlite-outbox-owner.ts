import { hostname } from 'node:os'
import type { DatabaseSync } from 'node:sqlite'

interface OwnerRow {
  readonly owner: string
  readonly host: string
  readonly pid: number
  readonly started: number
  readonly alive_until: number
}

const beatMs = 5_000
const leaseMs = 20_000

/** One process among those that share an outbox file: shows that it lives, and takes over from those that do not. */
export class SqliteOutboxOwner {
  readonly id: string = crypto.randomUUID()
  readonly #database: DatabaseSync
  readonly #host = hostname()
  // Tells this process from an earlier one of the same number, as in a container where it is always 1.
  readonly #started = Math.round(Date.now() - process.uptime() * 1000)
  #beat: NodeJS.Timeout | undefined

  constructor(database: DatabaseSync) {
    this.#database = database
  }

  /** Registers, takes over what the dead left, and goes on doing so; `onAdopted` hears how many events came by that. */
  start(onAdopted: (events: number) => void, onError: (error: unknown) => void): void {
    const beat = (): void => {
      try {
        const adopted = this.#register()
        if (adopted > 0) onAdopted(adopted)
      } catch (error) {
        onError(error)
      }
    }
    beat()
    this.#beat = setInterval(beat, beatMs)
    this.#beat.unref()
  }

  /** Leaves what is undelivered to the others. */
  stop(): void {
    clearInterval(this.#beat)
    this.#database.prepare('DELETE FROM owners WHERE owner = ?').run(this.id)
  }

  // One transaction that excludes the other processes: each event is taken over by one of them.
  #register(): number {
    this.#database.exec('BEGIN IMMEDIATE')
    try {
      const now = Date.now()
      this.#database
        .prepare(
          'INSERT OR REPLACE INTO owners (owner, host, pid, started, alive_until) VALUES (?, ?, ?, ?, ?)',
        )
        .run(this.id, this.#host, process.pid, this.#started, now + leaseMs)
      const rows = this.#database.prepare('SELECT * FROM owners WHERE owner <> ?').all(this.id)
      const dead = (rows as unknown as OwnerRow[]).filter((row) => !this.#isAlive(row, now))
      const bury = this.#database.prepare('DELETE FROM owners WHERE owner = ?')
      for (const row of dead) bury.run(row.owner)
      const { changes } = this.#database
        .prepare('UPDATE events SET owner = ? WHERE owner NOT IN (SELECT owner FROM owners)')
        .run(this.id)
      this.#database.exec('COMMIT')
      return Number(changes)
    } catch (error) {
      this.#database.exec('ROLLBACK')
      throw error
    }
  }

  #isAlive(row: OwnerRow, now: number): boolean {
    if (row.alive_until < now) return false
    if (row.host !== this.#host) return true
    if (row.pid === process.pid) return Math.abs(row.started - this.#started) < 2_000
    return isRunning(row.pid)
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    // A process of another user may not be asked, but it is there.
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}
