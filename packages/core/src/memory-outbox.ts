import type { DeadLetter, OutboxBounds, OutboxEntry, OutboxStore } from './outbox-store.ts'

const maxDeadLetters = 100
const maxHoles = 1_024
const nothing: readonly OutboxEntry[] = []

/** Keeps events in memory, in order, bounded by count and bytes; dropping looks at each event once. */
export function createMemoryOutbox({ maxEvents, maxBytes }: OutboxBounds): OutboxStore {
  // What is gone leaves a hole, until there are more holes than events.
  let waiting: (OutboxEntry | undefined)[] = []
  // Nothing waits before this position.
  let first = 0
  // For each priority, nothing of it waits before this position.
  let candidates: [number, number, number] = [0, 0, 0]
  // What is on its way: older than what waits.
  let taken: readonly OutboxEntry[] = nothing
  let dead: readonly DeadLetter[] = []
  let events = 0
  let bytes = 0

  const isOver = (): boolean => events > maxEvents || bytes > maxBytes

  function setWaiting(entries: (OutboxEntry | undefined)[]): void {
    waiting = entries
    first = 0
    candidates = [0, 0, 0]
  }

  function untake(): void {
    if (taken.length > 0) setWaiting([...taken, ...waiting.slice(first)])
    taken = nothing
  }

  function forget(entry: OutboxEntry): void {
    events--
    bytes -= entry.bytes
  }

  function fillHoles(): void {
    while (first < waiting.length && waiting[first] === undefined) first++
    if (waiting.length > events * 2 + maxHoles) setWaiting(waiting.filter((entry) => entry !== undefined))
  }

  // What is on its way stays; of the rest the oldest of the lowest priority goes first.
  function trim(): readonly OutboxEntry[] {
    const dropped: OutboxEntry[] = []
    for (const priority of [0, 1, 2] as const) {
      let position = Math.max(candidates[priority], first)
      for (; isOver() && position < waiting.length; position++) {
        const entry = waiting[position]
        if (entry?.priority !== priority) continue
        waiting[position] = undefined
        forget(entry)
        dropped.push(entry)
      }
      candidates[priority] = position
    }
    fillHoles()
    return dropped
  }

  function settle(entries: readonly OutboxEntry[]): void {
    const settled = new Set(entries)
    const left: OutboxEntry[] = []
    for (const entry of taken) {
      if (settled.has(entry)) forget(entry)
      else left.push(entry)
    }
    taken = left
  }

  return {
    add(entry) {
      // Nothing that was kept has to go for what can never be kept.
      if (entry.bytes > maxBytes) return [entry]
      waiting.push(entry)
      events++
      bytes += entry.bytes
      return isOver() ? trim() : nothing
    },
    take(most, mostBytes) {
      untake()
      const entries: OutboxEntry[] = []
      let weight = 0
      for (; first < waiting.length && entries.length < most; first++) {
        const entry = waiting[first]
        if (entry === undefined) continue
        weight += entry.bytes
        if (entries.length > 0 && weight > mostBytes) break
        entries.push(entry)
        waiting[first] = undefined
      }
      taken = entries
      fillHoles()
      return entries
    },
    putBack() {
      untake()
      return trim()
    },
    settle,
    reject(entry, code, message) {
      settle([entry])
      dead = [...dead, { event: entry.event, code, message }].slice(-maxDeadLetters)
    },
    deadLetters: () => dead,
    size() {
      const oldest = taken[0] ?? waiting[first]
      return { events, bytes, ...(oldest && { oldestTs: oldest.event.ts }) }
    },
    close() {
      untake()
      const lost = waiting.filter((entry) => entry !== undefined)
      setWaiting([])
      events = bytes = 0
      return lost
    },
  }
}
