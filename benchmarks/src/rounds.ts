/** What one variant of a measurement took, in microseconds per unit of work. */
export interface Timing {
  readonly name: string
  readonly medianUs: number
  /** Median over the rounds of what it took more than the first variant in the same round. */
  readonly addedUs: number
  /** Median over the rounds of its time to the first variant's. */
  readonly ratio: number
}

/**
 * Times variants in turn, round after round, so that a machine that speeds up or slows down does so for all of them.
 *
 * @param unitsPerRound how many units of work one call of a variant does
 * @param settle ends what a variant left to be done, so that it does not count for the next
 */
export async function timeInRounds(
  variants: Readonly<Record<string, () => Promise<void>>>,
  rounds: number,
  unitsPerRound: number,
  settle: () => Promise<unknown>,
): Promise<Timing[]> {
  const names = Object.keys(variants)
  const times = new Map<string, number[]>(names.map((name) => [name, []]))
  for (let round = -2; round < rounds; round++) {
    // Who goes first changes, since garbage of one is collected in the time of the next. Collecting it here would also
    // throw away optimized code, and measure a client that has just been started.
    const order = round % 2 === 0 ? names : names.toReversed()
    for (const name of order) {
      const start = performance.now()
      await variants[name]?.()
      const us = ((performance.now() - start) * 1_000) / unitsPerRound
      if (round >= 0) times.get(name)?.push(us)
      await settle()
    }
  }
  const base = times.get(names[0] ?? '') ?? []
  return names.map((name) => {
    const own = times.get(name) ?? []
    return {
      name,
      medianUs: median(own),
      addedUs: median(own.map((us, round) => us - (base[round] ?? 0))),
      ratio: median(own.map((us, round) => us / (base[round] ?? us))),
    }
  })
}

/** The middle of some numbers. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((left, right) => left - right)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1
    ? (sorted[middle] ?? 0)
    : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2
}
