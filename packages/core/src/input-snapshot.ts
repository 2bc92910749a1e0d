/** Writes arguments down as they stand, so that different ones read differently; `undefined` where they cannot be written. */
export function writeInput(input: unknown): string | undefined {
  try {
    return JSON.stringify(input, tellApart) ?? ''
  } catch {
    return undefined
  }
}

// What JSON would write alike though it differs.
function tellApart(_: string, value: unknown): unknown {
  if (typeof value === 'bigint' || (typeof value === 'number' && !Number.isFinite(value))) return `${value}n`
  return value instanceof Map || value instanceof Set ? [value.constructor.name, ...value] : value
}
