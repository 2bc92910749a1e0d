/** What the guard says about an action. */
export type GuardVerdict = 'allow' | 'warn' | 'block' | 'require_approval'

/** What the guard is asked about. */
export interface GuardContext {
  readonly action_type: string
  readonly declared_goal?: string
  /** Integer from 0 to 100; the server computes one of its own, and the higher of the two holds. */
  readonly risk_score?: number
  readonly systems_touched?: readonly string[]
  readonly reversible?: boolean
  /** The client's own where it is absent. */
  readonly agent_id?: string
}

/** How the guard is asked. */
export interface GuardSettings {
  /** True adds the signals that hold now to the warnings. */
  readonly include_signals?: boolean
  /** The same as `include_signals`. */
  readonly includeSignals?: boolean
}

/** A decision of the guard, and what it rests on. */
export interface GuardDecision {
  readonly decision: GuardVerdict
  /** Id of this evaluation, `act_gd_…`: no action's id. */
  readonly action_id?: string
  /** The reasons in one text; null where nothing stands against it. */
  readonly reason: string | null
  readonly reasons: readonly string[]
  readonly warnings: readonly string[]
  /** The warnings, then the reasons. */
  readonly signals: readonly string[]
  readonly matched_policies: readonly string[]
  /** The score that holds: the higher of the server's and the agent's. */
  readonly risk_score: number | null
  /** The score that the agent gave. */
  readonly agent_risk_score?: number | null
  /** ISO 8601. */
  readonly evaluated_at?: string
  readonly learning?: Readonly<Record<string, unknown>>
  readonly recovery?: Readonly<Record<string, unknown>>
  readonly predictive_risk?: Readonly<Record<string, unknown>>
}

/** What a listing of decisions can be narrowed by. */
export interface GuardDecisionQuery {
  readonly decision?: GuardVerdict
  /** 20 where it is absent, 1000 at most. */
  readonly limit?: number
  readonly offset?: number
  /** The client's own where it is absent. */
  readonly agent_id?: string
}

/** Decisions of the guard, newest first. */
export interface GuardDecisionList {
  readonly decisions: readonly {
    readonly id: string
    readonly org_id: string
    readonly agent_id: string | null
    readonly action_type: string | null
    readonly risk_score: number | null
    readonly decision: GuardVerdict
    readonly reason: string | null
    /** ISO 8601. */
    readonly created_at: string
  }[]
  readonly total: number
  readonly stats: Readonly<
    Record<'total_24h' | 'blocks_24h' | 'warns_24h' | 'approvals_24h', number | string>
  >
  readonly limit: number
  readonly offset: number
}
