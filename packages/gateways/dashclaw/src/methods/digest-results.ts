/** One kind of what happened in a day. */
interface DigestPart {
  readonly total: number
  readonly items?: readonly Readonly<Record<string, unknown>>[]
  readonly [field: string]: unknown
}

/** A day of an agent. */
export interface DailyDigest {
  /** Such as `2025-01-15`. */
  readonly date: string
  readonly agent_id: string | null
  readonly digest: {
    readonly actions: DigestPart & {
      readonly completed?: number
      readonly failed?: number
      readonly avg_risk?: number | null
    }
    readonly decisions: DigestPart
    readonly [part: string]: DigestPart | undefined
  }
  /** The same as `digest.actions.total`; every other part has a count of its own likewise. */
  readonly actions_count: number
  /** The same as `digest.decisions.total`. */
  readonly decisions_count: number
}
