import { type EventSink, type EventVerdict, GatewayError, PincerError } from '@pincer/protocol'

import { type BackoffOptions, backoffDelay } from './backoff.ts'
import type { DropReason, OutboxParts } from './outbox.ts'
import type { OutboxEntry } from './outbox-store.ts'
import { withTimeout } from './wait.ts'

/** What a delivery tells its outbox. */
export interface DeliveryPort {
  /** Aborted once the outbox is closed: what is under way then was counted there. */
  readonly closing: AbortSignal
  /** A batch is about to be taken. */
  begin(): void
  /** The gateway has answered for events, and has this many of them. */
  settled(count: number): void
  /** So many events are to be sent again. */
  returned(count: number): void
  lose(reason: DropReason, entries: readonly OutboxEntry[]): void
  /** The gateway asked not to be asked before `moment`, in monotonic milliseconds. */
  restUntil(moment: number): void
}

/** Sends what an outbox keeps. */
export interface Delivery {
  /**
   * Sends one batch after the other, until none waits or the outbox is closed.
   *
   * @throws what kept the last batch from being delivered; it waits again then
   */
  deliver(): Promise<void>
  /** How many milliseconds to wait after `error`, the last of so many failures in a row. */
  delayAfter(error: unknown, failures: number, isFlushing: boolean): number
}

// While somebody waits for a flush, attempts follow each other quickly.
const flushBackoff: BackoffOptions = { baseMs: 50, maxMs: 500 }

/** Makes a delivery: batches, verdicts, and the search for an event that has a whole batch refused. */
export function createDelivery(parts: OutboxParts, sink: EventSink, port: DeliveryPort): Delivery {
  const { store, clock, random, outbox: options } = parts
  const { closing } = port
  let batchLimit = options.maxBatchEvents

  function giveBack(batch: readonly OutboxEntry[], error: unknown): never {
    port.returned(batch.length)
    port.lose('full', store.putBack(batch))
    throw error
  }

  function reject(entry: OutboxEntry, code: string, message: string): void {
    store.reject(entry, code, message)
    port.lose('rejected', [entry])
  }

  // The batch itself is refused: find the event at fault, so that it never holds up the others.
  function narrowDown(batch: readonly OutboxEntry[], error: GatewayError): void {
    const [only] = batch
    if (batch.length === 1 && only !== undefined) return reject(only, `http_${error.status}`, error.message)
    batchLimit = Math.ceil(batch.length / 2)
    port.lose('full', store.putBack(batch))
  }

  function settle(batch: readonly OutboxEntry[], verdicts: readonly (EventVerdict | undefined)[]): void {
    const settled: OutboxEntry[] = []
    const unanswered: OutboxEntry[] = []
    for (const [index, entry] of batch.entries()) {
      const verdict = verdicts[index]
      if (verdict?.status === 'rejected') reject(entry, verdict.code ?? 'rejected', verdict.message ?? '')
      else if (verdict?.status === 'accepted' || verdict?.status === 'duplicate') settled.push(entry)
      else unanswered.push(entry)
    }
    store.settle(settled)
    const answered = batch.length - unanswered.length
    if (answered > 0) {
      port.settled(settled.length)
      batchLimit = Math.min(batchLimit * 2, options.maxBatchEvents)
    }
    if (unanswered.length > 0)
      giveBack(unanswered, new GatewayError(`the gateway answered for ${answered} of ${batch.length} events`))
  }

  async function send(batch: readonly OutboxEntry[]): Promise<void> {
    const events = batch.map((entry) => entry.event)
    let answer: unknown
    try {
      answer = await withTimeout(clock, options.requestTimeoutMs, closing, (signal) =>
        sink.append(events, { signal }),
      )
    } catch (error) {
      if (closing.aborted) return
      if (isGatewayError(error) && isRefusal(error.status)) narrowDown(batch, error)
      else giveBack(batch, error)
      return
    }
    if (!closing.aborted) settle(batch, readVerdicts(batch, answer))
  }

  return {
    async deliver() {
      while (!closing.aborted) {
        port.begin()
        const batch = store.take(batchLimit, options.maxBatchBytes)
        if (batch.length === 0) return
        await send(batch)
      }
    },
    delayAfter(error, failures, isFlushing) {
      const retryAfterMs = isGatewayError(error) ? error.retryAfterMs : undefined
      const delayMs = backoffDelay(failures, isFlushing ? flushBackoff : options, retryAfterMs, random)
      if (retryAfterMs !== undefined) port.restUntil(clock.monotonic() + delayMs)
      return delayMs
    },
  }
}

/** The verdict on each entry; what is no verdict answers for no event. */
function readVerdicts(batch: readonly OutboxEntry[], answer: unknown): readonly (EventVerdict | undefined)[] {
  const verdicts = Array.isArray(answer) ? answer.filter(isVerdict) : []
  let byId: ReadonlyMap<string, EventVerdict> | undefined
  return batch.map(({ event: { id } }, index) => {
    // Most gateways answer in order.
    const verdict = verdicts[index]
    if (verdict?.id === id) return verdict
    byId ??= new Map(verdicts.map((other) => [other.id, other]))
    return byId.get(id)
  })
}

function isVerdict(item: unknown): item is EventVerdict {
  return typeof item === 'object' && item !== null && 'id' in item
}

function isRefusal(status: number | undefined): boolean {
  return status === 400 || status === 413 || status === 422
}

// A second copy of the protocol package in the program has a class of its own.
function isGatewayError(error: unknown): error is GatewayError {
  return PincerError.isInstance(error) && error.code === 'gateway'
}
