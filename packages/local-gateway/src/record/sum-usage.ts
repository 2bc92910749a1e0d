import { addUsage, emptyUsage, type Usage } from '@pincer/protocol'

/** The most details of a sum; those of the first names in order are kept, so that no order of the summands matters. */
const mostDetails = 64

/** Adds up any number of usages, in time that grows only with their number. */
export function sumUsage(usages: Iterable<Usage>): Usage {
  let sum = emptyUsage
  const details = new Map<string, number>()
  for (const { details: own = {}, ...usage } of usages) {
    // What names nothing and counts nothing says nothing about provider and model either.
    if (usage.totalTokens === 0 && usage.provider === '' && usage.model === '' && usage.costUsd === undefined)
      continue
    sum = addUsage(sum, usage)
    for (const [name, count] of Object.entries(own)) details.set(name, (details.get(name) ?? 0) + count)
  }
  if (details.size === 0) return sum
  const kept = [...details].toSorted(([left], [right]) => (left < right ? -1 : 1)).slice(0, mostDetails)
  return { ...sum, details: Object.fromEntries(kept) }
}
