import type { ClawEvent, GatewayRun } from '@pincer/protocol'

/** The events of a run: a run of a gateway, or events that come or were kept. */
export type UIEventSource = GatewayRun | AsyncIterable<ClawEvent> | Iterable<ClawEvent>

/** Tells a run of a gateway from mere events. */
export function isGatewayRun(source: UIEventSource): source is GatewayRun {
  return 'events' in source && typeof source.events === 'function'
}

/** Reads events one by one; leaves off at once when its signal aborts, even where the source hears nothing of that. */
export class UIEventReader {
  readonly #iterator: AsyncIterator<ClawEvent> | Iterator<ClawEvent>
  readonly #signal: AbortSignal
  #coming: Promise<IteratorResult<ClawEvent>> | undefined
  #wake: (() => void) | undefined

  constructor(source: UIEventSource, signal: AbortSignal) {
    const events = isGatewayRun(source) ? source.events({ signal }) : source
    this.#iterator =
      Symbol.asyncIterator in events ? events[Symbol.asyncIterator]() : events[Symbol.iterator]()
    this.#signal = signal
    signal.addEventListener('abort', this.#interrupt, { once: true })
  }

  /**
   * The next event; `undefined` after the last, `'quiet'` where none comes within `waitMs` milliseconds.
   *
   * @throws the signal's reason, or what the source throws
   */
  async next(waitMs?: number): Promise<ClawEvent | undefined | 'quiet'> {
    this.#signal.throwIfAborted()
    // What did not come in time is still awaited.
    this.#coming ??= Promise.resolve(this.#iterator.next())
    const { promise, resolve, reject } = Promise.withResolvers<IteratorResult<ClawEvent> | 'quiet'>()
    this.#wake = () => reject(this.#signal.reason)
    this.#coming.then(resolve, reject)
    const timer = waitMs === undefined ? undefined : setTimeout(() => resolve('quiet'), waitMs)
    try {
      const result = await promise
      if (result === 'quiet') return result
      this.#coming = undefined
      return result.done === true ? undefined : result.value
    } finally {
      clearTimeout(timer)
      this.#wake = undefined
    }
  }

  /** Lets go of the source, which may take its time. */
  close(): void {
    this.#signal.removeEventListener('abort', this.#interrupt)
    this.#coming?.catch(() => {})
    try {
      Promise.resolve(this.#iterator.return?.()).catch(() => {})
    } catch {
      // What goes wrong in a source that nobody reads any more concerns nobody.
    }
  }

  readonly #interrupt = (): void => this.#wake?.()
}
