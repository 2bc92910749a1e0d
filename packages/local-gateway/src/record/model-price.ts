/** What a model costs, in US dollars per million tokens. */
export interface ModelPrice {
  readonly inputPerMillion: number
  readonly outputPerMillion: number
  /** For tokens read from a cache; as other input where absent. */
  readonly cacheReadPerMillion?: number | undefined
  /** For tokens written to a cache; as other input where absent. */
  readonly cacheWritePerMillion?: number | undefined
}
