import type { Count, Known } from './answer-parts.ts'

/** What may be told of a score beside its number. */
export interface ScoreDetails {
  readonly label?: string | null
  readonly reasoning?: string | null
  /** `human` where it is absent. */
  readonly evaluated_by?: string | null
  readonly metadata?: Readonly<Record<string, unknown>> | null
}

/** A score as the server keeps it. */
export interface ScoreRow {
  readonly id: string
  readonly action_id: string
  readonly scorer_name: string
  /** From 0 to 1. */
  readonly score: number
  readonly label?: string | null
  readonly reasoning?: string | null
  readonly evaluated_by?: string | null
  /** An object as JSON text. */
  readonly metadata?: string | null
  readonly scorer_id?: string | null
  /** ISO 8601. */
  readonly created_at?: string
}

/** What a listing of scores can be narrowed by. */
export interface ScoreQuery {
  readonly action_id?: string
  readonly scorer_name?: string
  readonly evaluated_by?: string
  /** From 0 to 1. */
  readonly min_score?: number
  /** From 0 to 1. */
  readonly max_score?: number
  readonly agent_id?: string
  /** 50 where it is absent, 200 at most. */
  readonly limit?: number
  readonly offset?: number
}

/** Scores, newest first; `total` counts those of all pages. */
export interface ScoreList {
  readonly scores: readonly ScoreRow[]
  readonly total: number
}

/** How a scorer comes to its score; `llm_judge` needs a model at the server. */
export type ScorerType = 'regex' | 'contains' | 'numeric_range' | 'custom_function' | 'llm_judge'

/** A scorer that was created. */
export interface ScorerCreated {
  readonly id: string
  readonly name: string
  readonly scorer_type: ScorerType
  /** Such as that no model is there for `llm_judge`. */
  readonly warning?: string
}

/** What can be changed of a scorer. */
export interface ScorerUpdate {
  readonly name?: string
  readonly config?: Readonly<Record<string, unknown>>
  readonly description?: string
}

/** Something that was changed. */
export interface Updated {
  readonly updated: true
}

/** Scorers, newest first. */
export interface ScorerList {
  readonly scorers: readonly {
    readonly id: string
    readonly name: string
    readonly scorer_type: ScorerType
    /** An object as JSON text. */
    readonly config?: string | null
    readonly description?: string | null
    readonly total_scores: Count
    readonly avg_score: Count | null
    /** ISO 8601. */
    readonly created_at?: string
  }[]
  /** Whether the server has a model for `llm_judge`. */
  readonly llm_available: boolean
}

/** Where an evaluation run stands. */
type EvalRunStatus = Known<'pending' | 'running' | 'completed' | 'failed'>

/** An evaluation run that was begun. */
export interface EvalRunCreated {
  readonly id: string
  readonly name: string
  readonly status: EvalRunStatus
  /** ISO 8601. */
  readonly created_at: string
}

/** An evaluation run as the server keeps it. */
interface EvalRunRow extends EvalRunCreated {
  readonly scorer_id: string
  readonly scorer_name?: string | null
  readonly scorer_type?: ScorerType | null
  readonly total_actions?: number | null
  readonly scored_count?: number | null
  /** From 0 to 1. */
  readonly avg_score?: number | null
  /** An object as JSON text. */
  readonly summary?: string | null
  readonly error_message?: string | null
  /** ISO 8601. */
  readonly started_at?: string | null
  /** ISO 8601. */
  readonly completed_at?: string | null
}

/** What a listing of runs can be narrowed by. */
export interface EvalRunQuery {
  readonly status?: EvalRunStatus
  /** 50 where it is absent, 200 at most. */
  readonly limit?: number
  readonly offset?: number
}

/** Evaluation runs, newest first. */
export interface EvalRunList {
  readonly runs: readonly EvalRunRow[]
}

/** How many scores were excellent (0.8 and more), acceptable (0.5 and more), poor. */
interface ScoreBucket {
  readonly bucket: 'excellent' | 'acceptable' | 'poor'
  readonly count: Count
  readonly avg_score?: Count | null
}

/** One evaluation run with what came of it. */
export interface EvalRunFound {
  readonly run: EvalRunRow
  readonly distribution: readonly ScoreBucket[]
}

/** What the numbers of scores can be narrowed by. */
export interface EvalStatsQuery {
  readonly agent_id?: string
  readonly scorer_name?: string
  /** Days back. */
  readonly days?: number
}

/** Scores in numbers. */
export interface EvalStats {
  readonly overall: {
    readonly total_scores?: Count
    readonly avg_score?: Count | null
    readonly unique_scorers?: Count
    readonly today_count?: Count
  }
  readonly by_scorer: readonly {
    readonly scorer_name: string
    readonly avg_score: Count | null
    readonly total_scores: Count
  }[]
  /** By day, `YYYY-MM-DD`. */
  readonly trends: readonly {
    readonly date: string
    readonly avg_score: Count | null
    readonly count: Count
  }[]
  readonly distribution: readonly ScoreBucket[]
}
