const longestMs = 24 * 60 * 60 * 1000

/** Milliseconds that a `Retry-After` header asks for, in seconds or as a date; `undefined` where it says nothing. */
export function readRetryAfter(header: string | undefined, now: number): number | undefined {
  if (header === undefined || header.trim() === '') return undefined
  const seconds = Number(header)
  const milliseconds = Number.isNaN(seconds) ? Date.parse(header) - now : seconds * 1000
  if (!Number.isFinite(milliseconds)) return undefined
  return Math.min(Math.max(0, milliseconds), longestMs)
}
