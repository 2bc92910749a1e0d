import { GatewayError } from '@pincer/protocol'

// Node takes a longer delay for one millisecond.
const longestDelayMs = 2_147_483_647

/**
 * Waits for a promise no longer than the caller does; the promise itself goes on.
 *
 * @param timeoutMs - Milliseconds; `null` for no limit.
 * @throws the signal's reason, or a retryable GatewayError 504 when the time is over.
 */
export function within<Value>(
  promise: Promise<Value>,
  timeoutMs: number | null,
  signal: AbortSignal | undefined,
): Promise<Value> {
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      release()
      reject(signal?.reason)
    }
    const release = (): void => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', stop)
    }
    const timer =
      timeoutMs === null
        ? undefined
        : setTimeout(
            () => {
              release()
              reject(
                new GatewayError(`the transport did not connect within ${timeoutMs} ms; try again`, {
                  status: 504,
                  gatewayCode: 'CONNECT_TIMEOUT',
                  retryable: true,
                }),
              )
            },
            Math.min(timeoutMs, longestDelayMs),
          )
    if (signal?.aborted === true) stop()
    else signal?.addEventListener('abort', stop, { once: true })
    promise.then(
      (value) => {
        release()
        resolve(value)
      },
      (error: unknown) => {
        release()
        reject(error)
      },
    )
  })
}
