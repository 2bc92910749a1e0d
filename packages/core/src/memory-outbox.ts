import type { DeadLetter, OutboxBounds, OutboxEntry, OutboxSize, OutboxStore } from './outbox-store.ts'

const maxDeadLetters = 100

interface Slot {
  readonly order: number
  readonly entry: OutboxEntry
}

/** First in, first out, without moving what remains. */
class Lane {
  #slots: (Slot | undefined)[] = []
  #head = 0

  first(): Slot | undefined {
    return this.#slots[this.#head]
  }

  push(slot: Slot): void {
    this.#slots.push(slot)
  }

  shift(): Slot | undefined {
    const slot = this.#slots[this.#head]
    if (slot === undefined) return undefined
    this.#slots[this.#head++] = undefined
    if (this.#head === this.#slots.length) {
      this.#slots = []
      this.#head = 0
    } else if (this.#head > 1024 && this.#head * 2 > this.#slots.length) {
      this.#slots = this.#slots.slice(this.#head)
      this.#head = 0
    }
    return slot
  }

  putBack(slots: readonly Slot[]): void {
    this.#slots = [...slots, ...this.#slots.slice(this.#head)]
    this.#head = 0
  }
}

/** Keeps events in memory, bounded by count and bytes; one lane for each priority, so that dropping costs no search. */
export class MemoryOutbox implements OutboxStore {
  readonly #bounds: OutboxBounds
  readonly #lanes = [new Lane(), new Lane(), new Lane()] as const
  readonly #taken = new Map<OutboxEntry, number>()
  #dead: DeadLetter[] = []
  #order = 0
  #events = 0
  #bytes = 0

  constructor(bounds: OutboxBounds) {
    this.#bounds = bounds
  }

  add(entry: OutboxEntry): readonly OutboxEntry[] {
    this.#lanes[entry.priority].push({ order: this.#order++, entry })
    this.#events++
    this.#bytes += entry.bytes
    return this.#events > this.#bounds.maxEvents || this.#bytes > this.#bounds.maxBytes ? this.#trim() : []
  }

  take(maxEvents: number, maxBytes: number): readonly OutboxEntry[] {
    const entries: OutboxEntry[] = []
    let bytes = 0
    while (entries.length < maxEvents) {
      const lane = this.#oldestLane()
      const slot = lane?.first()
      if (lane === undefined || slot === undefined) break
      if (entries.length > 0 && bytes + slot.entry.bytes > maxBytes) break
      lane.shift()
      bytes += slot.entry.bytes
      entries.push(slot.entry)
      this.#taken.set(slot.entry, slot.order)
    }
    return entries
  }

  putBack(entries: readonly OutboxEntry[]): readonly OutboxEntry[] {
    for (const priority of [0, 1, 2] as const) {
      const slots: Slot[] = []
      for (const entry of entries) {
        const order = this.#taken.get(entry)
        if (entry.priority !== priority || order === undefined) continue
        this.#taken.delete(entry)
        slots.push({ order, entry })
      }
      if (slots.length > 0) this.#lanes[priority].putBack(slots)
    }
    return this.#trim()
  }

  settle(entries: readonly OutboxEntry[]): void {
    for (const entry of entries) {
      if (!this.#taken.delete(entry)) continue
      this.#events--
      this.#bytes -= entry.bytes
    }
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
    let oldest: number | undefined
    for (const entry of this.#taken.keys()) oldest = Math.min(oldest ?? Infinity, entry.event.ts)
    const next = this.#oldestLane()?.first()?.entry.event.ts
    if (next !== undefined) oldest = Math.min(oldest ?? Infinity, next)
    return { events: this.#events, bytes: this.#bytes, ...(oldest === undefined ? {} : { oldestTs: oldest }) }
  }

  close(): readonly OutboxEntry[] {
    const lost = [...this.#taken.keys()]
    for (const lane of this.#lanes)
      for (let slot = lane.shift(); slot !== undefined; slot = lane.shift()) lost.push(slot.entry)
    this.#taken.clear()
    this.#events = 0
    this.#bytes = 0
    return lost
  }

  #oldestLane(): Lane | undefined {
    let oldest: Lane | undefined
    for (const lane of this.#lanes) {
      const order = lane.first()?.order
      if (order !== undefined && order < (oldest?.first()?.order ?? Infinity)) oldest = lane
    }
    return oldest
  }

  // What was taken is on its way and stays; of the rest the oldest of the lowest priority goes first.
  #trim(): readonly OutboxEntry[] {
    const dropped: OutboxEntry[] = []
    while (this.#events > this.#bounds.maxEvents || this.#bytes > this.#bounds.maxBytes) {
      const slot = this.#lanes[0].shift() ?? this.#lanes[1].shift() ?? this.#lanes[2].shift()
      if (slot === undefined) break
      this.#events--
      this.#bytes -= slot.entry.bytes
      dropped.push(slot.entry)
    }
    return dropped
  }
}
