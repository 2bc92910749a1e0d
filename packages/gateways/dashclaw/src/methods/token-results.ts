/** What may be told of the tokens of a model call. */
export interface TokenUsageDetails {
  readonly model?: string
  readonly session_key?: string
  /** The same as `session_key`. */
  readonly session_id?: string
  /** Tokens that the context holds. */
  readonly context_used?: number
  /** Tokens that it can hold; 200,000 where it is absent. */
  readonly context_max?: number
  readonly hourly_pct_left?: number
  readonly weekly_pct_left?: number
  /** How often the context was made smaller. */
  readonly compactions?: number
  /** The client's own where it is absent. */
  readonly agent_id?: string
}

/** The tokens of a model call as the server keeps them. */
interface TokenSnapshot {
  readonly id: number | string
  readonly org_id?: string
  readonly agent_id: string | null
  /** ISO 8601. */
  readonly timestamp: string
  readonly tokens_in: number
  readonly tokens_out: number
  readonly context_used: number | null
  readonly context_max: number | null
  readonly context_pct: number | null
  readonly hourly_pct_left: number | null
  readonly weekly_pct_left: number | null
  readonly compactions: number | null
  readonly model: string | null
  readonly session_key: string | null
}

/** Tokens that were reported. */
export interface TokenUsageReported {
  readonly snapshot: TokenSnapshot
}

/** What was used now, today, and before. */
export interface TokenOverview {
  readonly current: Readonly<Record<string, unknown>> | null
  readonly today: Readonly<Record<string, unknown>> | null
  readonly history: readonly Readonly<Record<string, unknown>>[]
  readonly timeline: readonly Readonly<Record<string, unknown>>[]
  /** ISO 8601. */
  readonly lastUpdated: string
}

/** How many tokens may be used. */
export interface TokenBudgetInput {
  /** Everyone's together where it is absent. */
  readonly agent_id?: string
  readonly daily_limit?: number | null
  readonly weekly_limit?: number | null
  readonly monthly_limit?: number | null
}

/** What may be used. */
export interface TokenBudgetFound {
  /** Null where nothing was set. */
  readonly budget: (TokenBudgetInput & Readonly<Record<string, unknown>>) | null
}
