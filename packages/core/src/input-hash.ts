/**
 * Hashes arguments, so that a decision about them holds for no others: SHA-256 over JSON with sorted fields, in hex.
 *
 * @throws TypeError where the arguments cannot be written as JSON, such as a cycle.
 */
export async function hashInput(input: unknown): Promise<string> {
  const text = JSON.stringify(input, sortFields) ?? ''
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text))
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('')
}

function sortFields(_: string, value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString()
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  return Object.fromEntries(Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1)))
}
