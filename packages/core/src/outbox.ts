import type { ClawEvent, Gateway } from '@pincer/protocol'

import { type BackoffOptions, backoffDelay } from './backoff.ts'
import type { Clock, Timer } from './clock.ts'
import type { Delivery } from './delivery.ts'
import { watchExit } from './exit.ts'
import { callListener } from './listener.ts'
import type { DeadLetter, OutboxEntry, OutboxStore, Priority } from './outbox-store.ts'
import { readField } from './read-field.ts'

/** Why events were lost. */
export type DropReason = 'full' | 'rejected' | 'closed' | 'exit' | 'unsupported'

/** A loss, told once per cause and moment. */
export interface Drop {
  readonly reason: DropReason
  /** How many events were lost. */
  readonly count: number
  /** Their weight in bytes. */
  readonly bytes: number
  /** The events themselves. */
  readonly events: readonly ClawEvent[]
}

/** How the outbox delivers. */
export interface DeliveryOptions extends BackoffOptions {
  /** Most events in one batch. */
  readonly maxBatchEvents: number
  /** Most bytes in one batch. */
  readonly maxBatchBytes: number
  /** Longest wait of an event for company, in milliseconds. */
  readonly intervalMs: number
  /** How long the gateway may take for one batch, in milliseconds. */
  readonly requestTimeoutMs: number
}

/** What an outbox works with. */
export interface OutboxParts {
  readonly store: OutboxStore
  readonly gateway: Pick<Gateway, 'events'>
  readonly outbox: DeliveryOptions
  readonly clock: Clock
  readonly random: () => number
  /** How long a normal exit of the process may take to deliver what waits, in milliseconds. */
  readonly exitTimeoutMs: number
  readonly onDrop: ((drop: Drop) => void) | undefined
  readonly report: (error: unknown, where: string) => void
}

/** What came of a flush. */
export interface FlushResult {
  /** True where everything recorded before the flush is settled. */
  readonly drained: boolean
  /** Events that still wait. */
  readonly queued: number
}

interface Waiter {
  mark: number
  readonly settle: () => void
}

// While somebody waits for a flush, attempts follow each other quickly.
const flushBackoff: BackoffOptions = { baseMs: 50, maxMs: 500 }

/** Keeps events until the gateway has acknowledged them, and counts every loss; {@link Delivery} is loaded to send them. */
export class Outbox {
  readonly counts = { delivered: 0, dropped: 0, rejected: 0, retried: 0 }
  /** @internal */
  readonly parts: OutboxParts
  readonly #watch: (isWaiting: boolean) => void
  // Aborted at the close: what is under way then is given up.
  readonly #closing = new AbortController()
  readonly #waiters = new Set<Waiter>()
  // Events added since a batch was last taken.
  #fresh = 0
  #finished = 0
  #failures = 0
  // The gateway asked not to be asked before this moment, in monotonic milliseconds.
  #notBefore = 0
  // Until when what is under way may take; some hosts drop what a finished request left running, timers included.
  #busyUntil = 0
  #timer: Timer | undefined
  #timerDue = 0
  #delivery: Delivery | undefined

  constructor(parts: OutboxParts) {
    this.parts = parts
    this.#watch = watchExit(() => void this.#deliverAtExit())
    const { store, gateway } = parts
    if (gateway.events === undefined) return
    // What an earlier process left behind goes out without waiting for a new event.
    if (store.size().events > 0) this.#wake(0)
    store.watch?.((events) => {
      for (const waiter of this.#waiters) waiter.mark += events
      this.#wake(0)
    })
  }

  /** Aborted once the outbox is closed. @internal */
  get closing(): AbortSignal {
    return this.#closing.signal
  }

  /** Keeps an event; constant time, never throws, never waits. */
  add(event: ClawEvent, bytes: number, priority: Priority): void {
    const { store, gateway, outbox } = this.parts
    const entry: OutboxEntry = { event, bytes, priority }
    if (this.closing.aborted) return this.lose('closed', [entry])
    if (gateway.events === undefined) return this.lose('unsupported', [entry])
    this.#fresh++
    this.lose('full', store.add(entry))
    if (this.#timer === undefined && this.#busyUntil === 0) this.#wake(outbox.intervalMs)
    else if (this.#fresh === outbox.maxBatchEvents && this.#failures === 0) this.#schedule(0)
  }

  /** Delivers what was recorded before the call; gives up waiting, not delivering, after `timeoutMs` milliseconds. */
  flush(timeoutMs: number): Promise<FlushResult> {
    const { store, clock } = this.parts
    const { events } = store.size()
    if (events === 0 || this.closing.aborted)
      return Promise.resolve({ drained: events === 0, queued: events })
    return new Promise((resolve) => {
      const waiter: Waiter = {
        mark: this.#finished + events,
        settle: () => {
          deadline.cancel()
          this.#waiters.delete(waiter)
          resolve({ drained: this.#isDone(waiter), queued: store.size().events })
        },
      }
      const deadline = clock.startTimer(waiter.settle, timeoutMs, true)
      this.#waiters.add(waiter)
      this.#failures = 0
      this.#schedule(0)
    })
  }

  /** Flushes, then lets go; what a memory store still holds is lost, counted and told. */
  async close(timeoutMs: number): Promise<void> {
    await this.flush(timeoutMs)
    this.#letGo('closed')
  }

  /** How many events wait and how old the oldest is. */
  size(): ReturnType<OutboxStore['size']> {
    return this.parts.store.size()
  }

  /** The newest events that the gateway refused for good. */
  deadLetters(): readonly DeadLetter[] {
    return this.parts.store.deadLetters()
  }

  /** The next entries, which are under way from now on. @internal */
  take(maxEvents: number): readonly OutboxEntry[] {
    const { store, clock, outbox } = this.parts
    this.#busyUntil = clock.monotonic() + outbox.requestTimeoutMs + 1_000
    this.#fresh = 0
    return store.take(maxEvents, outbox.maxBatchBytes)
  }

  /** Says that the gateway has entries. @internal */
  settle(entries: readonly OutboxEntry[]): void {
    this.parts.store.settle(entries)
    this.counts.delivered += entries.length
    this.#failures = 0
    this.#finish(entries)
  }

  /** Counts and tells a loss. @internal */
  lose(reason: DropReason, entries: readonly OutboxEntry[]): void {
    const count = entries.length
    if (count === 0) return
    this.counts[reason === 'rejected' ? 'rejected' : 'dropped'] += count
    // What is dropped may be younger than the flush, which waits for what is older.
    if (reason === 'full') for (const waiter of this.#waiters) waiter.mark += count
    this.#finish(entries)
    const bytes = entries.reduce((sum, entry) => sum + entry.bytes, 0)
    const { onDrop, report } = this.parts
    callListener(
      () => onDrop?.({ reason, count, bytes, events: entries.map(({ event }) => event) }),
      (error) => report(error, 'onDrop'),
    )
  }

  #finish(entries: readonly OutboxEntry[]): void {
    this.#finished += entries.length
    this.#settleWaiters()
  }

  #settleWaiters(): void {
    for (const waiter of this.#waiters) if (this.#isDone(waiter)) waiter.settle()
  }

  #isDone(waiter: Waiter): boolean {
    return this.#finished >= waiter.mark || this.parts.store.size().events === 0
  }

  #wake(delayMs: number): void {
    this.#watch(true)
    this.#schedule(delayMs)
  }

  #schedule(delayMs: number): void {
    const { clock } = this.parts
    const now = clock.monotonic()
    const due = Math.max(now + delayMs, this.#notBefore)
    if (this.closing.aborted || (this.#timer !== undefined && this.#timerDue <= due)) return
    this.#timer?.cancel()
    this.#timerDue = due
    this.#timer = clock.startTimer(() => {
      this.#timer = undefined
      void this.#deliver()
    }, due - now)
  }

  async #deliver(): Promise<void> {
    const { store, gateway, clock, outbox } = this.parts
    const now = clock.monotonic()
    if (gateway.events === undefined || now < this.#busyUntil) return
    let delayMs = outbox.intervalMs
    try {
      this.#busyUntil = now + outbox.requestTimeoutMs
      // Loaded with the first delivery: a program that is still starting does not wait for it.
      this.#delivery ??= new (await import('./delivery.ts')).Delivery(this, gateway.events)
      await this.#delivery.deliver()
    } catch (error) {
      // The gateway, the store, or the loading failed.
      if (!this.closing.aborted) delayMs = this.#backOff(error)
    }
    this.#busyUntil = 0
    this.#settleWaiters()
    if (this.closing.aborted) return
    if (this.#failures > 0 || store.size().events > 0) this.#schedule(delayMs)
    else this.#watch(false)
  }

  #backOff(error: unknown): number {
    const { outbox, clock, random, report } = this.parts
    if (++this.#failures === 1) report(error, 'outbox')
    const asked = readField(error, 'retryAfterMs')
    const retryAfterMs = typeof asked === 'number' ? asked : undefined
    const growth = this.#waiters.size > 0 ? flushBackoff : outbox
    const delayMs = backoffDelay(this.#failures, growth, retryAfterMs, random)
    if (retryAfterMs !== undefined) this.#notBefore = clock.monotonic() + delayMs
    return delayMs
  }

  async #deliverAtExit(): Promise<void> {
    const { drained } = await this.flush(this.parts.exitTimeoutMs)
    if (!drained) this.#letGo('exit')
  }

  #letGo(reason: 'closed' | 'exit'): void {
    if (this.closing.aborted) return
    this.#closing.abort()
    this.#timer?.cancel()
    this.lose(reason, this.parts.store.close())
    this.#watch(false)
  }
}
