/** Finds the JSON in what an agent writes, piece by piece: fences, and words before and behind it, are left out. */
export class JsonText {
  readonly #isObject: boolean
  #before = ''
  #depth = 0
  #isInString = false
  #isEscaped = false
  #isWhole = false

  /** @param isObject whether nothing but an object is wanted; any value otherwise */
  constructor(isObject: boolean) {
    this.#isObject = isObject
  }

  /** Takes a piece of text, and gives what of it is JSON. */
  write(piece: string): string {
    if (this.#isWhole) return ''
    if (this.#depth > 0) return this.#take(piece, 0)
    // Only the new piece is looked at, so that a long answer without JSON costs no more than its length.
    const start = piece.search(this.#isObject ? /\{/ : /[{[]/)
    if (start >= 0) return this.#take(piece, start)
    this.#before += piece
    return ''
  }

  /** Begins anew, because what was written is taken back. */
  reset(): void {
    this.#before = ''
    this.#depth = 0
    this.#isInString = this.#isEscaped = this.#isWhole = false
  }

  /** What was written, where it holds neither an object nor a list. */
  rest(): string {
    if (this.#isWhole || this.#depth > 0) return ''
    const [, fenced, end] = this.#before.split('```', 3)
    return (end === undefined ? this.#before : (fenced ?? '').replace(/^json/, '')).trim()
  }

  #take(text: string, start: number): string {
    this.#before = ''
    for (let at = start; at < text.length; at++) {
      const letter = text[at]
      if (this.#isEscaped) this.#isEscaped = false
      else if (this.#isInString) {
        if (letter === '\\') this.#isEscaped = true
        else if (letter === '"') this.#isInString = false
      } else if (letter === '"') this.#isInString = true
      else if (letter === '{' || letter === '[') this.#depth++
      else if ((letter === '}' || letter === ']') && --this.#depth === 0) {
        this.#isWhole = true
        return text.slice(start, at + 1)
      }
    }
    return text.slice(start)
  }
}
