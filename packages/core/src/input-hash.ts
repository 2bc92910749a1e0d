/** Writes arguments so that equal ones read alike: JSON with sorted fields; `undefined` where they cannot be written. */
export function writeInput(input: unknown): string | undefined {
  try {
    return JSON.stringify(input, sortFields) ?? ''
  } catch {
    return undefined
  }
}

/** Hashes written arguments, so that a decision about them holds for no others: SHA-256, in hex. */
export async function hashText(text: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text))
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('')
}

// What JSON would write alike though it differs is told apart here.
function sortFields(_: string, value: unknown): unknown {
  if (typeof value === 'bigint' || (typeof value === 'number' && !Number.isFinite(value))) return `${value}n`
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  if (value instanceof Map || value instanceof Set) return [value.constructor.name, ...value]
  return Object.fromEntries(Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1)))
}
