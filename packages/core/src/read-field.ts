/** Reads a field of anything at all; gives `otherwise` where looking at it throws. */
export function readField(source: unknown, key: string, otherwise?: unknown): unknown {
  try {
    return (source as Record<string, unknown>)[key]
  } catch {
    return otherwise
  }
}
