import type { Part } from './parts.ts'

/** How far a stream is read. */
export interface ReadOptions {
  /** Stops after the part for which it holds, and keeps the stream open. */
  readonly until?: (part: Part, count: number) => boolean
  /** Milliseconds for all of it; 5,000. */
  readonly timeoutMs?: number
}

/** What was read of a stream. */
export interface Reading {
  readonly parts: readonly Part[]
  /** What reading failed with, where it did. */
  readonly failure?: { readonly error: unknown }
  /** True where there is nothing more to read. */
  readonly ended: boolean
}

/**
 * Reads parts until the stream ends, fails or has told enough; never longer than the deadline.
 *
 * @throws Error telling what had arrived, where the deadline comes first.
 */
export async function readParts(
  reader: ReadableStreamDefaultReader<Part>,
  { until, timeoutMs = 5_000 }: ReadOptions = {},
): Promise<Reading> {
  const parts: Part[] = []
  const late = Promise.withResolvers<never>()
  const timer = setTimeout(
    () => late.reject(new LateError(`nothing more within ${timeoutMs} ms after ${JSON.stringify(parts)}`)),
    timeoutMs,
  )
  try {
    for (;;) {
      const { done, value } = await Promise.race([reader.read(), late.promise])
      if (done) return { parts, ended: true }
      parts.push(value)
      if (until?.(value, parts.length) === true) return { parts, ended: false }
    }
  } catch (error) {
    if (error instanceof LateError) throw error
    return { parts, failure: { error }, ended: true }
  } finally {
    clearTimeout(timer)
  }
}

class LateError extends Error {}

/**
 * Waits for a promise, but not for ever.
 *
 * @throws Error where the deadline comes first.
 */
export async function within<Value>(promise: PromiseLike<Value>, timeoutMs = 5_000): Promise<Value> {
  const late = Promise.withResolvers<never>()
  const timer = setTimeout(() => late.reject(new LateError(`nothing within ${timeoutMs} ms`)), timeoutMs)
  try {
    return await Promise.race([promise, late.promise])
  } finally {
    clearTimeout(timer)
  }
}
