import type { Clock, Timer } from './clock.ts'

const intervalMs = 250
const maxLength = 4_096
const moreLength = 1_024
const longestWord = 8_192
const longestKey = 16_384
const longestTail = 64

/** Gathers pieces of text, so that a stream of thousands of pieces becomes a few events. */
export class DeltaWriter {
  readonly #clock: Clock
  readonly #write: (text: string) => void
  #pending = ''
  #enough = maxLength
  #timer: Timer | undefined

  constructor(clock: Clock, write: (text: string) => void) {
    this.#clock = clock
    this.#write = write
  }

  /** Adds a piece; it is written when 250 milliseconds are over, or when there is enough of it. */
  add(text: string): void {
    this.#pending += text
    // A timer costs less than a look at the clock for every piece.
    this.#timer ??= this.#clock.startTimer(() => this.#writeUpTo(splitPoint(this.#pending)), intervalMs)
    if (this.#pending.length >= this.#enough) this.#writeUpTo(splitPoint(this.#pending))
  }

  /** Writes what is left. */
  finish(): void {
    this.#writeUpTo(this.#pending.length)
  }

  #writeUpTo(end: number): void {
    this.#timer?.cancel()
    this.#timer = undefined
    const text = this.#pending.slice(0, end)
    this.#pending = this.#pending.slice(end)
    // What stays back is not looked at again for every piece.
    this.#enough = Math.max(maxLength, this.#pending.length + moreLength)
    if (text !== '') this.#write(text)
  }
}

// What may be a part of a secret stays back until the whole of it can be seen: the last word, "Bearer " and rows of digits
// before it, and a private key until its end.
function splitPoint(text: string): number {
  const key = text.lastIndexOf('-----BEGIN ')
  const isOpen = key >= 0 && text.length - key < longestKey && !text.includes('-----END ', key)
  const word = Math.max(...[' ', '\n', '\t'].map((space) => text.lastIndexOf(space))) + 1
  const end = isOpen ? key : word
  const start = Math.max(0, end - longestTail)
  const held = start + text.slice(start, end).search(/(?:\bbearer\s*)?(?:\d[\d\s-]*)?$/i)
  // A text without spaces is split at last all the same, but not within a row of letters and digits.
  if (held > 0 || isOpen || text.length < longestWord) return held
  let row = text.length
  while (row > 0 && /[\w.~+/=@%-]/.test(text.charAt(row - 1))) row--
  return row || text.length
}
