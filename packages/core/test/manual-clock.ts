import type { Clock, Timer } from '../src/index.ts'
// Loaded beforehand: what loads on demand takes real time, which no test here waits for.
import '../src/delivery.ts'

interface Entry {
  readonly due: number
  readonly callback: () => void
  readonly delayMs: number
}

/** A clock whose time passes when the test says so. */
export class ManualClock implements Clock {
  /** Delays of all timers that were started, in order. */
  readonly started: number[] = []
  #wall = 1_700_000_000_000
  #monotonic = 1_000
  readonly #entries = new Set<Entry>()

  now(): number {
    return this.#wall
  }

  monotonic(): number {
    return this.#monotonic
  }

  startTimer(callback: () => void, delayMs: number): Timer {
    const entry: Entry = { due: this.#monotonic + delayMs, callback, delayMs }
    this.started.push(delayMs)
    this.#entries.add(entry)
    return { cancel: () => void this.#entries.delete(entry) }
  }

  /** How many timers wait. */
  get waiting(): number {
    return this.#entries.size
  }

  /** Moves the wall clock alone, as when a machine's time is set. */
  jump(ms: number): void {
    this.#wall += ms
  }

  /** Lets time pass, fires what is due in order, and lets the work of each come to rest. */
  async advance(ms: number): Promise<void> {
    const end = this.#monotonic + ms
    await rest()
    for (let next = this.#next(end); next !== undefined; next = this.#next(end)) {
      this.#pass(Math.max(next.due, this.#monotonic))
      this.#entries.delete(next)
      next.callback()
      await rest()
    }
    this.#pass(end)
  }

  #pass(to: number): void {
    this.#wall += to - this.#monotonic
    this.#monotonic = to
  }

  #next(end: number): Entry | undefined {
    let next: Entry | undefined
    for (const entry of this.#entries)
      if (entry.due <= end && (next === undefined || entry.due < next.due)) next = entry
    return next
  }
}

/** Lets promises that need no time settle. */
export async function rest(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve))
}
