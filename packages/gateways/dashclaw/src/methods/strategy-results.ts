/** A model of a provider. */
interface ModelChoice {
  readonly provider: string
  readonly model: string
  readonly [setting: string]: unknown
}

/** Which models a strategy asks, and what they may cost. */
interface ModelStrategyConfig {
  readonly primary: ModelChoice
  /** Asked in order where the first fails. */
  readonly fallback?: readonly ModelChoice[]
  readonly costSensitivity?: 'low' | 'balanced' | 'high-quality' | (string & {})
  readonly latencySensitivity?: 'low' | 'medium' | 'high' | (string & {})
  /** US dollars. */
  readonly maxBudgetUsd?: number
  readonly maxRetries?: number
  readonly allowedProviders?: readonly string[]
  readonly disallowedProviders?: readonly string[]
}

/** A strategy to make. */
export interface ModelStrategyInput {
  readonly name: string
  readonly description?: string
  readonly config: ModelStrategyConfig
  readonly created_by?: string
}

/** What may change of a strategy. */
export interface ModelStrategyPatch {
  readonly name?: string
  readonly description?: string
  readonly config?: Partial<ModelStrategyConfig>
}

/** A strategy as the server keeps it. */
interface ModelStrategy {
  readonly strategy_id: string
  readonly org_id?: string
  readonly name: string
  readonly description: string | null
  readonly config: ModelStrategyConfig
  readonly created_by?: string | null
  /** ISO 8601. */
  readonly created_at: string
  /** ISO 8601. */
  readonly updated_at: string
}

/** One strategy. */
export interface ModelStrategyFound {
  readonly strategy: ModelStrategy
}

/** Strategies. */
export interface ModelStrategyList {
  readonly strategies: readonly ModelStrategy[]
}

/** A strategy that was deleted. */
export interface ModelStrategyDeleted {
  readonly deleted: boolean
}
