import type { Claw, Run } from '@pincer/core'

import type { Entry } from './exporter-entry.ts'
import type { RecordedModels } from './exporter-models.ts'

const mostEntries = 10_000
const mostPaused = 1_000
const mostRunIds = 10_000
// How long what has ended is kept for what comes late, such as a scorer of a run.
const endedTtlMs = 60_000
// How many entries are looked at whenever one is added: more than one, so that those that have ended become fewer.
const lookedAt = 2

/** A run that was suspended, until it goes on. */
export interface PausedRun {
  readonly run: Run
  readonly models: RecordedModels
  readonly approvalId: string
  /** Name of the tool or the step that it waits for. */
  readonly name: string
  readonly toolCallId: string | undefined
  /** True where the guard asks, and tells of the question and its answer. */
  readonly isGuards: boolean
}

/** The parts of Mastra's traces that one client records, and the runs that wait; both are bounded. */
export class EntryTable {
  readonly #entries = new Map<string, Entry>()
  readonly #paused = new Map<string, PausedRun>()
  readonly #running = new Map<string, Entry>()
  readonly #runIds = new Set<string>()

  /** How many parts and paused runs are kept. */
  get size(): number {
    return this.#entries.size + this.#paused.size
  }

  /** The part with this id of Mastra's. */
  get(id: string | undefined): Entry | undefined {
    return id === undefined ? undefined : this.#entries.get(id)
  }

  /** Adds a part that starts. */
  add(entry: Entry): void {
    this.#sweep(entry.part.startedAt)
    this.#entries.set(entry.part.id, entry)
    if (this.#entries.size <= mostEntries) return
    for (const [oldest] of this.#entries) {
      this.#entries.delete(oldest)
      return
    }
  }

  /**
   * Says that a run starts, and gives back the one that has not ended under the same name: before Mastra told that a run was
   * suspended, and that it goes on, it just began again.
   */
  run(key: string, entry: Entry): Entry | undefined {
    const earlier = this.#running.get(key)
    this.#running.delete(key)
    this.#running.set(key, entry)
    if (this.#running.size > mostRunIds)
      for (const oldest of this.#running.keys()) {
        this.#running.delete(oldest)
        break
      }
    return earlier?.endedAt === undefined ? earlier : undefined
  }

  /** Says that a run has ended, or was suspended. */
  leave(key: string, entry: Entry): void {
    if (this.#running.get(key) === entry) this.#running.delete(key)
  }

  /** True for the first who wants this id for a run: whoever comes later gets one of its own. */
  claimRunId(runId: string): boolean {
    if (this.#runIds.has(runId)) return false
    this.#runIds.add(runId)
    if (this.#runIds.size > mostRunIds) {
      const [oldest] = this.#runIds
      if (oldest !== undefined) this.#runIds.delete(oldest)
    }
    return true
  }

  /** Keeps a run until Mastra goes on with it. */
  pause(key: string, paused: PausedRun): void {
    this.#paused.delete(key)
    this.#paused.set(key, paused)
    if (this.#paused.size <= mostPaused) return
    for (const [oldest, { run, approvalId, isGuards }] of this.#paused) {
      this.#paused.delete(oldest)
      const reason = `more than ${mostPaused} runs were suspended`
      if (!isGuards) run.resume({ approvalId, status: 'cancelled', reason })
      if (!run.ended) run.cancel(reason)
      return
    }
  }

  /** Takes out the run that Mastra goes on with. */
  take(key: string): PausedRun | undefined {
    const paused = this.#paused.get(key)
    this.#paused.delete(key)
    return paused?.run.ended === true ? undefined : paused
  }

  // Those that were looked at go to the end, and those that have ended long ago go. What never ends has a run that core ends.
  #sweep(now: number): void {
    let count = 0
    for (const [id, entry] of this.#entries) {
      if (count++ === lookedAt) return
      this.#entries.delete(id)
      const endedAt = entry.endedAt ?? (entry.place?.ended === true ? entry.part.startedAt : undefined)
      if (endedAt === undefined || now - endedAt < endedTtlMs) this.#entries.set(id, entry)
    }
  }
}

const tables = new WeakMap<Claw, EntryTable>()

/** The table of a client, which all its exporters share, so that what several of them are told is recorded once. */
export function entryTableOf(claw: Claw): EntryTable {
  let table = tables.get(claw)
  if (table === undefined) tables.set(claw, (table = new EntryTable()))
  return table
}
