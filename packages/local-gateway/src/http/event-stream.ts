import type { ClawEvent } from '@pincer/protocol'
import type { SubscriberGate } from './subscriber-gate.ts'

/** What an event stream is made of. */
export interface EventStreamParts {
  readonly events: AsyncIterable<ClawEvent>
  readonly gate: SubscriberGate
  /** Stops the events; called once, when the reader is gone, cut or served. */
  readonly stop: () => void
  /** Ends the connection of a reader that takes nothing; it never asks again, so closing the stream would not reach it. */
  readonly cut: () => void
}

/**
 * Writes events as server-sent events, one at a time, only as fast as the reader takes them.
 *
 * A reader that takes nothing for `stallTimeoutMs` is cut: it holds a position in the record, and can come back with
 * `Last-Event-ID`.
 */
export function createEventStream({ events, gate, stop, cut }: EventStreamParts): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder()
  const iterator = events[Symbol.asyncIterator]()
  let next: Promise<IteratorResult<ClawEvent>> | undefined
  let stalled: NodeJS.Timeout | undefined
  let over = false

  function finish(): void {
    if (over) return
    over = true
    clearTimeout(stalled)
    stop()
  }

  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        // Sent at once, so that the reader knows that it is connected.
        controller.enqueue(encoder.encode('retry: 1000\n\n'))
      },
      async pull(controller) {
        clearTimeout(stalled)
        next ??= iterator.next()
        const result = await raceTimer(next, gate.heartbeatMs).catch((error: unknown) => {
          finish()
          throw error
        })
        if (over) return
        if (result === undefined) controller.enqueue(encoder.encode(': heartbeat\n\n'))
        else if (result.done === true) {
          finish()
          return controller.close()
        } else {
          next = undefined
          controller.enqueue(
            encoder.encode(`id: ${result.value.id}\ndata: ${JSON.stringify(result.value)}\n\n`),
          )
        }
        stalled = setTimeout(() => {
          finish()
          controller.close()
          cut()
        }, gate.stallTimeoutMs)
        stalled.unref()
      },
      cancel: finish,
    },
    { highWaterMark: 1 },
  )
}

/** The value of a promise, or `undefined` after `ms` milliseconds. */
async function raceTimer<Value>(promise: Promise<Value>, ms: number): Promise<Value | undefined> {
  const { promise: timeout, resolve } = Promise.withResolvers<undefined>()
  const timer = setTimeout(resolve, ms, undefined)
  timer.unref()
  try {
    return await Promise.race([promise, timeout])
  } finally {
    clearTimeout(timer)
  }
}
