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

// What may be a part of a secret stays back until the whole of it can be seen: the last word, what follows "Bearer ",
// rows of digits, and a private key until its end.
function splitPoint(text: string): number {
  const key = text.lastIndexOf('-----BEGIN ')
  const isOpen = key >= 0 && text.length - key < longestKey && !text.includes('-----END ', key)
  let end = isOpen ? key : startOfTail(text, /\S/)
  for (const held of [/\bbearer\s*$/i, /\d[\d\s-]*$/]) {
    const start = Math.max(0, end - longestTail)
    const found = text.slice(start, end).search(held)
    if (found >= 0) end = start + found
  }
  // A text without spaces is split at last all the same, but not within a row of letters and digits.
  if (end > 0 || isOpen || text.length < longestWord) return end
  return startOfTail(text, /[\w.~+/=@%-]/) || text.length
}

function startOfTail(text: string, tail: RegExp): number {
  let start = text.length
  while (start > 0 && tail.test(text.charAt(start - 1))) start--
  return start
}
