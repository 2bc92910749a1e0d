import type { CallWatch } from './call-watch.ts'

const eventEnd = /\r?\n\r?\n|\r\r/g
// The longest mark less one character: a mark may arrive in two pieces.
const overlap = 3
const maxEventLength = 16 * 1024 * 1024

/** Reads server-sent events out of the bytes of a body, and leaves out of those bytes what the caller did not ask for. */
export class EventReader {
  readonly #watch: CallWatch
  readonly #decoder = new TextDecoder()
  readonly #encoder = new TextEncoder()
  #rest = ''

  constructor(watch: CallWatch) {
    this.#watch = watch
  }

  /** Takes a piece of the body; returns what of it, and of what was kept back, goes on to the caller. */
  piece(bytes: Uint8Array): Uint8Array {
    // Only where something may have to be left out are bytes kept back until their event is whole.
    const hides = this.#watch.hiding
    const passed = this.#take(this.#decoder.decode(bytes, { stream: true }))
    return hides ? this.#encoder.encode(passed) : bytes
  }

  /** Takes the end of the body; returns what was kept back. */
  end(): Uint8Array {
    const passed = this.#take(this.#decoder.decode()) + this.#event(this.#rest)
    return this.#encoder.encode(this.#watch.hiding ? passed : '')
  }

  #take(text: string): string {
    eventEnd.lastIndex = Math.max(0, this.#rest.length - overlap)
    const all = this.#rest + text
    let passed = ''
    let start = 0
    while (eventEnd.test(all)) {
      const end = eventEnd.lastIndex
      passed += this.#event(all.slice(start, end))
      start = eventEnd.lastIndex = end
    }
    this.#rest = all.slice(start)
    if (this.#rest.length <= maxEventLength) return passed
    passed += this.#rest
    this.#rest = ''
    return passed
  }

  #event(block: string): string {
    const data = block
      .match(/^data:.*$/gm)
      ?.map((line) => line.slice(5))
      .join('\n')
    if (data === undefined || data.trim() === '[DONE]') return block
    let event: unknown
    try {
      event = JSON.parse(data)
    } catch {
      return block
    }
    const shown = this.#watch.event(event)
    if (shown === event) return block
    return shown === undefined ? '' : (this.#watch.hiding?.text(block) ?? block)
  }
}
