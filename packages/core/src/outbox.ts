import type { ClawEvent, Gateway } from '@pincer/protocol'
import { PincerError } from '@pincer/protocol/errors'

import type { BackoffOptions } from './backoff.ts'
import type { Clock, Timer } from './clock.ts'
import type { Delivery, DeliveryPort } from './delivery.ts'
import { watchExit } from './exit.ts'
import { callListener } from './listener.ts'
import type { OutboxEntry, OutboxStore } from './outbox-store.ts'

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
interface DeliveryOptions extends BackoffOptions {
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
  /** Told once, at the end, how many events were lost; absent where `onDrop` or `onError` listens. */
  readonly tellLosses: ((count: number) => void) | undefined
}

/** What came of a flush. */
export interface FlushResult {
  /** True where everything recorded before the flush is settled. */
  readonly drained: boolean
  /** Events that still wait. */
  readonly queued: number
}

/** What became of events. */
interface OutboxCounts {
  delivered: number
  dropped: number
  rejected: number
  retried: number
}

/** Keeps events until the gateway has acknowledged them, and counts every loss. */
export interface Outbox {
  readonly counts: Readonly<OutboxCounts>
  /** Keeps an event; constant time, never throws, never waits. */
  readonly add: (entry: OutboxEntry) => void
  /** Delivers what was recorded before the call; gives up waiting, not delivering, after `timeoutMs` milliseconds. */
  flush(timeoutMs: number): Promise<FlushResult>
  /** Flushes, then lets go; what a memory store still holds is lost, counted and told. */
  close(timeoutMs: number): Promise<void>
}

/** Makes an outbox; what sends its events is loaded when the first are due. */
export function createOutbox(parts: OutboxParts): Outbox {
  const { store, clock, report } = parts
  const { intervalMs, maxBatchEvents, requestTimeoutMs, baseMs, maxMs } = parts.outbox
  const sink = parts.gateway.events
  const counts: OutboxCounts = { delivered: 0, dropped: 0, rejected: 0, retried: 0 }
  // Aborted at the close: what is under way then is given up.
  const closing = new AbortController()
  // For each flush under way, what settles it once it is done.
  const flushes = new Set<(isLate?: boolean) => void>()
  // Events that came without being added here, such as those of a crashed process.
  let arrived = 0
  // Events added since a batch was last taken.
  let fresh = 0
  let failures = 0
  // The gateway asked not to be asked before this moment, in monotonic milliseconds.
  let notBefore = 0
  // Until when what is under way may take; some hosts drop what a finished request left running, timers included.
  let busyUntil = 0
  let timer: Timer | undefined
  let timerDue = 0
  let delivery: Delivery | undefined
  // Told already how much was lost.
  let isTold = parts.tellLosses === undefined

  const isClosed = (): boolean => closing.signal.aborted
  const waiting = (): number => store.size().events
  // What is dropped does not count: it may be younger than a flush, which waits for what is older.
  const progress = (): number => counts.delivered + counts.rejected - arrived
  const watch = watchExit(() => {
    void flush(parts.exitTimeoutMs).then(({ drained }) => (drained ? tellLosses() : letGo('exit')))
  })

  function settleFlushes(): void {
    for (const settle of flushes) settle()
  }

  function lose(reason: DropReason, entries: readonly OutboxEntry[]): void {
    const count = entries.length
    if (count === 0) return
    counts[reason === 'rejected' ? 'rejected' : 'dropped'] += count
    if (!isTold) watch(true)
    settleFlushes()
    const bytes = entries.reduce((sum, entry) => sum + entry.bytes, 0)
    callListener(
      () => parts.onDrop?.({ reason, count, bytes, events: entries.map(({ event }) => event) }),
      (error) => report(error, 'onDrop'),
    )
  }

  function tellLosses(): void {
    const lost = counts.dropped + counts.rejected
    if (isTold || lost === 0) return
    isTold = true
    parts.tellLosses?.(lost)
  }

  function schedule(delayMs: number): void {
    const now = clock.monotonic()
    const due = Math.max(now + delayMs, notBefore)
    if (isClosed() || (timer !== undefined && timerDue <= due)) return
    timer?.cancel()
    timerDue = due
    timer = clock.startTimer(() => {
      timer = undefined
      void deliver()
    }, due - now)
  }

  function wake(delayMs: number): void {
    watch(true)
    schedule(delayMs)
  }

  async function deliver(): Promise<void> {
    const now = clock.monotonic()
    if (sink === undefined || now < busyUntil) return
    busyUntil = now + requestTimeoutMs
    let delayMs = intervalMs
    try {
      delivery ??= (await import('./delivery.ts')).createDelivery(parts, sink, port)
      await delivery.deliver()
    } catch (error) {
      // The gateway, the store, or the loading failed.
      if (PincerError.isInstance(error) && error.code === 'closed' && !isClosed()) {
        report(error, 'outbox')
        letGo('closed')
      } else if (!isClosed()) {
        if (++failures === 1) report(error, 'outbox')
        delayMs =
          delivery?.delayAfter(error, failures, flushes.size > 0) ?? Math.min(maxMs, baseMs * 2 ** failures)
      }
    }
    busyUntil = 0
    settleFlushes()
    if (isClosed()) return
    if (failures > 0 || waiting() > 0) schedule(delayMs)
    else watch(!isTold && counts.dropped + counts.rejected > 0)
  }

  function flush(timeoutMs: number): Promise<FlushResult> {
    const mark = progress() + waiting()
    return new Promise((resolve) => {
      const settle = (isLate?: boolean): void => {
        const queued = waiting()
        const drained = queued === 0 || progress() >= mark
        if (!drained && !isLate && !isClosed()) return
        deadline.cancel()
        flushes.delete(settle)
        resolve({ drained, queued })
      }
      const deadline = clock.startTimer(() => settle(true), timeoutMs, true)
      flushes.add(settle)
      if (waiting() > 0) {
        failures = 0
        schedule(0)
      }
      settle()
    })
  }

  function letGo(reason: 'closed' | 'exit'): void {
    if (isClosed()) return
    closing.abort()
    timer?.cancel()
    lose(reason, store.close())
    tellLosses()
    watch(false)
  }

  const port: DeliveryPort = {
    closing: closing.signal,
    begin() {
      busyUntil = clock.monotonic() + requestTimeoutMs + 1_000
      fresh = 0
    },
    settled(count) {
      counts.delivered += count
      failures = 0
      settleFlushes()
    },
    returned: (count) => void (counts.retried += count),
    lose,
    restUntil: (moment) => void (notBefore = moment),
  }

  if (sink !== undefined) {
    // What an earlier process left behind goes out without waiting for a new event.
    if (waiting() > 0) wake(0)
    store.watch?.((events) => {
      arrived += events
      wake(0)
    })
  }
  return {
    counts,
    add(entry) {
      if (isClosed()) lose('closed', [entry])
      else if (sink === undefined) lose('unsupported', [entry])
      else {
        fresh++
        lose('full', store.add(entry))
        if (timer === undefined && busyUntil === 0) wake(intervalMs)
        else if (fresh === maxBatchEvents && failures === 0) schedule(0)
      }
    },
    flush,
    async close(timeoutMs) {
      await flush(timeoutMs)
      letGo('closed')
    },
  }
}
