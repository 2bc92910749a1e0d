import type { Known } from './answer-parts.ts'

/** How the scores of dimensions become one: weights count among the dimensions that had data. */
type CompositeMethod = 'weighted_average' | 'minimum' | 'geometric_mean'

/** Where a dimension takes its value from, such as a field of the action. */
type ScoringSource = Known<
  | 'duration_ms'
  | 'cost_estimate'
  | 'tokens_total'
  | 'risk_score'
  | 'confidence'
  | 'eval_score'
  | 'metadata_field'
  | 'custom_function'
>

/** A step of a scale; the first that holds gives the score, and the lowest score where none does. */
interface ScaleStep {
  readonly label?: string
  readonly operator: 'lt' | 'lte' | 'gt' | 'gte' | 'eq' | 'between' | 'contains'
  /** Two numbers for `between`. */
  readonly value: number | string | readonly [number, number]
  /** From 0 to 100. */
  readonly score: number
}

/** What a profile looks at. */
export interface ScoringDimensionInput {
  readonly name: string
  readonly data_source: ScoringSource
  readonly description?: string
  /** 1 where it is absent. */
  readonly weight?: number
  /** What the source needs, such as `field` for `metadata_field`. */
  readonly data_config?: Readonly<Record<string, unknown>>
  /** Every value scores 50 without one. */
  readonly scale?: readonly ScaleStep[]
  readonly sort_order?: number
}

/** What can be changed of a dimension. */
export type ScoringDimensionUpdate = Partial<ScoringDimensionInput>

/** A dimension as the server keeps it. */
export interface ScoringDimensionRow extends ScoringDimensionInput {
  /** `sd_…`. */
  readonly id: string
  readonly profile_id: string
}

/** A profile to create: what makes an action a good one. */
export interface ScoringProfileInput {
  readonly name: string
  readonly description?: string
  /** The kind of action it is for; every kind where it is absent. */
  readonly action_type?: string | null
  /** `weighted_average` where it is absent. */
  readonly composite_method?: CompositeMethod
  readonly metadata?: Readonly<Record<string, unknown>>
  readonly dimensions?: readonly ScoringDimensionInput[]
}

/** What can be changed of a profile. */
export interface ScoringProfileUpdate extends Partial<Omit<ScoringProfileInput, 'dimensions'>> {
  readonly status?: Known<'active' | 'archived'>
}

/** A profile as the server keeps it. */
export interface ScoringProfileRow {
  /** `sp_…`. */
  readonly id: string
  readonly name: string
  readonly description?: string
  readonly action_type?: string | null
  readonly composite_method: CompositeMethod
  readonly metadata?: Readonly<Record<string, unknown>>
  readonly status: string
  /** Null in listings where it has none. */
  readonly dimensions?: readonly ScoringDimensionRow[] | null
  /** ISO 8601. */
  readonly created_at?: string
  /** ISO 8601. */
  readonly updated_at?: string
}

/** What a listing of profiles can be narrowed by. */
export interface ScoringProfileQuery {
  /** Profiles for every kind of action come with it. */
  readonly action_type?: string
  /** `active` where it is absent. */
  readonly status?: string
  /** 50 where it is absent. */
  readonly limit?: number
  readonly offset?: number
}

/** Profiles, the last changed first. */
export interface ScoringProfileList {
  readonly profiles: readonly ScoringProfileRow[]
}

/** An action to score: what the profile's dimensions look at, and what it is. */
export interface ScoredAction {
  readonly action_id?: string
  readonly agent_id?: string
  readonly action_type?: string
  readonly risk_score?: number
  readonly confidence?: number
  readonly duration_ms?: number
  /** US dollars. */
  readonly cost_estimate?: number
  readonly metadata?: Readonly<Record<string, unknown>>
  readonly [field: string]: unknown
}

/** How an action did by a profile. */
export interface ProfileScore {
  /** `ps_…`. */
  readonly id: string
  readonly profile_id: string
  readonly profile_name: string
  readonly action_id: string | null
  /** From 0 to 100. */
  readonly composite_score: number
  readonly composite_method: CompositeMethod
  readonly dimensions: readonly {
    readonly dimension_id: string
    readonly dimension_name: string
    readonly weight: number
    readonly raw_value: unknown
    /** Null where the action had no value for it. */
    readonly score: number | null
    readonly label: string
  }[]
}

/** How several actions did; one that could not be scored has an `error` instead of a score. */
export interface ProfileScoreBatch {
  readonly results: readonly (ProfileScore | { readonly action_id?: string; readonly error: string })[]
  readonly summary: {
    readonly total: number
    readonly scored: number
    /** Null where none was scored. */
    readonly avg_score: number | null
  }
}

/** What a listing of scores can be narrowed by. */
export interface ProfileScoreQuery {
  readonly profile_id?: string
  readonly agent_id?: string
  readonly action_id?: string
  /** 50 where it is absent. */
  readonly limit?: number
  readonly offset?: number
}

/** Scores, newest first. */
export interface ProfileScoreList {
  readonly scores: readonly {
    readonly id: string
    readonly profile_id: string
    readonly profile_name?: string
    readonly action_id?: string | null
    readonly agent_id?: string | null
    readonly composite_score: number
    /** A list, or a list as JSON text. */
    readonly dimension_scores?: ProfileScore['dimensions'] | string
    /** ISO 8601. */
    readonly scored_at?: string
  }[]
}

/** The scores of a profile in numbers. */
export interface ProfileScoreStats {
  readonly total_scores: number
  readonly avg_score: number | null
  readonly min_score: number | null
  readonly max_score: number | null
  readonly stddev_score: number | null
  readonly unique_agents: number
  readonly unique_actions: number
}

/** What adds to the risk of an action. */
interface RiskRule {
  /** Such as `metadata.environment == 'production'`: a field, `==`, `!=`, `>`, `>=`, `<`, `<=` or `contains`, a value. */
  readonly condition: string
  /** How much is added where it holds. */
  readonly add: number
}

/** A template to create: how the risk of a kind of action is computed. */
export interface RiskTemplateInput {
  readonly name: string
  readonly description?: string
  /** The kind of action it is for; every kind where it is absent. */
  readonly action_type?: string | null
  /** From 0 to 100; 0 where it is absent. */
  readonly base_risk?: number
  readonly rules?: readonly RiskRule[]
}

/** What can be changed of a template. */
export interface RiskTemplateUpdate extends Partial<RiskTemplateInput> {
  readonly status?: Known<'active' | 'archived'>
}

/** A template as the server keeps it. */
export interface RiskTemplateRow extends RiskTemplateInput {
  /** `rt_…`. */
  readonly id: string
  readonly status: string
}

/** Templates, the last changed first. */
export interface RiskTemplateList {
  readonly templates: readonly RiskTemplateRow[]
}

/** Which actions a calibration looks at. */
export interface CalibrationQuery {
  readonly action_type?: string
  readonly agent_id?: string
  /** Days back; 30 where it is absent. */
  readonly lookback_days?: number
  /** Those it is to suggest scales for; duration, cost, tokens, risk and confidence where it is absent. */
  readonly metrics?: readonly ScoringSource[]
}

/** Scales that fit what the actions were like. */
export interface Calibration {
  /** `insufficient_data` under ten actions. */
  readonly status: Known<'ok' | 'insufficient_data'>
  /** Actions that were looked at. */
  readonly count?: number
  readonly message?: string
  readonly action_type?: string
  readonly lookback_days?: number
  readonly suggestions: readonly {
    readonly metric: string
    readonly data_source?: ScoringSource
    readonly lower_is_better?: boolean
    readonly sample_size?: number
    readonly distribution?: Readonly<Record<'p10' | 'p25' | 'p50' | 'p75' | 'p90' | 'min' | 'max', number>>
    readonly suggested_scale?: readonly ScaleStep[]
    readonly suggested_weight?: number
  }[]
}
