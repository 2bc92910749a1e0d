import type { Count, Known } from './answer-parts.ts'

/** How far an agent has come, by how many actions it has behind it and how they went. */
type MaturityLevel = Known<'novice' | 'developing' | 'competent' | 'proficient' | 'expert' | 'master'>

/** What velocity is computed from. */
export interface VelocityQuery {
  /** Every agent where it is absent. */
  readonly agent_id?: string
  /** Days back; 30 where it is absent. */
  readonly lookback_days?: number
  /** `daily` where it is absent. */
  readonly period?: 'daily' | 'weekly'
}

/** How fast agents get better, as it was computed. */
export interface VelocityComputed {
  readonly agents_computed: number
  readonly results: readonly {
    readonly agent_id: string
    readonly episode_count: number
    readonly avg_score: number
    /** From 0 to 1. */
    readonly success_rate: number
    readonly score_delta: number
    /** How much the score changes from period to period. */
    readonly velocity: number
    readonly acceleration: number
    readonly maturity: { readonly level: MaturityLevel; readonly score: number }
    readonly windows: number
  }[]
}

/** What a listing of velocity can be narrowed by. */
export interface VelocityFilters {
  /** The client's own where it is absent. */
  readonly agent_id?: string
  /** 30 where it is absent, 100 at most. */
  readonly limit?: number
}

/** How fast an agent gets better, newest first. */
export interface VelocityList {
  readonly velocity: readonly {
    /** `lv_…`. */
    readonly id: string
    readonly agent_id: string
    readonly period: string
    /** ISO 8601. */
    readonly period_start?: string
    /** ISO 8601. */
    readonly period_end?: string
    readonly episode_count: number
    readonly avg_score: number
    readonly success_rate: number
    readonly score_delta?: number
    readonly velocity: number
    readonly acceleration: number
    readonly maturity_score: number
    readonly maturity_level: MaturityLevel
    /** ISO 8601. */
    readonly created_at?: string
  }[]
}

/** What curves are computed from. */
export interface CurveQuery {
  /** Every agent where it is absent. */
  readonly agent_id?: string
  /** Days back; 60 where it is absent. */
  readonly lookback_days?: number
}

/** Curves that were computed, a row for each week. */
export interface CurvesComputed {
  readonly curves_computed: number
  readonly results: readonly {
    readonly agent_id: string
    readonly action_type: string
    /** ISO 8601. */
    readonly window_start: string
    readonly count: number
  }[]
}

/** What a listing of curves can be narrowed by. */
export interface CurveFilters {
  /** The client's own where it is absent. */
  readonly agent_id?: string
  readonly action_type?: string
  /** The same as `action_type`. */
  readonly actionType?: string
  /** 50 where it is absent, 200 at most. */
  readonly limit?: number
}

/** How an agent's actions of each kind went from week to week, oldest first. */
export interface CurveList {
  readonly curves: readonly {
    /** `lc_…`. */
    readonly id: string
    readonly agent_id: string
    readonly action_type: string
    /** ISO 8601. */
    readonly window_start: string
    /** ISO 8601. */
    readonly window_end: string
    readonly episode_count: number
    readonly avg_score: number
    readonly success_rate: number
    readonly avg_duration_ms?: number
    /** US dollars. */
    readonly avg_cost?: number
    readonly p25_score?: number
    readonly p75_score?: number
  }[]
}

/** What actions of agents came to. */
interface EpisodeNumbers {
  readonly avg_score?: Count | null
  readonly success_count?: Count
  readonly failure_count?: Count
  /** From 0 to 1. */
  readonly success_rate: number
}

/** Everything that was learned, in numbers. */
export interface LearningSummary {
  readonly overall: EpisodeNumbers & {
    readonly total_episodes?: Count
    readonly pending_count?: Count
    readonly avg_duration_ms?: Count | null
    /** US dollars. */
    readonly total_cost?: Count | null
  }
  readonly by_agent: readonly (EpisodeNumbers & {
    readonly agent_id: string
    readonly episode_count?: Count
    readonly avg_duration_ms?: Count | null
    /** US dollars. */
    readonly total_cost?: Count | null
    /** Null until it was computed. */
    readonly velocity: number | null
    readonly acceleration: number | null
    /** `unknown` until it was computed. */
    readonly maturity_level: MaturityLevel
    readonly maturity_score: number
  })[]
  readonly by_action_type: readonly (EpisodeNumbers & {
    readonly action_type: string
    readonly episode_count?: Count
  })[]
  readonly recommendations: {
    readonly total_recommendations?: Count
    readonly active_recommendations?: Count
    readonly avg_success_rate?: Count | null
    readonly avg_rec_score?: Count | null
    readonly avg_confidence?: Count | null
  }
  readonly velocity: readonly {
    readonly agent_id: string
    readonly velocity: Count
    readonly acceleration?: Count
    readonly maturity_score?: Count
    readonly maturity_level?: MaturityLevel
    readonly score_delta?: Count
    /** ISO 8601. */
    readonly created_at?: string
  }[]
}

/** The six levels, the lowest first, and what each takes. */
export interface MaturityLevelList {
  readonly levels: readonly {
    readonly level: MaturityLevel
    readonly min_episodes: number
    /** From 0 to 1. */
    readonly min_success_rate: number
    /** From 0 to 100. */
    readonly min_avg_score: number
  }[]
}

/** What lessons can be narrowed by. */
export interface LessonQuery {
  /** The client's own where it is absent. */
  readonly agent_id?: string
  readonly action_type?: string
  /** The same as `action_type`. */
  readonly actionType?: string
  /** 10 where it is absent. */
  readonly limit?: number
}

/** What earlier actions of an agent teach. */
export interface LessonList {
  readonly lessons: readonly {
    readonly action_type: string
    /** From 0 to 100. */
    readonly confidence: number
    readonly success_rate: number
    readonly hints: {
      readonly risk_cap?: number | null
      readonly prefer_reversible?: boolean | null
      readonly confidence_floor?: number | null
      /** Milliseconds. */
      readonly expected_duration?: number | null
      /** US dollars. */
      readonly expected_cost?: number | null
    }
    readonly guidance: readonly string[] | string
    readonly sample_size: number
  }[]
  readonly drift_warnings: readonly {
    readonly metric: string
    readonly severity: string
    readonly z_score: number
    readonly direction: string
  }[]
  readonly agent_id: string | null
}
