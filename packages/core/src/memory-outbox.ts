import type { DeadLetter, OutboxBounds, OutboxEntry, OutboxSize, OutboxStore } from './outbox-store.ts'

const maxDeadLetters = 100
const maxHoles = 1_024
const nothing: readonly OutboxEntry[] = []

/** Keeps events in memory, in order, bounded by count and bytes; dropping looks at each event once. */
export class MemoryOutbox implements OutboxStore {
  readonly #bounds: OutboxBounds
  // What is gone leaves a hole, until there are more holes than events.
  #waiting: (OutboxEntry | undefined)[] = []
  // Nothing waits before this position.
  #first = 0
  // For each priority, nothing waits before this position.
  #candidates: [number, number, number] = [0, 0, 0]
  // What is on its way: older than what waits.
  #taken: readonly OutboxEntry[] = nothing
  #dead: readonly DeadLetter[] = []
  #events = 0
  #bytes = 0

  constructor(bounds: OutboxBounds) {
    this.#bounds = bounds
  }

  add(entry: OutboxEntry): readonly OutboxEntry[] {
    // Nothing that was kept has to go for what can never be kept.
    if (entry.bytes > this.#bounds.maxBytes) return [entry]
    this.#waiting.push(entry)
    this.#events++
    this.#bytes += entry.bytes
    return this.#isOver ? this.#trim() : nothing
  }

  take(maxEvents: number, maxBytes: number): readonly OutboxEntry[] {
    this.#untake()
    const entries: OutboxEntry[] = []
    let bytes = 0
    while (this.#first < this.#waiting.length && entries.length < maxEvents) {
      const entry = this.#waiting[this.#first]
      if (entry !== undefined) {
        bytes += entry.bytes
        if (entries.length > 0 && bytes > maxBytes) break
        entries.push(entry)
        this.#waiting[this.#first] = undefined
      }
      this.#first++
    }
    this.#taken = entries
    this.#fillHoles()
    return entries
  }

  putBack(): readonly OutboxEntry[] {
    this.#untake()
    return this.#trim()
  }

  settle(entries: readonly OutboxEntry[]): void {
    const settled = new Set(entries)
    const left: OutboxEntry[] = []
    for (const entry of this.#taken) {
      if (settled.has(entry)) this.#forget(entry)
      else left.push(entry)
    }
    this.#taken = left
  }

  reject(entry: OutboxEntry, code: string, message: string): void {
    this.settle([entry])
    this.#dead = [...this.#dead, { event: entry.event, code, message }].slice(-maxDeadLetters)
  }

  deadLetters(): readonly DeadLetter[] {
    return this.#dead
  }

  size(): OutboxSize {
    const oldest = this.#taken[0] ?? this.#waiting[this.#first]
    return { events: this.#events, bytes: this.#bytes, ...(oldest && { oldestTs: oldest.event.ts }) }
  }

  close(): readonly OutboxEntry[] {
    this.#untake()
    const lost = this.#waiting.filter((entry) => entry !== undefined)
    this.#waiting = []
    this.#first = this.#events = this.#bytes = 0
    return lost
  }

  get #isOver(): boolean {
    return this.#events > this.#bounds.maxEvents || this.#bytes > this.#bounds.maxBytes
  }

  #untake(): void {
    if (this.#taken.length === 0) return
    this.#waiting = [...this.#taken, ...this.#waiting.slice(this.#first)]
    this.#taken = nothing
    this.#first = 0
    this.#candidates = [0, 0, 0]
  }

  #forget(entry: OutboxEntry): void {
    this.#events--
    this.#bytes -= entry.bytes
  }

  #fillHoles(): void {
    while (this.#first < this.#waiting.length && this.#waiting[this.#first] === undefined) this.#first++
    if (this.#waiting.length <= this.#events * 2 + maxHoles) return
    this.#waiting = this.#waiting.filter((entry) => entry !== undefined)
    this.#first = 0
    this.#candidates = [0, 0, 0]
  }

  // What is on its way stays; of the rest the oldest of the lowest priority goes first.
  #trim(): readonly OutboxEntry[] {
    const dropped: OutboxEntry[] = []
    for (const priority of [0, 1, 2] as const) {
      let position = Math.max(this.#candidates[priority], this.#first)
      for (; this.#isOver && position < this.#waiting.length; position++) {
        const entry = this.#waiting[position]
        if (entry?.priority !== priority) continue
        this.#waiting[position] = undefined
        this.#forget(entry)
        dropped.push(entry)
      }
      this.#candidates[priority] = position
    }
    this.#fillHoles()
    return dropped
  }
}
