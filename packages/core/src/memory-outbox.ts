import type { DeadLetter, OutboxBounds, OutboxEntry, OutboxSize, OutboxStore } from './outbox-store.ts'

const maxDeadLetters = 100
const nothing: readonly OutboxEntry[] = []

/** Keeps events in memory, in order, bounded by count and bytes; dropping looks at each event once. */
export class MemoryOutbox implements OutboxStore {
  readonly #bounds: OutboxBounds
  // What is gone leaves a hole until the holes at the front are cut off; positions count from the very first event.
  #slots: (OutboxEntry | undefined)[] = []
  #offset = 0
  #first = 0
  readonly #taken = new Map<OutboxEntry, number>()
  #takenEnd = 0
  // For each priority the first position that may hold an event to drop.
  #candidates: [number, number, number] = [0, 0, 0]
  readonly #dead: DeadLetter[] = []
  #events = 0
  #bytes = 0

  constructor(bounds: OutboxBounds) {
    this.#bounds = bounds
  }

  add(entry: OutboxEntry): readonly OutboxEntry[] {
    this.#slots.push(entry)
    this.#events++
    this.#bytes += entry.bytes
    return this.#isOver ? this.#trim() : nothing
  }

  take(maxEvents: number, maxBytes: number): readonly OutboxEntry[] {
    const entries: OutboxEntry[] = []
    let bytes = 0
    for (let position = this.#first; position < this.#end && entries.length < maxEvents; position++) {
      const entry = this.#at(position)
      if (entry === undefined) continue
      if (entries.length > 0 && bytes + entry.bytes > maxBytes) break
      bytes += entry.bytes
      entries.push(entry)
      this.#taken.set(entry, position)
      this.#takenEnd = position + 1
    }
    return entries
  }

  putBack(): readonly OutboxEntry[] {
    this.#taken.clear()
    this.#takenEnd = this.#first
    this.#candidates = [this.#first, this.#first, this.#first]
    return this.#trim()
  }

  settle(entries: readonly OutboxEntry[]): void {
    for (const entry of entries) {
      const position = this.#taken.get(entry)
      if (position !== undefined && this.#taken.delete(entry)) this.#remove(entry, position)
    }
    this.#cutFront()
  }

  reject(entry: OutboxEntry, code: string, message: string): void {
    this.settle([entry])
    this.#dead.push({ event: entry.event, code, message })
    if (this.#dead.length > maxDeadLetters) this.#dead.shift()
  }

  deadLetters(): readonly DeadLetter[] {
    return this.#dead
  }

  size(): OutboxSize {
    const oldest = this.#at(this.#first)
    return { events: this.#events, bytes: this.#bytes, ...(oldest && { oldestTs: oldest.event.ts }) }
  }

  close(): readonly OutboxEntry[] {
    const lost = this.#slots.filter((entry) => entry !== undefined)
    this.#slots = []
    this.#events = this.#bytes = 0
    return lost
  }

  get #end(): number {
    return this.#offset + this.#slots.length
  }

  get #isOver(): boolean {
    return this.#events > this.#bounds.maxEvents || this.#bytes > this.#bounds.maxBytes
  }

  #at(position: number): OutboxEntry | undefined {
    return this.#slots[position - this.#offset]
  }

  #remove(entry: OutboxEntry, position: number): void {
    this.#slots[position - this.#offset] = undefined
    this.#events--
    this.#bytes -= entry.bytes
  }

  #cutFront(): void {
    while (this.#first < this.#end && this.#at(this.#first) === undefined) this.#first++
    const holes = this.#first - this.#offset
    if (holes < 1_024 || holes * 2 < this.#slots.length) return
    this.#slots = this.#slots.slice(holes)
    this.#offset = this.#first
  }

  // What was taken is on its way and stays; of the rest the oldest of the lowest priority goes first.
  #trim(): readonly OutboxEntry[] {
    const dropped: OutboxEntry[] = []
    for (const priority of [0, 1, 2] as const) {
      let position = Math.max(this.#candidates[priority], this.#takenEnd, this.#first)
      for (; this.#isOver && position < this.#end; position++) {
        const entry = this.#at(position)
        if (entry?.priority !== priority) continue
        this.#remove(entry, position)
        dropped.push(entry)
      }
      this.#candidates[priority] = position
    }
    this.#cutFront()
    return dropped
  }
}
