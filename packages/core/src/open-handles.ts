import type { Clock, Timer } from './clock.ts'
import type { Handle } from './handle.ts'

/** Bounds of what may be open. */
export interface OpenHandlesOptions {
  readonly clock: Clock
  /** How long a run or action may be silent, in milliseconds. */
  readonly idleTimeoutMs: number
  /** Most runs and actions open at a time. */
  readonly maxOpen: number
}

/** Every run and action that has not ended, bounded by number and by time. */
export class OpenHandles {
  /** Ends that came after the end; they are ignored. */
  lateEnds = 0
  readonly #handles = new Set<Handle>()
  readonly #options: OpenHandlesOptions
  #sweep: Timer | undefined

  constructor(options: OpenHandlesOptions) {
    this.#options = options
  }

  get size(): number {
    return this.#handles.size
  }

  add(handle: Handle): void {
    this.#handles.add(handle)
    if (this.#handles.size > this.#options.maxOpen) this.#abandonOldest(handle)
    this.#sweep ??= this.#startSweep()
  }

  delete(handle: Handle): void {
    this.#handles.delete(handle)
  }

  /** Ends everything that is open, as when the client closes. */
  close(): void {
    this.#sweep?.cancel()
    this.#sweep = undefined
    for (const handle of this.#handles) if (!handle.ended) handle.abandon('the client was closed')
  }

  #abandonOldest(newest: Handle): void {
    for (const handle of this.#handles) {
      if (handle === newest || handle.isHeld) continue
      handle.abandon(`more than ${this.#options.maxOpen} runs and actions were open`)
      return
    }
  }

  // Often, since a sign of life counts from the sweep that finds it.
  #startSweep(): Timer {
    const { clock, idleTimeoutMs } = this.#options
    return clock.startTimer(() => {
      this.#sweep = undefined
      const now = clock.monotonic()
      for (const handle of this.#handles) {
        if (handle.isHeld) handle.isAlive = true
        else if (handle.isAlive) {
          handle.isAlive = false
          handle.lastActivity = now
        } else if (handle.lastActivity <= now - idleTimeoutMs)
          handle.abandon(`nothing happened for ${idleTimeoutMs} ms`)
      }
      if (this.#handles.size > 0) this.#sweep = this.#startSweep()
    }, idleTimeoutMs / 8)
  }
}
