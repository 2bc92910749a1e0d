import { GatewayError, PincerError } from '@pincer/protocol'

/** People and programs that wait for something to happen, by key; bounded in number and in time. */
export interface Waiters<Value> {
  /**
   * Resolves with the value of the next {@link Waiters.wake} for the key, or with `undefined` after `timeoutMs` milliseconds.
   *
   * @throws GatewayError `too_many_waiters`; the signal's reason when aborted; PincerError `closed`.
   */
  wait(
    key: string,
    options: { readonly timeoutMs: number; readonly signal?: AbortSignal | undefined },
  ): Promise<Value | undefined>
  /** Resolves everybody who waits for the key. */
  wake(key: string, value: Value): void
  /** The keys somebody waits for. */
  keys(): readonly string[]
  /** How many wait. */
  count(): number
  /** Turns everybody away. */
  close(): void
}

interface Waiter<Value> {
  readonly resolve: (value: Value | undefined) => void
  readonly reject: (reason: unknown) => void
}

// Longer timers fire at once in Node.
const longestTimerMs = 2_147_483_647

/** Opens a place to wait, for at most `limit` at a time. */
export function createWaiters<Value>(limit: number): Waiters<Value> {
  const waiting = new Map<string, Set<Waiter<Value>>>()
  let count = 0
  let closed = false

  return {
    wait: (key, { timeoutMs, signal }) =>
      new Promise((resolve, reject) => {
        if (closed) return reject(new PincerError('closed', 'the gateway is closed'))
        if (signal?.aborted === true) return reject(signal.reason)
        if (count >= limit) {
          return reject(
            new GatewayError(`${limit} requests are already waiting; ask again later`, {
              status: 503,
              gatewayCode: 'too_many_waiters',
              retryable: true,
              retryAfterMs: 1000,
            }),
          )
        }
        const waiter: Waiter<Value> = { resolve: settle(resolve), reject: settle(reject) }
        const timer = setTimeout(
          () => waiter.resolve(undefined),
          Math.min(Math.max(timeoutMs, 0), longestTimerMs),
        )
        const abort = (): void => waiter.reject(signal?.reason)
        signal?.addEventListener('abort', abort, { once: true })
        const others = waiting.get(key) ?? new Set()
        waiting.set(key, others.add(waiter))
        count += 1

        // Whatever ends the wait, nothing of it stays behind.
        function settle<Argument>(finish: (argument: Argument) => void): (argument: Argument) => void {
          return (argument) => {
            if (!others.delete(waiter)) return
            count -= 1
            if (others.size === 0) waiting.delete(key)
            clearTimeout(timer)
            signal?.removeEventListener('abort', abort)
            finish(argument)
          }
        }
      }),
    wake: (key, value) => {
      for (const waiter of waiting.get(key) ?? []) waiter.resolve(value)
    },
    keys: () => [...waiting.keys()],
    count: () => count,
    close: () => {
      closed = true
      for (const waiters of waiting.values()) {
        for (const waiter of waiters) waiter.reject(new PincerError('closed', 'the gateway was closed'))
      }
    },
  }
}
