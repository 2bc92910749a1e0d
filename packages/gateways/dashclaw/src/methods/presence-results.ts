/** What an agent tells of itself beside its state. */
export interface PresenceDetails {
  readonly current_task_id?: string
  readonly metadata?: Readonly<Record<string, unknown>>
}

/** The server has heard the agent. */
export interface HeartbeatTaken {
  readonly status: 'ok'
  /** ISO 8601. */
  readonly timestamp: string
}

/** A service that an agent is connected to. */
export interface ConnectionReport {
  /** Such as `openai`. */
  readonly provider: string
  /** Such as `api_key` or `oauth`. */
  readonly auth_type?: string
  readonly plan_name?: string
  readonly status?: string
  readonly metadata?: unknown
}

/** Connections that were taken over. */
export interface ConnectionsReported {
  readonly connections: readonly Readonly<Record<string, unknown>>[]
  readonly created: number
  readonly errors?: readonly unknown[]
}

/** What a listing of agents holds beside them. */
export interface AgentQuery {
  readonly include_connections?: boolean
  readonly debug?: boolean
}

/** The agents that were heard of. */
export interface AgentList {
  readonly agents: readonly {
    readonly agent_id: string
    readonly agent_name?: string | null
    /** Heard of within ten minutes, within half an hour, or not. */
    readonly presence_state?: 'online' | 'stale' | 'offline' | (string & {})
    /** ISO 8601. */
    readonly last_active?: string | null
    readonly [field: string]: unknown
  }[]
  /** ISO 8601. */
  readonly lastUpdated: string
  readonly meta?: Readonly<Record<string, unknown>>
}
