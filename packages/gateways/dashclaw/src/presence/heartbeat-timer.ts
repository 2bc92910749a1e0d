import { invalidInput } from '../request/invalid-input.ts'

/** How the client tells by itself that the agent lives. */
export interface HeartbeatOptions {
  /** Milliseconds from one beat to the next; 60,000. */
  readonly intervalMs?: number
  /** The same as `intervalMs`. */
  readonly interval?: number
  /** `online` where it is absent. */
  readonly status?: string
  readonly current_task_id?: string
  /** The same as `current_task_id`. */
  readonly currentTaskId?: string
  readonly metadata?: Readonly<Record<string, unknown>>
}

/** Beats at once, and then at every interval; keeps no process, and a beat that fails is missed silently. */
export interface HeartbeatTimer {
  /** Starts it; does nothing where it runs. */
  start(options?: HeartbeatOptions): void
  stop(): void
}

/** Sends one beat. */
export type Beat = (options: HeartbeatOptions, signal: AbortSignal) => Promise<unknown>

/** Makes a timer that does not run yet. */
export function createHeartbeatTimer(beat: Beat): HeartbeatTimer {
  let running: AbortController | undefined
  return {
    start(options = {}) {
      if (running !== undefined) return
      const intervalMs = options.intervalMs ?? options.interval ?? 60_000
      if (!(Number.isFinite(intervalMs) && intervalMs >= 1 && intervalMs <= 2_147_483_647)) {
        throw invalidInput('startHeartbeat: intervalMs', 'milliseconds of 1 or more', intervalMs)
      }
      const stop = new AbortController()
      let isBeating = false
      const next = (): void => {
        if (isBeating) return
        isBeating = true
        beat(options, stop.signal)
          .catch(() => {})
          .finally(() => (isBeating = false))
      }
      const timer = setInterval(next, intervalMs)
      timer.unref()
      stop.signal.addEventListener('abort', () => clearInterval(timer))
      running = stop
      next()
    },
    stop() {
      running?.abort()
      running = undefined
    },
  }
}
