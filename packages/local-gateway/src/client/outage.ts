import { GatewayError } from '@pincer/protocol'
import { pause } from './pause.ts'

/** Sits out short outages of a gateway, for calls that wait long: a gateway may restart while a person thinks. */
export interface Outage {
  /**
   * Waits before the next attempt, longer each time.
   *
   * @throws the error itself where it is final, or the outage has lasted too long; the signal's reason.
   */
  sitOut(error: unknown, signal: AbortSignal | undefined): Promise<void>
  /** Told when the gateway answers again. */
  over(): void
}

const firstPauseMs = 200
const longestPauseMs = 5000

/** Begins to watch for an outage of at most `limitMs` milliseconds. */
export function createOutage(limitMs: number): Outage {
  let since: number | undefined
  let pauseMs = firstPauseMs
  return {
    async sitOut(error, signal) {
      if (!(error instanceof GatewayError) || !error.retryable) throw error
      since ??= performance.now()
      if (performance.now() - since >= limitMs) throw error
      await pause(Math.max(pauseMs, Math.min(error.retryAfterMs ?? 0, limitMs)), signal)
      pauseMs = Math.min(pauseMs * 2, longestPauseMs)
    },
    over() {
      since = undefined
      pauseMs = firstPauseMs
    },
  }
}
