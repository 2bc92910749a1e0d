import type { ClawEvent } from '@pincer/protocol'

/** What is dropped first when the outbox is full: 0 before 1 before 2. */
export type Priority = 0 | 1 | 2

/** An event on its way, with its weight. */
export interface OutboxEntry {
  readonly event: ClawEvent
  /** Weight in memory or on disk, in bytes. */
  readonly bytes: number
  readonly priority: Priority
}

/** An event that the gateway refused for good. */
export interface DeadLetter {
  readonly event: ClawEvent
  /** The gateway's code, such as `invalid_event`. */
  readonly code: string
  readonly message: string
}

/** How much a store holds. */
export interface OutboxSize {
  readonly events: number
  readonly bytes: number
  /** Epoch milliseconds of the oldest event; absent when empty. */
  readonly oldestTs?: number
}

/** The bounds of a store. */
export interface OutboxBounds {
  readonly maxEvents: number
  readonly maxBytes: number
}

/**
 * Where the outbox keeps events until the gateway has acknowledged them.
 *
 * Every method is synchronous: an event that was added is kept, whatever happens next.
 */
export interface OutboxStore {
  /** Keeps an entry and returns what had to go for it, which may be the entry itself. */
  add(entry: OutboxEntry): readonly OutboxEntry[]
  /** The next entries in order; they stay kept until they are settled. */
  take(maxEvents: number, maxBytes: number): readonly OutboxEntry[]
  /** Gives back entries that were taken, unsent; returns what no longer fits. */
  putBack(entries: readonly OutboxEntry[]): readonly OutboxEntry[]
  /** Forgets entries that were taken: the gateway has them. */
  settle(entries: readonly OutboxEntry[]): void
  /** Moves an entry that was taken to the dead letters. */
  reject(entry: OutboxEntry, code: string, message: string): void
  /** The newest events that the gateway refused for good. */
  deadLetters(): readonly DeadLetter[]
  size(): OutboxSize
  /** Calls `onArrival` with how many entries came that nobody added here, such as those of a crashed process. */
  watch?(onArrival: (events: number) => void): void
  /** Lets go of files and timers; returns what is lost with it, which is nothing where the store is durable. */
  close(): readonly OutboxEntry[]
}
