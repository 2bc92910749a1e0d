/** A map that forgets its oldest entries, so that it cannot grow for ever. */
export interface BoundedMap<Value> {
  get(key: string): Value | undefined
  has(key: string): boolean
  /** Adds or replaces; a replaced entry counts as new. */
  set(key: string, value: Value): void
}

/** @param limit - How many entries are kept. */
export function createBoundedMap<Value>(limit: number): BoundedMap<Value> {
  const entries = new Map<string, Value>()
  return {
    get: (key) => entries.get(key),
    has: (key) => entries.has(key),
    set(key, value) {
      entries.delete(key)
      entries.set(key, value)
      if (entries.size <= limit) return
      const oldest = entries.keys().next()
      if (oldest.done !== true) entries.delete(oldest.value)
    },
  }
}
