import type { AssumptionRow, LoopRow } from './integrity-results.ts'
import type { GuardDecision } from './guard-results.ts'

/** Where an action stands. */
export type ActionStatus =
  | 'running'
  | 'completed'
  | 'failed'
  | 'cancelled'
  | 'pending'
  | 'pending_approval'
  | 'blocked'

/** What the server's scan found in the texts of a request, and hid. */
export interface SecuritySummary {
  readonly clean: boolean
  readonly findings_count: number
  readonly critical_count: number
  readonly categories: readonly string[]
}

/** What may be told of an action when it is recorded. */
export interface ActionDetails {
  /** Made by the client where it is absent, so that the request may be repeated. */
  readonly action_id?: string
  /** The client's own where it is absent. */
  readonly agent_id?: string
  readonly agent_name?: string
  readonly swarm_id?: string
  readonly parent_action_id?: string
  readonly reasoning?: string
  readonly authorization_scope?: string
  readonly trigger?: string
  readonly systems_touched?: readonly string[]
  readonly input_summary?: string
  readonly status?: ActionStatus
  readonly reversible?: boolean
  /** Integer from 0 to 100; the server computes one of its own, and the higher of the two holds. */
  readonly risk_score?: number
  /** Integer from 0 to 100. */
  readonly confidence?: number
  readonly recommendation_id?: string
  readonly recommendation_applied?: boolean
  readonly recommendation_override_reason?: string | null
  readonly output_summary?: string
  readonly side_effects?: readonly string[]
  readonly artifacts_created?: readonly string[]
  readonly error_message?: string
  /** ISO 8601. */
  readonly timestamp_start?: string
  /** ISO 8601. */
  readonly timestamp_end?: string
  readonly duration_ms?: number
  /** US dollars. */
  readonly cost_estimate?: number
  readonly tokens_in?: number
  readonly tokens_out?: number
  readonly model?: string
}

/** An action to record. */
export interface ActionInput extends ActionDetails {
  /** What kind of action it is, such as `deploy`; servers of 2.0.x take twenty words only. */
  readonly action_type: string
  /** What it is for. */
  readonly declared_goal: string
}

/** An action as the server keeps it; lists come as JSON text and truth as 0 or 1 from servers on Postgres. */
export interface ActionRow {
  readonly action_id: string
  readonly agent_id: string
  readonly action_type: string
  readonly declared_goal: string
  readonly status: ActionStatus
  readonly id?: number | string
  readonly org_id?: string
  readonly agent_name?: string | null
  readonly swarm_id?: string | null
  readonly parent_action_id?: string | null
  readonly reasoning?: string | null
  readonly authorization_scope?: string | null
  readonly trigger?: string | null
  readonly systems_touched?: string | readonly string[] | null
  readonly input_summary?: string | null
  readonly reversible?: number | boolean | null
  readonly risk_score?: number | null
  readonly confidence?: number | null
  readonly recommendation_id?: string | null
  readonly recommendation_applied?: number | boolean | null
  readonly recommendation_override_reason?: string | null
  readonly output_summary?: string | null
  readonly side_effects?: string | readonly string[] | null
  readonly artifacts_created?: string | readonly string[] | null
  readonly error_message?: string | null
  /** ISO 8601. */
  readonly timestamp_start?: string | null
  /** ISO 8601. */
  readonly timestamp_end?: string | null
  readonly duration_ms?: number | null
  readonly cost_estimate?: number | string | null
  readonly tokens_in?: number | null
  readonly tokens_out?: number | null
  readonly model?: string | null
  /** Whether its signature was checked and right. */
  readonly verified?: number | boolean | null
  readonly approved_by?: string | null
  /** ISO 8601. */
  readonly approved_at?: string | null
}

/** An action that was recorded. */
export interface ActionCreated {
  readonly action: ActionRow
  readonly action_id: string
  /** What the guard said. */
  readonly decision?: GuardDecision
  readonly security?: SecuritySummary
}

/** How an action went; everything else is dropped by the server. */
export interface Outcome {
  readonly status?: ActionStatus
  readonly output_summary?: string
  readonly side_effects?: readonly string[]
  readonly artifacts_created?: readonly string[]
  readonly error_message?: string
  /** ISO 8601; now where it is absent. */
  readonly timestamp_end?: string
  readonly duration_ms?: number
  /** US dollars; derived from the tokens by the server where it is absent. */
  readonly cost_estimate?: number
  readonly tokens_in?: number
  readonly tokens_out?: number
  readonly model?: string
  /** True ends the action only where it still runs. */
  readonly close_if_running?: boolean
}

/** An action whose outcome was taken over. */
export interface ActionUpdated {
  readonly action: ActionRow
  readonly security?: SecuritySummary
}

/** What a listing of actions can be narrowed by. */
export interface ActionQuery {
  readonly agent_id?: string
  readonly swarm_id?: string
  readonly status?: ActionStatus
  readonly exclude_status?: ActionStatus
  readonly action_type?: string
  readonly risk_min?: number
  /** 50 where it is absent, 200 at most. */
  readonly limit?: number
  readonly offset?: number
}

/** Actions, newest first, with counts over all of them; counts come as texts from servers on Postgres. */
export interface ActionList {
  readonly actions: readonly ActionRow[]
  readonly total: number
  readonly stats: Readonly<
    Record<
      'total' | 'completed' | 'failed' | 'running' | 'high_risk' | 'avg_risk' | 'total_cost',
      number | string | null
    >
  >
  /** ISO 8601. */
  readonly lastUpdated: string
}

/** One action with what hangs on it. */
export interface ActionFound {
  readonly action: ActionRow
  readonly open_loops: readonly LoopRow[]
  readonly assumptions: readonly AssumptionRow[]
  /** Only from servers of the 2.10 era. */
  readonly message_summary?: {
    readonly total: number
    readonly participants: readonly string[]
    readonly first_message_at: string | null
    readonly last_message_at: string | null
  }
}

/** What led to an action and what came of it. */
export interface ActionTrace {
  readonly action: ActionRow
  readonly trace: {
    readonly assumptions: Readonly<Record<string, unknown>> | readonly AssumptionRow[]
    readonly loops: Readonly<Record<string, unknown>> | readonly LoopRow[]
    /** Ten at most. */
    readonly parent_chain: readonly ActionRow[]
    readonly sub_actions: readonly ActionRow[]
    /** Of the same agent or systems within an hour, twenty at most. */
    readonly related_actions: readonly ActionRow[]
    readonly root_cause_indicators: readonly Readonly<Record<string, unknown>>[]
  }
}

/** Something that the server noticed about the agents. */
export interface Signal {
  /** Such as `autonomy_spike` or `assumption_drift`. */
  readonly type: string
  readonly severity: 'red' | 'amber'
  readonly label: string
  readonly detail: string
  readonly help: string
  readonly agent_id: string
  readonly action_id?: string
  readonly loop_id?: string
  readonly assumption_id?: string
}

/** The signals that hold now. */
export interface SignalList {
  readonly signals: readonly Signal[]
  readonly counts: { readonly red: number; readonly amber: number; readonly total: number }
  /** ISO 8601. */
  readonly lastUpdated: string
}

/** An action, a loop or an assumption in a graph. */
export interface GraphNode {
  /** Such as `action:act_1`, `loop:loop_1` or `assumption:asm_1`. */
  readonly id: string
  readonly type: 'action' | 'assumption' | 'loop'
  readonly label: string
  readonly status: string
  readonly riskScore?: number
  readonly agentId?: string
  readonly agentName?: string
  readonly actionType?: string
  /** ISO 8601. */
  readonly timestamp?: string
  readonly isRoot?: boolean
  readonly meta?: Readonly<Record<string, unknown>>
}

/** What hangs on an action, as nodes and edges. */
export interface ActionGraph {
  readonly rootActionId: string
  readonly nodes: readonly GraphNode[]
  readonly edges: readonly {
    readonly id: string
    readonly source: string
    readonly target: string
    readonly type: 'parent_child' | 'related' | 'assumption_of' | 'loop_from'
    readonly label: string
  }[]
}
