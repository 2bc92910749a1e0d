const longest = 64

/**
 * Names for models, by the gateway's names: letters, digits, `_` and `-`, at most 64, and no two alike.
 *
 * A name depends on the set of tools only, never on their order, so that a call of yesterday finds the same tool today.
 */
export function toModelNames(names: readonly string[]): ReadonlyMap<string, string> {
  const byWish = Map.groupBy(new Set(names), wishFor)
  const taken = new Set([...byWish.keys()].filter((wish) => byWish.get(wish)?.includes(wish)))
  const chosen = new Map<string, string>()
  for (const wish of [...byWish.keys()].toSorted()) {
    const rivals = byWish.get(wish) ?? []
    for (const name of rivals.toSorted()) {
      const isFree = name === wish || (rivals.length === 1 && !taken.has(wish))
      const modelName = isFree ? wish : distinguish(wish, name, taken)
      taken.add(modelName)
      chosen.set(name, modelName)
    }
  }
  return chosen
}

function wishFor(name: string): string {
  const safe = name.replaceAll(/[^a-zA-Z0-9_-]/g, '_')
  if (safe === '') return 'tool'
  return safe.length > longest ? withMark(safe, mark(name)) : safe
}

function distinguish(wish: string, name: string, taken: ReadonlySet<string>): string {
  for (let attempt = 0; ; attempt++) {
    const modelName = withMark(wish, mark(attempt === 0 ? name : `${name} ${attempt}`))
    if (!taken.has(modelName)) return modelName
  }
}

function withMark(text: string, ending: string): string {
  return `${text.slice(0, longest - ending.length - 1)}_${ending}`
}

// FNV-1a: short, the same everywhere, and no secret.
function mark(text: string): string {
  let hash = 0x811c9dc5
  for (let index = 0; index < text.length; index++)
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193) >>> 0
  return hash.toString(36)
}
