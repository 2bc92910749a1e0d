/** Lets time pass; keeps no process alive. Rejects with the signal's reason. */
export function pause(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      clearTimeout(timer)
      reject(signal?.reason)
    }
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop)
      resolve()
    }, ms)
    timer.unref()
    if (signal?.aborted === true) stop()
    else signal?.addEventListener('abort', stop, { once: true })
  })
}

/** What the promise resolves with, or `undefined` after so many milliseconds; leaves no timer behind. */
export async function atMost<Value>(ms: number, promise: Promise<Value>): Promise<Value | undefined> {
  const stop = new AbortController()
  try {
    return await Promise.race([promise, pause(ms, stop.signal).then(() => undefined)])
  } finally {
    stop.abort()
  }
}
