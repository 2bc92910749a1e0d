/** Sets the newest entry of a map that holds `most` at most; returns the oldest one where it had to go. */
export function setNewest<Key, Value>(
  map: Map<Key, Value>,
  key: Key,
  value: Value,
  most: number,
): Value | undefined {
  map.delete(key)
  map.set(key, value)
  if (map.size <= most) return undefined
  for (const [oldest, gone] of map) {
    map.delete(oldest)
    return gone
  }
  return undefined
}
