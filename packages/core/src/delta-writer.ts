const intervalMs = 250
const maxLength = 4_096
const longestWord = 8_192

/** Gathers pieces of text, so that a stream of thousands of pieces becomes a few events. */
export class DeltaWriter {
  #pending = ''
  #writtenAt: number
  readonly #write: (text: string) => void

  constructor(startedAt: number, write: (text: string) => void) {
    this.#writtenAt = startedAt
    this.#write = write
  }

  /** Adds a piece; `now` is monotonic milliseconds. */
  add(text: string, now: number): void {
    this.#pending += text
    if (now - this.#writtenAt < intervalMs && this.#pending.length < maxLength) return
    this.#writtenAt = now
    const end = splitPoint(this.#pending)
    if (end === 0) return
    this.#write(this.#pending.slice(0, end))
    this.#pending = this.#pending.slice(end)
  }

  /** Writes what is left. */
  finish(): void {
    if (this.#pending !== '') this.#write(this.#pending)
    this.#pending = ''
  }
}

// The last words stay back: a secret that arrives in pieces, or after "Bearer ", must be seen whole to be redacted.
function splitPoint(text: string): number {
  const lastSpace = text.search(/\s\S*$/)
  if (lastSpace < 0) return text.length > longestWord ? text.length : 0
  const before = text.slice(0, lastSpace).search(/\s\S*$/)
  return before < 0 ? 0 : before + 1
}
