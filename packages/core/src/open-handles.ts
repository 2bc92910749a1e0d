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

/** Every run and action that has not ended. */
export interface OpenHandles {
  readonly size: number
  /** Ends that came after the end; they are ignored. */
  lateEnds: number
  add(handle: Handle): void
  delete(handle: Handle): void
  /** Ends everything that is open, as when the client closes. */
  close(): void
}

/** Keeps what is open bounded by number and by time. */
export function createOpenHandles({ clock, idleTimeoutMs, maxOpen }: OpenHandlesOptions): OpenHandles {
  const handles = new Set<Handle>()
  let sweep: Timer | undefined

  function abandonOldest(newest: Handle): void {
    for (const handle of handles) {
      if (handle === newest || handle.isHeld) continue
      handle.abandon(`more than ${maxOpen} runs and actions were open`)
      return
    }
  }

  function sweepUp(): void {
    const now = clock.monotonic()
    for (const handle of handles) {
      if (handle.isHeld) handle.isAlive = true
      else if (handle.isAlive) {
        handle.isAlive = false
        handle.lastActivity = now
      } else if (handle.lastActivity <= now - idleTimeoutMs)
        handle.abandon(`nothing happened for ${idleTimeoutMs} ms`)
    }
    sweep = handles.size > 0 ? startSweep() : undefined
  }

  // Often, since a sign of life counts from the sweep that finds it.
  const startSweep = (): Timer => clock.startTimer(sweepUp, idleTimeoutMs / 8)

  return {
    lateEnds: 0,
    get size() {
      return handles.size
    },
    add(handle) {
      handles.add(handle)
      if (handles.size > maxOpen) abandonOldest(handle)
      sweep ??= startSweep()
    },
    delete: (handle) => handles.delete(handle),
    close() {
      sweep?.cancel()
      sweep = undefined
      for (const handle of handles) handle.abandon('the client was closed')
    },
  }
}
