/** How many items a backlog keeps, and about how many bytes of memory they may hold. */
export interface BacklogBound {
  readonly items: number
  readonly bytes: number
}

/** How the items of a full backlog are made fewer. */
export interface BacklogPolicy<Item> {
  sizeOf(item: Item): number
  /** Gives fewer items back, within `target` where it can; the order stays. */
  shorten(items: readonly Item[], target: BacklogBound): readonly Item[]
}

/** Items in the order they came, within a bound: the oldest are merged and, beyond that, dropped. */
export interface Backlog<Item> {
  add(item: Item, bytes: number): void
  /** Takes the oldest item out. */
  take(): Item | undefined
  /** The items that are there, oldest first. */
  items(): readonly Item[]
  readonly count: number
  readonly bytes: number
  /** Sets another bound, which holds from the next item on. */
  bind(bound: BacklogBound): void
}

// Room that is made at once, so that making it costs little for each item.
const share = 0.75

/** Makes an empty backlog, or one that begins with `items`. */
export function createBacklog<Item>(
  policy: BacklogPolicy<Item>,
  bound: BacklogBound,
  items: readonly Item[] = [],
): Backlog<Item> {
  let kept: (Item | undefined)[] = [...items]
  let sizes = items.map((item) => policy.sizeOf(item))
  let first = 0
  let bytes = sum(sizes)
  let { items: maxItems, bytes: maxBytes } = bound

  // Only what stands before `first` was taken out.
  const rest = (): readonly Item[] => kept.slice(first) as readonly Item[]

  function shorten(): void {
    const shorter = policy.shorten(rest(), { items: bound.items * share, bytes: bound.bytes * share })
    kept = [...shorter]
    sizes = shorter.map((item) => policy.sizeOf(item))
    first = 0
    bytes = sum(sizes)
    // Where nothing more can go, it is not tried again at every item.
    maxItems = Math.max(bound.items, kept.length / share)
    maxBytes = Math.max(bound.bytes, bytes / share)
  }

  return {
    add(item, size) {
      kept.push(item)
      sizes.push(size)
      bytes += size
      if (kept.length - first > maxItems || bytes > maxBytes) shorten()
    },
    take() {
      const item = kept[first]
      if (item === undefined) return undefined
      kept[first] = undefined
      bytes -= sizes[first] ?? 0
      first += 1
      if (first === kept.length || (first >= 1024 && first * 2 > kept.length)) {
        kept = kept.slice(first)
        sizes = sizes.slice(first)
        first = 0
      }
      return item
    },
    items: rest,
    get count() {
      return kept.length - first
    },
    get bytes() {
      return bytes
    },
    bind(next) {
      bound = next
      maxItems = next.items
      maxBytes = next.bytes
    },
  }
}

function sum(sizes: readonly number[]): number {
  return sizes.reduce((total, size) => total + size, 0)
}
