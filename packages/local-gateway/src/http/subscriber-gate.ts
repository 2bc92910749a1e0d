import { HttpProblem } from './problem.ts'

/** Counts who listens, and turns away whoever is too many. */
export interface SubscriberGate {
  /**
   * Takes a place; the returned function gives it back.
   *
   * @throws HttpProblem 503 `too_many_subscribers`.
   */
  enter(): () => void
  /** Milliseconds between signs of life. */
  readonly heartbeatMs: number
  /** Milliseconds after which a subscriber that takes nothing is cut. */
  readonly stallTimeoutMs: number
}

/** Makes a gate with so many places. */
export function createSubscriberGate(limits: {
  readonly maxSubscribers?: number
  readonly heartbeatMs?: number
  readonly stallTimeoutMs?: number
}): SubscriberGate {
  const { maxSubscribers = 100, heartbeatMs = 15_000, stallTimeoutMs = 20_000 } = limits
  let taken = 0
  return {
    heartbeatMs,
    stallTimeoutMs,
    enter() {
      if (taken >= maxSubscribers) {
        throw new HttpProblem(503, 'too_many_subscribers', `${maxSubscribers} subscribers already listen`, {
          next: 'close one, or read /v1/runs/{id}/events page by page',
          retryAfterMs: 5_000,
        })
      }
      taken += 1
      let inside = true
      return () => {
        if (inside) taken -= 1
        inside = false
      }
    },
  }
}
