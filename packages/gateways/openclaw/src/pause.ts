/** Whether a pause is worth keeping the process for. */
interface PauseOptions {
  /** False lets the process end meanwhile; true when absent. */
  readonly keepsProcess?: boolean
}

/**
 * Lets milliseconds pass.
 *
 * @throws the signal's reason.
 */
export function pause(
  ms: number,
  signal?: AbortSignal,
  { keepsProcess = true }: PauseOptions = {},
): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      clearTimeout(timer)
      reject(signal?.reason)
    }
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop)
      resolve()
    }, ms)
    if (!keepsProcess) timer.unref()
    if (signal?.aborted === true) stop()
    else signal?.addEventListener('abort', stop, { once: true })
  })
}

/** What the promise resolves with, or `undefined` after so many milliseconds; leaves no timer behind, and keeps no process. */
export async function atMost<Value>(ms: number, promise: Promise<Value>): Promise<Value | undefined> {
  const stop = new AbortController()
  try {
    return await Promise.race([
      promise,
      pause(ms, stop.signal, { keepsProcess: false }).then(() => undefined),
    ])
  } finally {
    stop.abort()
  }
}
