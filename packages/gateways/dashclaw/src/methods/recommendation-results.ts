import type { ActionRecommendation } from '../actions/recommend-action.ts'
import type { Flag } from './answer-parts.ts'

/** What recommendations can be narrowed by. */
export interface RecommendationQuery {
  readonly action_type?: string
  /** The client's own where it is absent. */
  readonly agent_id?: string
  /** 50 where it is absent, 200 at most. */
  readonly limit?: number
  /** True gives those that were switched off too; needs an admin's or a service's key. */
  readonly include_inactive?: boolean
  /** Whether the server notes that they were fetched; true where it is absent. */
  readonly track_events?: boolean
  readonly include_metrics?: boolean
  /** Days back, for the metrics. */
  readonly lookback_days?: number
}

/** A recommendation as the server keeps it. */
interface RecommendationRow extends ActionRecommendation {
  readonly agent_id: string
  readonly action_type: string
  readonly sample_size: number
  readonly top_sample_size?: number
  /** From 0 to 1. */
  readonly success_rate: number
  readonly avg_score?: number
  readonly guidance: readonly string[]
  readonly active: Flag
  /** ISO 8601. */
  readonly computed_at?: string
}

/** Recommendations, the surest first. */
export interface RecommendationList {
  readonly recommendations: readonly RecommendationRow[]
  /** Null unless they were asked for. */
  readonly metrics: RecommendationMetrics | null
  readonly lookback_days?: number
  readonly total: number
  /** ISO 8601. */
  readonly lastUpdated: string
  /** True where the server's database has no table for them yet. */
  readonly schema_missing?: boolean
}

/** What the metrics of recommendations can be narrowed by. */
export interface RecommendationMetricsQuery {
  readonly action_type?: string
  /** The client's own where it is absent. */
  readonly agent_id?: string
  /** 100 where it is absent, 200 at most. */
  readonly limit?: number
  readonly include_inactive?: boolean
  /** Days back; 30 where it is absent. */
  readonly lookback_days?: number
}

/** How actions went. */
interface OutcomeNumbers {
  readonly total: number
  readonly success_rate: number
  readonly failure_rate: number
  readonly avg_score: number
  readonly avg_duration_ms: number
  /** US dollars. */
  readonly avg_cost_estimate: number
}

/** Whether recommendations are followed, and what comes of it. */
export interface RecommendationMetrics {
  readonly metrics: readonly {
    readonly recommendation_id: string
    readonly agent_id: string
    readonly action_type: string
    readonly active: Flag
    readonly confidence: number
    readonly sample_size: number
    readonly telemetry: {
      readonly fetched: number
      readonly applied: number
      readonly overridden: number
      readonly outcomes: number
      readonly adoption_rate: number
    }
    readonly outcomes: { readonly applied: OutcomeNumbers; readonly baseline: OutcomeNumbers }
    readonly deltas: {
      readonly success_lift: number
      readonly failure_reduction: number
      readonly latency_delta_ms: number
      /** US dollars. */
      readonly cost_delta_estimate: number
    }
  }[]
  readonly summary: {
    readonly total_recommendations?: number
    readonly active_recommendations?: number
    readonly avg_adoption_rate?: number
    readonly avg_success_lift?: number
  }
  readonly lookback_days?: number
  /** ISO 8601. */
  readonly lastUpdated?: string
}

/** Something that happened to a recommendation. */
export interface RecommendationEvent {
  readonly event_type: 'fetched' | 'applied' | 'overridden' | 'outcome'
  readonly recommendation_id?: string
  readonly agent_id?: string
  readonly action_id?: string
  /** A second event with the same one is left out. */
  readonly event_key?: string
  readonly details?: Readonly<Record<string, unknown>>
}

/** Events that were recorded. */
export interface RecommendationEventsCreated {
  readonly created: readonly (RecommendationEvent & { readonly id: string; readonly created_at?: string })[]
  readonly created_count: number
}

/** A recommendation that was switched. */
export interface RecommendationFound {
  readonly recommendation: RecommendationRow
}

/** What recommendations are built from. */
export interface RecommendationRebuild {
  readonly action_type?: string
  /** The client's own where it is absent. */
  readonly agent_id?: string
  /** An action to score first. */
  readonly action_id?: string
  /** Days back; 30 where it is absent. */
  readonly lookback_days?: number
  /** The least number of actions that one is built from; 5 where it is absent. */
  readonly min_samples?: number
  /** 5000 where it is absent. */
  readonly episode_limit?: number
}

/** Recommendations that were built. */
export interface RecommendationsRebuilt {
  /** The action that was scored first; null where none was named. */
  readonly scored_episode: Readonly<Record<string, unknown>> | null
  readonly episodes_scanned: number
  readonly recommendations: readonly RecommendationRow[]
  readonly total: number
  /** ISO 8601. */
  readonly rebuilt_at: string
}
