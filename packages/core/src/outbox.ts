import {
  type ClawEvent,
  type EventSink,
  type EventVerdict,
  GatewayError,
  PincerError,
} from '@pincer/protocol'

import { type BackoffOptions, backoffDelay } from './backoff.ts'
import type { Clock, Timer } from './clock.ts'
import { callListener } from './listener.ts'
import type { DeadLetter, OutboxEntry, OutboxStore, Priority } from './outbox-store.ts'
import { withTimeout } from './wait.ts'

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

/** Keeps events until the gateway has acknowledged them: batches, retries, splits what is refused, counts every loss. */
export class Outbox {
  readonly counts = { delivered: 0, dropped: 0, rejected: 0, retried: 0 }
  readonly #store: OutboxStore
  readonly #sink: EventSink | undefined
  readonly #options: DeliveryOptions
  readonly #clock: Clock
  readonly #random: () => number
  readonly #onDrop: (drop: Drop) => void
  readonly #onError: (error: unknown, where: string) => void
  #onWaiting: (waiting: boolean) => void = () => {}
  // Events added since a batch was last taken.
  #fresh = 0
  #finished = 0
  #failures = 0
  #delay = 0
  // The gateway asked not to be asked before this moment, in monotonic milliseconds.
  #notBefore = 0
  #batchLimit: number
  // Until when a batch under way may take; some hosts drop what a finished request left running, timers included.
  #busyUntil = 0
  // Aborted at the close: what is under way then is given up.
  readonly #closing = new AbortController()
  #timer: Timer | undefined
  #timerDue = Infinity
  #waiters: Waiter[] = []

  constructor(
    store: OutboxStore,
    sink: EventSink | undefined,
    options: DeliveryOptions,
    clock: Clock,
    random: () => number,
    onDrop: (drop: Drop) => void,
    onError: (error: unknown, where: string) => void,
  ) {
    this.#store = store
    this.#sink = sink
    this.#options = options
    this.#clock = clock
    this.#random = random
    this.#onDrop = onDrop
    this.#onError = onError
    this.#batchLimit = options.maxBatchEvents
    if (sink === undefined) return
    // What an earlier process left behind goes out without waiting for a new event.
    if (store.size().events > 0) this.#schedule(0)
    store.watch?.((events) => {
      for (const waiter of this.#waiters) waiter.mark += events
      this.#schedule(0)
    })
  }

  /** Tells `listener` when events begin to wait and when none waits any more. */
  watch(listener: (waiting: boolean) => void): void {
    this.#onWaiting = listener
    if (this.#store.size().events > 0) listener(true)
  }

  /** Keeps an event; constant time, never throws, never waits. */
  add(event: ClawEvent, bytes: number, priority: Priority): void {
    const entry: OutboxEntry = { event, bytes, priority }
    if (this.#closed) return this.#drop('closed', [entry])
    if (this.#sink === undefined) return this.#drop('unsupported', [entry])
    this.#fresh++
    this.#drop('full', this.#store.add(entry))
    if (this.#timer === undefined && this.#busyUntil === 0) {
      this.#onWaiting(true)
      this.#schedule(this.#options.intervalMs)
    } else if (this.#fresh === this.#options.maxBatchEvents && this.#failures === 0) this.#schedule(0)
  }

  /** How many events wait and how old the oldest is. */
  size(): ReturnType<OutboxStore['size']> {
    return this.#store.size()
  }

  /** The newest events that the gateway refused for good. */
  deadLetters(): readonly DeadLetter[] {
    return this.#store.deadLetters()
  }

  get #closed(): boolean {
    return this.#closing.signal.aborted
  }

  /** Delivers what was recorded before the call; gives up waiting, not delivering, after `timeoutMs` milliseconds. */
  flush(timeoutMs: number): Promise<FlushResult> {
    const result = (): FlushResult => {
      const queued = this.#store.size().events
      return { drained: queued === 0, queued }
    }
    if (result().drained) return Promise.resolve(result())
    return new Promise((resolve) => {
      const waiter: Waiter = {
        mark: this.#finished + this.#store.size().events,
        settle: () => {
          deadline.cancel()
          this.#waiters = this.#waiters.filter((other) => other !== waiter)
          resolve({ ...result(), drained: this.#isDone(waiter) })
        },
      }
      const deadline = this.#clock.startTimer(waiter.settle, timeoutMs, true)
      this.#waiters.push(waiter)
      this.#failures = 0
      this.#schedule(0)
    })
  }

  /** Flushes, then lets go; what a memory store still holds is lost, counted and told. */
  async close(timeoutMs: number, reason: 'closed' | 'exit' = 'closed'): Promise<void> {
    if (this.#closed) return
    await this.flush(timeoutMs)
    if (this.#closed) return
    this.#closing.abort()
    this.#timer?.cancel()
    this.#drop(reason, this.#store.close())
    this.#onWaiting(false)
  }

  #isDone(waiter: Waiter): boolean {
    return this.#finished >= waiter.mark || this.#store.size().events === 0
  }

  #schedule(delayMs: number): void {
    const now = this.#clock.monotonic()
    const due = Math.max(now + delayMs, this.#notBefore)
    if (this.#closed || (this.#timer !== undefined && this.#timerDue <= due)) return
    this.#timer?.cancel()
    this.#timerDue = due
    this.#timer = this.#clock.startTimer(() => {
      this.#timer = undefined
      void this.#deliver()
    }, due - now)
  }

  async #deliver(): Promise<void> {
    if (this.#sink === undefined || this.#clock.monotonic() < this.#busyUntil) return
    try {
      while (!this.#closed && (await this.#deliverBatch(this.#sink)));
    } catch (error) {
      // The store itself failed.
      this.#backOff(error)
    }
    this.#busyUntil = 0
    this.#settleWaiters()
    if (this.#closed) return
    if (this.#failures > 0) this.#schedule(this.#delay)
    else if (this.#store.size().events > 0) this.#schedule(this.#options.intervalMs)
    else this.#onWaiting(false)
  }

  /** Sends one batch; true where the next may follow at once. */
  async #deliverBatch(sink: EventSink): Promise<boolean> {
    this.#busyUntil = this.#clock.monotonic() + this.#options.requestTimeoutMs + 1_000
    this.#fresh = 0
    const batch = this.#store.take(this.#batchLimit, this.#options.maxBatchBytes)
    if (batch.length === 0) return false
    const { requestTimeoutMs } = this.#options
    let verdicts: ReadonlyMap<string, EventVerdict>
    try {
      const events = batch.map((entry) => entry.event)
      verdicts = readVerdicts(
        await withTimeout(this.#clock, requestTimeoutMs, this.#closing.signal, (signal) =>
          sink.append(events, { signal }),
        ),
      )
    } catch (error) {
      return !this.#closed && this.#handleFailure(batch, error)
    }
    // What was under way at the close was counted there.
    return !this.#closed && this.#settle(batch, verdicts)
  }

  #settle(batch: readonly OutboxEntry[], verdicts: ReadonlyMap<string, EventVerdict>): boolean {
    const settled: OutboxEntry[] = []
    const unanswered: OutboxEntry[] = []
    for (const entry of batch) {
      const verdict = verdicts.get(entry.event.id)
      if (verdict?.status === 'rejected')
        this.#reject(entry, verdict.code ?? 'rejected', verdict.message ?? '')
      else if (verdict?.status === 'accepted' || verdict?.status === 'duplicate') settled.push(entry)
      else unanswered.push(entry)
    }
    this.#store.settle(settled)
    this.counts.delivered += settled.length
    this.#finish(settled)
    if (unanswered.length < batch.length) {
      this.#failures = 0
      this.#batchLimit = Math.min(this.#batchLimit * 2, this.#options.maxBatchEvents)
    }
    if (unanswered.length === 0) return true
    return this.#retry(
      unanswered,
      new GatewayError(
        `the gateway answered for ${batch.length - unanswered.length} of ${batch.length} events`,
      ),
    )
  }

  #handleFailure(batch: readonly OutboxEntry[], error: unknown): boolean {
    const status = isGatewayError(error) ? error.status : undefined
    // The batch itself is refused: find the event at fault, so that it never holds up the others.
    if (status === 400 || status === 413 || status === 422) {
      const only = batch[0]
      if (batch.length === 1 && only !== undefined) {
        this.#reject(only, `http_${status}`, error instanceof Error ? error.message : '')
        return true
      }
      this.#batchLimit = Math.ceil(batch.length / 2)
      this.#drop('full', this.#store.putBack(batch))
      return true
    }
    return this.#retry(batch, error)
  }

  #retry(batch: readonly OutboxEntry[], error: unknown): boolean {
    this.counts.retried += batch.length
    this.#drop('full', this.#store.putBack(batch))
    this.#backOff(error)
    return false
  }

  #backOff(error: unknown): void {
    this.#failures++
    const retryAfterMs = isGatewayError(error) ? error.retryAfterMs : undefined
    const growth = this.#waiters.length > 0 ? flushBackoff : this.#options
    this.#delay = backoffDelay(this.#failures, growth, retryAfterMs, this.#random)
    if (retryAfterMs !== undefined) this.#notBefore = this.#clock.monotonic() + this.#delay
    if (this.#failures === 1) this.#onError(error, 'outbox')
  }

  #reject(entry: OutboxEntry, code: string, message: string): void {
    this.#store.reject(entry, code, message)
    this.counts.rejected++
    this.#finish([entry])
    this.#tell({ reason: 'rejected', count: 1, bytes: entry.bytes, events: [entry.event] })
  }

  #drop(reason: DropReason, entries: readonly OutboxEntry[]): void {
    if (entries.length === 0) return
    this.counts.dropped += entries.length
    // What is dropped may be younger than the flush, which waits for what is older.
    if (reason === 'full') for (const waiter of this.#waiters) waiter.mark += entries.length
    this.#finish(entries)
    const bytes = entries.reduce((sum, entry) => sum + entry.bytes, 0)
    this.#tell({ reason, count: entries.length, bytes, events: entries.map((entry) => entry.event) })
  }

  #finish(entries: readonly OutboxEntry[]): void {
    this.#finished += entries.length
    this.#settleWaiters()
  }

  #settleWaiters(): void {
    for (const waiter of this.#waiters) if (this.#isDone(waiter)) waiter.settle()
  }

  #tell(drop: Drop): void {
    callListener(
      () => this.#onDrop(drop),
      (error) => this.#onError(error, 'onDrop'),
    )
  }
}

/** Sorts what a gateway answered by event; what is no verdict answers for no event. */
function readVerdicts(answer: unknown): ReadonlyMap<string, EventVerdict> {
  const verdicts: readonly unknown[] = Array.isArray(answer) ? answer : []
  return new Map(
    verdicts
      .filter((item): item is EventVerdict => typeof item === 'object' && item !== null && 'id' in item)
      .map((verdict) => [verdict.id, verdict]),
  )
}

// A second copy of the protocol package in the program has a class of its own.
function isGatewayError(error: unknown): error is GatewayError {
  return PincerError.isInstance(error) && error.code === 'gateway'
}
