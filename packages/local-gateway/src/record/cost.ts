/** What a model call cost, and by which prices. */
export interface Cost {
  /** US dollars. */
  readonly usd: number
  /** Where the price comes from: `reported` where the event carried the cost, `config`, or the price table and its version. */
  readonly source: string
  /** The UTC day, as `YYYY-MM-DD`, whose prices were used. */
  readonly date: string
}
