/**
 * Does work on every item, on a few at once; after a failure no further item is begun.
 *
 * @returns what failed, once all that was begun has ended.
 */
export async function eachAtMost<Item>(
  limit: number,
  items: readonly Item[],
  work: (item: Item) => Promise<void>,
): Promise<readonly unknown[]> {
  const waiting = items.values()
  const failures: unknown[] = []
  async function take(): Promise<void> {
    for (const item of waiting) {
      if (failures.length > 0) return
      try {
        await work(item)
      } catch (error) {
        failures.push(error)
      }
    }
  }
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, take))
  return failures
}
