import type { Clock, Timer } from './clock.ts'
import type { Handle } from './handle.ts'

/** Every run and action that has not ended, bounded by number and by time. */
export class OpenHandles {
  /** Ends that came after the end; they are ignored. */
  lateEnds = 0
  readonly #handles = new Set<Handle>()
  readonly #clock: Clock
  readonly #idleTimeoutMs: number
  readonly #maxOpen: number
  #sweep: Timer | undefined

  constructor(clock: Clock, idleTimeoutMs: number, maxOpen: number) {
    this.#clock = clock
    this.#idleTimeoutMs = idleTimeoutMs
    this.#maxOpen = maxOpen
  }

  get size(): number {
    return this.#handles.size
  }

  add(handle: Handle): void {
    this.#handles.add(handle)
    if (this.#handles.size > this.#maxOpen) this.#abandonOldest(handle)
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
    this.#handles.clear()
  }

  // Only what has nothing open below: a run that lives is not ended for the actions that were lost in it.
  #abandonOldest(newest: Handle): void {
    for (const handle of this.#handles) {
      if (handle === newest || handle.isWaiting || handle.hasChildren) continue
      handle.abandon(`more than ${this.#maxOpen} runs and actions were open`)
      return
    }
  }

  #startSweep(): Timer {
    return this.#clock.startTimer(() => {
      this.#sweep = undefined
      const idleSince = this.#clock.monotonic() - this.#idleTimeoutMs
      for (const handle of this.#handles) {
        if (!handle.isWaiting && !handle.hasChildren && handle.lastActivity <= idleSince)
          handle.abandon(`nothing happened for ${this.#idleTimeoutMs} ms`)
      }
      if (this.#handles.size > 0) this.#sweep = this.#startSweep()
    }, this.#idleTimeoutMs / 4)
  }
}
