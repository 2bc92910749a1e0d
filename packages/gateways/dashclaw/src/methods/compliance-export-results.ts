import type { Download } from '../request/api-request.ts'
import type { Flag, Known } from './answer-parts.ts'
import type { Framework } from './compliance-results.ts'

/** What goes into an export. */
export interface ComplianceExportOptions {
  /** `Compliance Export` where it is absent. */
  readonly name?: string
  /** `markdown` where it is absent. */
  readonly format?: 'markdown' | 'json'
  /** Days of evidence; 30 where it is absent. */
  readonly window_days?: number
  /** True where it is absent. */
  readonly include_evidence?: boolean
  /** True where it is absent. */
  readonly include_remediation?: boolean
  /** False where it is absent. */
  readonly include_trends?: boolean
}

/** An export as the server keeps it; some servers tell only its id when it is made. */
export interface ComplianceExportRow {
  readonly id: string
  readonly name?: string
  /** A list, or a list as JSON text. */
  readonly frameworks?: readonly Framework[] | string
  readonly format?: string
  readonly window_days?: number
  readonly status?: Known<'pending' | 'running' | 'completed' | 'failed'>
  readonly include_evidence?: Flag
  readonly include_remediation?: Flag
  readonly include_trends?: Flag
  /** Bytes. */
  readonly file_size_bytes?: number | null
  readonly error_message?: string | null
  readonly requested_by?: string
  /** ISO 8601. */
  readonly started_at?: string | null
  /** ISO 8601. */
  readonly completed_at?: string | null
  /** ISO 8601. */
  readonly created_at?: string
}

/** An export with what stands in it. */
export interface ComplianceExportFound extends ComplianceExportRow {
  /** Null until it is completed. */
  readonly report_content?: string | null
  readonly evidence_summary?: Readonly<Record<string, unknown>> | string | null
  readonly snapshot_ids?: readonly string[] | string | null
}

/** Exports, newest first. */
export interface ComplianceExportList {
  readonly exports: readonly ComplianceExportRow[]
}

/** The file of an export. */
export interface ComplianceExportFile extends Download {
  /** What stands in it. */
  readonly text: string
}

/** What the exports of a schedule are like. */
export interface ComplianceScheduleOptions extends ComplianceExportOptions {
  /** `Scheduled Export` where it is absent. */
  readonly name?: string
}

/** What can be changed of a schedule. */
export interface ComplianceScheduleUpdate {
  readonly name?: string
  readonly enabled?: boolean
}

/** A schedule as the server keeps it; some servers tell only its id when it is made. */
export interface ComplianceScheduleRow extends ComplianceExportOptions {
  readonly id: string
  /** A list, or a list as JSON text. */
  readonly frameworks?: readonly Framework[] | string
  readonly cron_expression?: string
  readonly enabled?: Flag
  /** ISO 8601. */
  readonly last_run_at?: string | null
  /** ISO 8601. */
  readonly next_run_at?: string | null
  /** ISO 8601. */
  readonly created_at?: string
}

/** Schedules, newest first. */
export interface ComplianceScheduleList {
  readonly schedules: readonly ComplianceScheduleRow[]
}

/** What trends can be narrowed by. */
export interface ComplianceTrendQuery {
  readonly framework?: Framework
  /** 30 where it is absent, 100 at most. */
  readonly limit?: number
}

/** How coverage was at every export, newest first. */
export interface ComplianceTrendList {
  readonly trends: readonly {
    readonly framework: Framework
    readonly coverage_percentage: number
    readonly covered: number
    readonly partial: number
    readonly gaps: number
    readonly risk_level: string
    /** ISO 8601. */
    readonly created_at: string
  }[]
}
