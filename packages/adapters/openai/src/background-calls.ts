import type { CallWatch } from './call-watch.ts'

const maxCalls = 1_000

/** Calls whose answer is made in the background, by the id of the response, until a `retrieve` shows their end. */
export class BackgroundCalls {
  readonly #watches = new Map<unknown, CallWatch>()

  /** The call behind a response, where this client started it and has not seen its end. */
  get(responseId: unknown): CallWatch | undefined {
    const watch = this.#watches.get(responseId)
    return watch?.ended === true ? undefined : watch
  }

  /** Keeps a call; the oldest is let go where there are too many, and ends by time. */
  keep(responseId: string, watch: CallWatch): void {
    this.#watches.set(responseId, watch)
    if (this.#watches.size > maxCalls) this.delete(this.#watches.keys().next().value)
  }

  /** Lets a call go that has ended. */
  delete(responseId: unknown): void {
    this.#watches.delete(responseId)
  }
}
