/**
 * Writes a value as the one text that both sides sign: fields in order at every depth, no spaces, what JSON cannot hold left out.
 */
export function canonicalJson(value: unknown): string {
  // Through JSON once, so that what is signed is what the server reads: dates, missing values, numbers that are none.
  return write(JSON.parse(JSON.stringify(value)))
}

function write(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(write).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const fields = Object.entries(value).toSorted(([left], [right]) => (left < right ? -1 : 1))
  return `{${fields.map(([name, item]) => `${JSON.stringify(name)}:${write(item)}`).join(',')}}`
}
