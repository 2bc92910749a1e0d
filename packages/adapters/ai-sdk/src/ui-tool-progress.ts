import type { JsonValue, ToolCallDeltaData } from '@pincer/protocol'

// What a tool prints may be without end; its result tells the rest. In characters.
const longest = 16_000
// A reader is sent all of it each time: what comes in small pieces is shown once there is this much more of it.
const growth = 0.25

/** What a tool call has told of its output before it ends. */
export class ToolProgress {
  #told: JsonValue | undefined
  #isShown = false
  /** Characters that came since it was shown. */
  #more = 0

  /** What to show; `undefined` where nothing was told. */
  get told(): JsonValue | undefined {
    return this.#told
  }

  /** True where the reader has seen some of it. */
  get isShown(): boolean {
    return this.#isShown
  }

  /** Takes what the call tells; true where it is time to show it. */
  take({ delta = '', output }: ToolCallDeltaData): boolean {
    const before = typeof this.#told === 'string' ? this.#told : ''
    const told = output ?? (before + delta).slice(-longest)
    this.#told = told
    this.#more += delta.length
    return output !== undefined || typeof told !== 'string' || this.#more >= told.length * growth
  }

  /** Notes that all of it is shown. */
  show(): void {
    this.#isShown = true
    this.#more = 0
  }
}
