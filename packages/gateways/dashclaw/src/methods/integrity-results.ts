import type { SecuritySummary } from './action-results.ts'

/** What kind of thing is left open. */
export type LoopType = 'followup' | 'question' | 'dependency' | 'approval' | 'review' | 'handoff' | 'other'

/** What may be told of a loop beside its description. */
export interface LoopDetails {
  readonly loop_id?: string
  readonly priority?: string
  readonly owner?: string
  readonly status?: string
  readonly resolution?: string
  /** Sent as Node v2 sends it; servers do not keep it. */
  readonly metadata?: Readonly<Record<string, unknown>>
}

/** Something that an action left open. */
export interface LoopRow {
  /** What the other calls take, the same as `loop_id`. */
  readonly id: string
  readonly loop_id: string
  readonly action_id: string
  readonly loop_type: LoopType
  readonly description: string
  readonly status: 'open' | 'resolved' | 'cancelled'
  readonly priority?: string | null
  readonly owner?: string | null
  readonly resolution?: string | null
  readonly agent_id?: string | null
  /** ISO 8601. */
  readonly created_at?: string
  /** ISO 8601. */
  readonly resolved_at?: string | null
  /** The server's row number, where it has one. */
  readonly row_id?: number
}

/** A loop that was registered. */
export interface LoopRegistered {
  readonly loop: LoopRow
  readonly loop_id: string
  readonly security?: SecuritySummary
}

/** A loop that was closed. */
export interface LoopResolved {
  readonly loop: LoopRow
  readonly security?: SecuritySummary
}

/** What a listing of loops can be narrowed by. */
export interface LoopQuery {
  readonly status?: 'open' | 'resolved' | 'cancelled'
  readonly loop_type?: LoopType
  readonly priority?: string
  readonly agent_id?: string
  /** 50 where it is absent, 200 at most. */
  readonly limit?: number
  readonly offset?: number
}

/** Loops, with counts over all of them. */
export interface LoopList {
  readonly loops: readonly LoopRow[]
  readonly total: number
  readonly stats: Readonly<Record<string, unknown>>
  /** ISO 8601. */
  readonly lastUpdated: string
}

/** What may be told of an assumption beside its text. */
export interface AssumptionDetails {
  readonly assumption_id?: string
  /** What it rests on. */
  readonly basis?: string
  readonly validated?: boolean
  readonly invalidated?: boolean
  readonly invalidated_reason?: string
}

/** An assumption to register. */
export interface AssumptionInput extends AssumptionDetails {
  readonly action_id: string
  readonly assumption: string
}

/** Something that an action takes for true. */
export interface AssumptionRow {
  /** What the other calls take, the same as `assumption_id`. */
  readonly id: string
  readonly assumption_id: string
  readonly action_id: string
  readonly assumption: string
  readonly basis?: string | null
  readonly validated?: number | boolean
  readonly invalidated?: number | boolean
  readonly invalidated_reason?: string | null
  /** ISO 8601. */
  readonly created_at?: string
  /** ISO 8601. */
  readonly validated_at?: string | null
  /** ISO 8601. */
  readonly invalidated_at?: string | null
  /** The server's row number, where it has one. */
  readonly row_id?: number
}

/** An assumption that was registered. */
export interface AssumptionRegistered {
  readonly assumption: AssumptionRow
  readonly assumption_id: string
  readonly security?: SecuritySummary
}

/** One assumption. */
export interface AssumptionFound {
  readonly assumption: AssumptionRow
  readonly security?: SecuritySummary
}

/** What a report on assumptions can be narrowed by. */
export interface AssumptionQuery {
  readonly validated?: boolean
  readonly stale?: boolean
  readonly action_id?: string
  readonly agent_id?: string
  /** 50 where it is absent, 200 at most. */
  readonly limit?: number
  readonly offset?: number
}

/** How far assumptions have drifted from what is true. */
export interface DriftReport {
  readonly assumptions: readonly (AssumptionRow & { readonly drift_score: number })[]
  readonly total: number
  readonly drift_summary: Readonly<
    Record<'total' | 'at_risk' | 'validated' | 'invalidated' | 'unvalidated', number>
  >
}
