import type { ClawEvent } from '@pincer/protocol'

/** What a read comes to: an event or the end of the stream, or the word with which it was broken off. */
type Found = IteratorResult<ClawEvent> | 'settled' | 'quiet'

/** Reads one stream of events, one at a time; a read that is broken off loses nothing. */
export class EventReading {
  readonly #iterator: AsyncIterator<ClawEvent>
  /** What was asked for and has not been handed out. */
  #coming: Promise<IteratorResult<ClawEvent>> | undefined
  #since: number | undefined
  #breakOff: ((word: 'settled' | 'quiet' | { readonly reason: unknown }) => void) | undefined

  constructor(events: AsyncIterable<ClawEvent>) {
    this.#iterator = events[Symbol.asyncIterator]()
  }

  /** Milliseconds for which somebody has been waiting for an event; `undefined` where nobody is. */
  get waitedMs(): number | undefined {
    return this.#since === undefined ? undefined : performance.now() - this.#since
  }

  /** True where an event was asked for that has not come. */
  get isAsking(): boolean {
    return this.#coming !== undefined
  }

  /** The next event, or `quiet` where none comes within `withinMs` milliseconds. */
  read(withinMs: number | undefined): Promise<Found> {
    const coming = (this.#coming ??= this.#iterator.next())
    return new Promise((resolve, reject) => {
      this.#since = performance.now()
      const late = withinMs === undefined ? undefined : setTimeout(() => this.#breakOff?.('quiet'), withinMs)
      let isDone = false
      const isFirst = (isTaken: boolean): boolean => {
        if (isDone) return false
        isDone = true
        clearTimeout(late)
        this.#since = this.#breakOff = undefined
        if (isTaken) this.#coming = undefined
        return true
      }
      this.#breakOff = (word) => {
        if (!isFirst(false)) return
        if (typeof word === 'object') reject(word.reason)
        else resolve(word)
      }
      coming.then(
        (found) => isFirst(true) && resolve(found),
        (error: unknown) => isFirst(true) && reject(error),
      )
    })
  }

  /** Ends the read that is under way, with a word or by throwing the reason. */
  breakOff(word: 'settled' | { readonly reason: unknown }): void {
    this.#breakOff?.(word)
  }

  /** Leaves the stream; resolves once it is closed. A stream that is asked for an event closes only when that comes. */
  async leave(): Promise<void> {
    try {
      await this.#iterator.return?.()
    } catch {
      // Nobody reads it any more.
    }
  }
}
