/** Hashes written arguments, so that a decision about them holds for no others: SHA-256 of JSON with sorted fields, in hex. */
export async function hashInput(written: string): Promise<string> {
  // Nothing was written where there are no arguments.
  const sorted = written === '' ? '' : JSON.stringify(JSON.parse(written, sortFields))
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(sorted))
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('')
}

function sortFields(_: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  return Object.fromEntries(Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1)))
}
