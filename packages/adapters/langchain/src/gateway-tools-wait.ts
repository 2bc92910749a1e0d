/**
 * Waits for a promise, even where what is asked hears nothing of the signal.
 *
 * @throws the signal's reason, or what the promise throws
 */
export async function withSignal<Result>(
  promise: Promise<Result>,
  signal: AbortSignal | undefined,
): Promise<Result> {
  if (signal === undefined) return promise
  const { promise: aborted, reject } = Promise.withResolvers<never>()
  const stop = (): void => reject(signal.reason)
  signal.addEventListener('abort', stop, { once: true })
  if (signal.aborted) stop()
  try {
    return await Promise.race([aborted, promise])
  } finally {
    signal.removeEventListener('abort', stop)
  }
}

/**
 * The same for at most `timeMs` milliseconds; undefined when they are over.
 *
 * @throws the signal's reason, or what the promise throws
 */
export async function withTime<Result>(
  promise: Promise<Result>,
  timeMs: number,
  signal: AbortSignal | undefined,
): Promise<Result | undefined> {
  const over = Promise.withResolvers<undefined>()
  const timer = setTimeout(() => over.resolve(undefined), timeMs)
  try {
    return await withSignal(Promise.race([over.promise, promise]), signal)
  } finally {
    clearTimeout(timer)
  }
}
