import { GatewayError } from '@pincer/protocol'

/** Waits so many milliseconds, or rejects with the signal's reason as soon as it is aborted. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return settle((resolve) => {
    const timer = setTimeout(resolve, ms)
    return () => clearTimeout(timer)
  }, signal)
}

/**
 * Waits for a gateway's answer, even where the gateway ignores its time limit or the signal.
 *
 * @throws GatewayError with `retryable: true` after `timeoutMs` milliseconds, or the signal's reason
 */
export function within<Value>(
  answer: Promise<Value>,
  timeoutMs: number,
  signal: AbortSignal | undefined,
): Promise<Value> {
  return settle<Value>((resolve, reject) => {
    const late = (): void => reject(new GatewayError(`no answer within ${timeoutMs} ms`, { retryable: true }))
    const timer = setTimeout(late, timeoutMs)
    answer.then(resolve, reject)
    return () => clearTimeout(timer)
  }, signal)
}

function settle<Value>(
  begin: (resolve: (value: Value) => void, reject: (error: unknown) => void) => () => void,
  signal: AbortSignal | undefined,
): Promise<Value> {
  return new Promise((resolve, reject) => {
    const leave = (): void => {
      end()
      signal?.removeEventListener('abort', stop)
    }
    const stop = (): void => {
      leave()
      reject(signal?.reason)
    }
    const end = begin(
      (value) => (leave(), resolve(value)),
      (error) => (leave(), reject(error)),
    )
    if (signal?.aborted === true) stop()
    else signal?.addEventListener('abort', stop, { once: true })
  })
}
