/** How long one caller waits for the connection. */
interface Wait {
  /** Milliseconds; `null` for as long as it takes. */
  readonly timeoutMs: number | null
  readonly signal?: AbortSignal | undefined
  /** The error that is thrown when the time is over. */
  readonly late: () => Error
}

/** Callers that wait until there is a connection. */
export interface ConnectWaiters {
  readonly size: number
  /**
   * Resolves with the next connection.
   *
   * @throws the signal's reason, `late()` when the time is over, or the error that `fail` was given.
   */
  add(wait: Wait): Promise<void>
  /** Lets all of them go on. */
  release(): void
  fail(error: Error): void
}

interface Waiter {
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

// Node takes a longer delay for one millisecond.
const longestDelayMs = 2_147_483_647

/** Makes an empty waiting room; `onEmpty` is called when the last one has left it in vain. */
export function createConnectWaiters(onEmpty: () => void): ConnectWaiters {
  const waiting = new Set<Waiter>()
  return {
    get size() {
      return waiting.size
    },
    add({ timeoutMs, signal, late }) {
      return new Promise((resolve, reject) => {
        if (signal?.aborted === true) {
          reject(signal.reason)
          return
        }
        const leave = (): void => {
          clearTimeout(timer)
          signal?.removeEventListener('abort', stop)
          waiting.delete(waiter)
        }
        const giveUp = (error: unknown): void => {
          waiter.reject(error)
          if (waiting.size === 0) onEmpty()
        }
        const stop = (): void => giveUp(signal?.reason)
        const timer =
          timeoutMs === null
            ? undefined
            : setTimeout(() => giveUp(late()), Math.min(timeoutMs, longestDelayMs))
        const waiter: Waiter = {
          resolve: () => {
            leave()
            resolve()
          },
          reject: (error) => {
            leave()
            reject(error)
          },
        }
        signal?.addEventListener('abort', stop, { once: true })
        waiting.add(waiter)
      })
    },
    release() {
      for (const waiter of waiting) waiter.resolve()
    },
    fail(error) {
      for (const waiter of waiting) waiter.reject(error)
    },
  }
}
