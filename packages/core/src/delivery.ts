import { type EventSink, type EventVerdict, GatewayError, PincerError } from '@pincer/protocol'

import type { Outbox } from './outbox.ts'
import type { OutboxEntry } from './outbox-store.ts'
import { withTimeout } from './wait.ts'

/** Sends what an outbox keeps: batches, verdicts, the search for an event that has a whole batch refused. */
export class Delivery {
  readonly #outbox: Outbox
  readonly #sink: EventSink
  #batchLimit: number

  constructor(outbox: Outbox, sink: EventSink) {
    this.#outbox = outbox
    this.#sink = sink
    this.#batchLimit = outbox.parts.outbox.maxBatchEvents
  }

  /**
   * Sends one batch after the other, until none waits or the outbox is closed.
   *
   * @throws what kept the last batch from being delivered; what waits is unchanged then
   */
  async deliver(): Promise<void> {
    while (!this.#outbox.closing.aborted) {
      const batch = this.#outbox.take(this.#batchLimit)
      if (batch.length === 0) return
      await this.#send(batch)
    }
  }

  async #send(batch: readonly OutboxEntry[]): Promise<void> {
    const { closing, parts } = this.#outbox
    const events = batch.map((entry) => entry.event)
    let verdicts: unknown
    try {
      verdicts = await withTimeout(parts.clock, parts.outbox.requestTimeoutMs, closing, (signal) =>
        this.#sink.append(events, { signal }),
      )
    } catch (error) {
      // What was under way at the close was counted there.
      if (closing.aborted) return
      if (isRefusal(error)) this.#narrowDown(batch, error)
      else this.#giveBack(batch, error)
      return
    }
    if (!closing.aborted) this.#settle(batch, readVerdicts(batch, verdicts))
  }

  #settle(batch: readonly OutboxEntry[], verdicts: readonly (EventVerdict | undefined)[]): void {
    const settled: OutboxEntry[] = []
    const unanswered: OutboxEntry[] = []
    for (const [index, entry] of batch.entries()) {
      const verdict = verdicts[index]
      if (verdict?.status === 'rejected')
        this.#reject(entry, verdict.code ?? 'rejected', verdict.message ?? '')
      else if (verdict?.status === 'accepted' || verdict?.status === 'duplicate') settled.push(entry)
      else unanswered.push(entry)
    }
    const answered = batch.length - unanswered.length
    if (answered > 0) {
      this.#outbox.settle(settled)
      this.#batchLimit = Math.min(this.#batchLimit * 2, this.#outbox.parts.outbox.maxBatchEvents)
    }
    if (unanswered.length > 0)
      this.#giveBack(
        unanswered,
        new GatewayError(`the gateway answered for ${answered} of ${batch.length} events`),
      )
  }

  // The batch itself is refused: find the event at fault, so that it never holds up the others.
  #narrowDown(batch: readonly OutboxEntry[], error: GatewayError): void {
    const [only] = batch
    if (batch.length === 1 && only !== undefined)
      return this.#reject(only, `http_${error.status}`, error.message)
    this.#batchLimit = Math.ceil(batch.length / 2)
    this.#outbox.lose('full', this.#outbox.parts.store.putBack(batch))
  }

  #reject(entry: OutboxEntry, code: string, message: string): void {
    this.#outbox.parts.store.reject(entry, code, message)
    this.#outbox.lose('rejected', [entry])
  }

  #giveBack(batch: readonly OutboxEntry[], error: unknown): never {
    this.#outbox.counts.retried += batch.length
    this.#outbox.lose('full', this.#outbox.parts.store.putBack(batch))
    throw error
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

function isRefusal(error: unknown): error is GatewayError {
  // A second copy of the protocol package in the program has a class of its own.
  if (!PincerError.isInstance(error) || error.code !== 'gateway') return false
  const { status } = error as GatewayError
  return status === 400 || status === 413 || status === 422
}
