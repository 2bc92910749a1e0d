import type { ClawEvent } from '@pincer/protocol'

/** Events in the order they came, for readers of any time. */
export interface EventLog {
  add(event: ClawEvent): void
  /** Every event, then those that follow. */
  read(signal: AbortSignal | undefined): AsyncGenerator<ClawEvent, void, undefined>
}

/** Makes an empty log. */
export function createEventLog(): EventLog {
  const events: ClawEvent[] = []
  let added = Promise.withResolvers<true>()
  return {
    add(event) {
      events.push(event)
      added.resolve(true)
      added = Promise.withResolvers()
    },
    async *read(signal) {
      for (let at = 0; ; at += 1) {
        while (at >= events.length) await atMost(added.promise, undefined, signal)
        const event = events[at]
        if (event !== undefined) yield event
      }
    },
  }
}

/**
 * What the promise resolves with, or `undefined` after so many milliseconds.
 *
 * @throws the signal's reason.
 */
export function atMost<Value>(
  promise: Promise<Value>,
  timeoutMs: number | undefined,
  signal: AbortSignal | undefined,
): Promise<Value | undefined> {
  return new Promise((resolve, reject) => {
    const done = (): void => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', stop)
    }
    const stop = (): void => {
      done()
      reject(signal?.reason)
    }
    const timer =
      timeoutMs === undefined ? undefined : setTimeout(() => (done(), resolve(undefined)), timeoutMs)
    if (signal?.aborted === true) return stop()
    signal?.addEventListener('abort', stop, { once: true })
    promise.then((value) => (done(), resolve(value)), reject)
  })
}
