import type { DeadLetter, OutboxBounds, OutboxEntry, OutboxSize, OutboxStore } from './outbox-store.ts'

const maxDeadLetters = 100
const maxHoles = 1_024
const nothing: readonly OutboxEntry[] = []

/** Keeps events in memory, in order, bounded by count and bytes; dropping looks at each event once. */
export class MemoryOutbox implements OutboxStore {
  readonly #bounds: OutboxBounds
  // What is gone leaves a hole, until there are more holes than events.
  #slots: (OutboxEntry | undefined)[] = []
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
    // Nothing that was kept has to go for what can never be kept.
    if (entry.bytes > this.#bounds.maxBytes) return [entry]
    this.#slots.push(entry)
    this.#events++
    this.#bytes += entry.bytes
    return this.#isOver ? this.#trim() : nothing
  }

  take(maxEvents: number, maxBytes: number): readonly OutboxEntry[] {
    const entries: OutboxEntry[] = []
    let bytes = 0
    for (
      let position = this.#first;
      position < this.#slots.length && entries.length < maxEvents;
      position++
    ) {
      const entry = this.#slots[position]
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
    this.#fillHoles()
  }

  reject(entry: OutboxEntry, code: string, message: string): void {
    this.settle([entry])
    this.#dead.push({ event: entry.event, code, message })
    if (this.#dead.length > maxDeadLetters) this.#dead.shift()
  }

  deadLetters(): readonly DeadLetter[] {
    return [...this.#dead]
  }

  size(): OutboxSize {
    const oldest = this.#slots[this.#first]
    return { events: this.#events, bytes: this.#bytes, ...(oldest && { oldestTs: oldest.event.ts }) }
  }

  close(): readonly OutboxEntry[] {
    const lost = this.#slots.filter((entry) => entry !== undefined)
    this.#slots = []
    this.#taken.clear()
    this.#first = this.#events = this.#bytes = 0
    return lost
  }

  get #isOver(): boolean {
    return this.#events > this.#bounds.maxEvents || this.#bytes > this.#bounds.maxBytes
  }

  #remove(entry: OutboxEntry, position: number): void {
    this.#slots[position] = undefined
    this.#events--
    this.#bytes -= entry.bytes
  }

  #fillHoles(): void {
    while (this.#first < this.#slots.length && this.#slots[this.#first] === undefined) this.#first++
    if (this.#slots.length <= this.#events * 2 + maxHoles) return
    this.#slots = this.#slots.filter((entry) => entry !== undefined)
    this.#first = this.#takenEnd = 0
    this.#candidates = [0, 0, 0]
    for (const entry of this.#taken.keys()) this.#taken.set(entry, this.#takenEnd++)
  }

  // What was taken is on its way and stays; of the rest the oldest of the lowest priority goes first.
  #trim(): readonly OutboxEntry[] {
    const dropped: OutboxEntry[] = []
    for (const priority of [0, 1, 2] as const) {
      let position = Math.max(this.#candidates[priority], this.#takenEnd, this.#first)
      for (; this.#isOver && position < this.#slots.length; position++) {
        const entry = this.#slots[position]
        if (entry?.priority !== priority) continue
        this.#remove(entry, position)
        dropped.push(entry)
      }
      this.#candidates[priority] = position
    }
    this.#fillHoles()
    return dropped
  }
}
