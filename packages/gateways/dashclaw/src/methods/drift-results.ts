import type { Count, Known } from './answer-parts.ts'

/** A number of agents' actions that can drift. */
type DriftMetric = Known<
  'risk_score' | 'confidence' | 'duration_ms' | 'cost_estimate' | 'tokens_total' | 'learning_score'
>

/** How far something drifted: from 1.5, 2 and 3 standard deviations on. */
type DriftSeverity = 'info' | 'warning' | 'critical'

/** What baselines are computed from. */
export interface DriftBaselineQuery {
  /** Every agent where it is absent. */
  readonly agent_id?: string
  /** Days back; 30 where it is absent. */
  readonly lookback_days?: number
}

/** Baselines that were computed. */
export interface DriftBaselines {
  readonly baselines_computed: number
  readonly results: readonly {
    readonly agent_id: string
    readonly metric: DriftMetric
    readonly sample_count: number
    readonly mean: number
    readonly stddev: number
    readonly median?: number
    readonly p5?: number
    readonly p25?: number
    readonly p75?: number
    readonly p95?: number
    readonly min_val?: number
    readonly max_val?: number
  }[]
}

/** What is compared with the baselines. */
export interface DriftWindow {
  /** Every agent where it is absent. */
  readonly agent_id?: string
  /** The days that are looked at; 7 where it is absent. */
  readonly window_days?: number
  /** The days before them that they are compared with. */
  readonly baseline_days?: number
}

/** Something that drifted. */
interface DriftAlert {
  /** `da_…`. */
  readonly id: string
  readonly agent_id: string
  readonly metric: DriftMetric
  readonly severity: DriftSeverity
  /** Standard deviations away from the baseline. */
  readonly z_score: number
  /** Percent. */
  readonly pct_change: number
  readonly direction: 'increasing' | 'decreasing'
  readonly description: string
}

/** What drifted, as far as it is new. */
export interface DriftFound {
  readonly alerts_generated: number
  readonly alerts: readonly DriftAlert[]
}

/** Snapshots of the last day that were recorded. */
export interface DriftSnapshotsRecorded {
  readonly snapshots_recorded: number
  readonly results: readonly {
    readonly agent_id: string
    readonly metric: DriftMetric
    readonly mean: number
    readonly stddev: number
    readonly sample_count: number
  }[]
}

/** What a listing of alerts can be narrowed by. */
export interface DriftAlertQuery {
  readonly agent_id?: string
  readonly severity?: DriftSeverity
  readonly acknowledged?: boolean
  readonly metric?: DriftMetric
  /** 50 where it is absent, 200 at most. */
  readonly limit?: number
  readonly offset?: number
}

/** An alert as the server keeps it. */
export interface DriftAlertRow extends DriftAlert {
  readonly drift_type?: string
  readonly baseline_mean?: number
  readonly baseline_stddev?: number
  readonly current_mean?: number
  readonly current_stddev?: number
  readonly sample_count?: number
  readonly baseline_id?: string | null
  readonly acknowledged: boolean
  readonly acknowledged_by?: string | null
  /** ISO 8601. */
  readonly acknowledged_at?: string | null
  /** ISO 8601. */
  readonly created_at?: string
}

/** Alerts, newest first; `total` counts this page. */
export interface DriftAlertList {
  readonly alerts: readonly DriftAlertRow[]
  readonly total: number
}

/** Alerts in numbers. */
export interface DriftStats {
  readonly overall: {
    readonly total_alerts?: Count
    readonly critical_count?: Count
    readonly warning_count?: Count
    readonly info_count?: Count
    readonly unacknowledged?: Count
    readonly today_count?: Count
  }
  readonly by_metric: readonly {
    readonly metric: DriftMetric
    readonly count: Count
    readonly avg_z_score?: Count
  }[]
  readonly by_agent: readonly {
    readonly agent_id: string
    readonly count: Count
    readonly critical?: Count
    readonly warning?: Count
  }[]
  readonly recent_baselines: readonly {
    readonly agent_id: string
    readonly metric: DriftMetric
    readonly mean: number
    readonly stddev: number
    readonly sample_count: number
    /** ISO 8601. */
    readonly created_at?: string
  }[]
}

/** What a listing of snapshots can be narrowed by. */
export interface DriftSnapshotQuery {
  readonly agent_id?: string
  readonly metric?: DriftMetric
  /** 30 where it is absent. */
  readonly limit?: number
}

/** Snapshots, for a chart of how a number went. */
export interface DriftSnapshotList {
  readonly snapshots: readonly {
    readonly id: string
    readonly agent_id: string
    readonly metric: DriftMetric
    readonly period: string
    /** ISO 8601. */
    readonly period_start: string
    readonly mean: number
    readonly stddev: number
    readonly sample_count: number
  }[]
}

/** The numbers that can drift. */
export interface DriftMetricList {
  readonly metrics: readonly { readonly id: DriftMetric; readonly label: string }[]
}
