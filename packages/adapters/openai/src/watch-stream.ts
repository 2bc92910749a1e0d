import type { CallWatch } from './call-watch.ts'
import type { SdkStream } from './parse-sdk.ts'

type Step = IteratorResult<unknown, unknown>

/** Lets the watch see a stream's events as the caller reads them; the stream stays the object it is. */
export function watchStream(stream: SdkStream, watch: CallWatch): void {
  const { iterator, controller } = stream
  let taken = false
  watch.open()
  stream.iterator = () => {
    const source = iterator.call(stream)
    // A second reading fails in the client, and must not end what the first one is still reading.
    if (taken) return source
    taken = true
    return new WatchedIterator(source, controller.signal, watch)
  }
}

// An object with plain `then` callbacks, where an async generator would cost more turns per chunk.
class WatchedIterator implements AsyncIterableIterator<unknown> {
  readonly #source: AsyncIterator<unknown>
  readonly #signal: AbortSignal
  readonly #watch: CallWatch

  constructor(source: AsyncIterator<unknown>, signal: AbortSignal, watch: CallWatch) {
    this.#source = source
    this.#signal = signal
    this.#watch = watch
  }

  next(): Promise<Step> {
    return this.#source.next().then(this.#seen, this.#failed)
  }

  return(value?: unknown): Promise<Step> {
    this.#watch.stop()
    return this.#source.return?.(value) ?? Promise.resolve({ value, done: true })
  }

  throw(error?: unknown): Promise<Step> {
    this.#watch.stop()
    return this.#source.throw?.(error) ?? Promise.reject(error)
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  readonly #seen = (step: Step): Step | Promise<Step> => {
    if (step.done === true) this.#watch.close(this.#signal.aborted)
    else if (this.#watch.event(step.value)) return this.next()
    return step
  }

  readonly #failed = (error: unknown): never => {
    this.#watch.fail(error)
    throw error
  }
}
