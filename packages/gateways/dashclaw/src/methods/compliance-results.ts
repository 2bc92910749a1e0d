import type { Count, Known } from './answer-parts.ts'

/** A framework that policies are measured by. */
export type Framework = Known<'soc2' | 'iso27001' | 'gdpr' | 'nist-ai-rmf' | 'imda-agentic'>

/** How well the controls of a framework are covered. */
interface Coverage {
  readonly total_controls: number
  readonly covered: number
  readonly partial: number
  readonly gaps: number
  /** From 0 to 100; what is covered in part counts half. */
  readonly coverage_percentage: number
}

/** A control of a framework, and the policies that cover it. */
interface Control {
  readonly control_id: string
  /** The same as `control_id`. */
  readonly id: string
  readonly title: string
  /** The same as `title`. */
  readonly name: string
  readonly status: 'covered' | 'partial' | 'gap'
  /** Whether `status` is `covered`. */
  readonly covered: boolean
  readonly category?: string
  readonly description?: string
  readonly agent_relevance?: string
  readonly matched_policies: readonly {
    readonly policy_id: string
    readonly policy_description?: string
    readonly mapping_coverage?: string
    readonly rationale?: string
  }[]
  readonly gap_recommendations: readonly string[]
}

/** The policies, laid over the controls of a framework. */
export interface ComplianceMap {
  readonly framework: string
  readonly framework_version?: string
  readonly project?: string
  /** ISO 8601. */
  readonly generated_at: string
  readonly summary: Coverage
  /** The same as `summary.coverage_percentage`. */
  readonly coverage_pct: number
  readonly controls: readonly Control[]
}

/** What is to be done about a control. */
interface Remediation {
  readonly control_id: string
  readonly title?: string
  readonly status?: string
  readonly priority?: string | number
  readonly agent_relevance?: string
  readonly estimated_effort?: string
  readonly [field: string]: unknown
}

/** What a framework still asks for, and a plan to get there. */
export interface GapAnalysis {
  readonly framework: string
  /** ISO 8601. */
  readonly analysis_date: string
  readonly summary: Partial<Coverage> & {
    readonly critical_gaps: number
    readonly high_gaps: number
    readonly total_remediation_items: number
    readonly estimated_total_effort: string
  }
  readonly remediation_plan: readonly Remediation[]
  readonly quick_wins: readonly Remediation[]
  readonly risk_assessment: { readonly overall_risk?: string; readonly [field: string]: unknown }
}

/** How a report is written. */
export interface ReportOptions {
  /** `json` where it is absent. */
  readonly format?: 'json' | 'md'
}

/** A report. */
export interface Report {
  /** Markdown; or JSON, as text or parsed. */
  readonly report: string | Readonly<Record<string, unknown>>
  readonly format: string
  /** ISO 8601. */
  readonly generated_at: string
}

/** The frameworks that the server knows. */
export interface FrameworkList {
  readonly frameworks: readonly {
    readonly id: Framework
    readonly name: string
    readonly version?: string
    readonly description?: string
    readonly control_count?: number
  }[]
}

/** What the guard and the recorded actions prove. */
export interface ComplianceEvidence {
  /** Such as `30d`. */
  readonly window: string
  readonly window_days: number
  readonly evidence: {
    readonly guard_decisions_total: number
    readonly guard_decisions_blocked: number
    readonly approval_requests: number
    readonly action_records_total: number
    readonly breakdown?: readonly {
      readonly action_type?: string | null
      readonly decision?: string
      readonly count: Count
    }[]
    readonly action_breakdown?: readonly { readonly action_type?: string | null; readonly count: Count }[]
  }
  /** ISO 8601. */
  readonly generated_at?: string
}
