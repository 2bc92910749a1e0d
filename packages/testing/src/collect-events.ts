/** How long and how much to collect. */
export interface CollectOptions<Item> {
  /** Stops after the item for which it holds; without it the stream has to end by itself. */
  readonly until?: (item: Item) => boolean
  /** Milliseconds; 5,000. */
  readonly timeoutMs?: number
}

/**
 * Reads a stream into an array.
 *
 * @throws Error telling what had arrived, when the time is over first.
 */
export async function collectEvents<Item>(
  stream: AsyncIterable<Item>,
  { until, timeoutMs = 5000 }: CollectOptions<Item> = {},
): Promise<Item[]> {
  const items: Item[] = []
  const reading = (async () => {
    for await (const item of stream) {
      items.push(item)
      if (until?.(item) === true) break
    }
    return items
  })()
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new Error(`not complete after ${timeoutMs} ms: ${JSON.stringify(items)}`)),
      timeoutMs,
    )
  })
  try {
    return await Promise.race([reading, late])
  } finally {
    clearTimeout(timer)
  }
}
