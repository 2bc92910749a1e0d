/** What can be told of a session; `blocked_reason` only with the status `blocked`. */
export interface SessionPatch {
  /** Such as `running`, `blocked` or `closed`. */
  readonly status?: string
  readonly blocked_reason?: string | null
  readonly green_level?: string | null
  readonly branch_freshness?: string | null
  readonly commits_behind?: number | null
}

/** A session as the server keeps it. */
interface Session {
  readonly id: string
  readonly org_id?: string
  readonly agent_id: string
  readonly workspace: string | null
  readonly branch: string | null
  /** `spawning` at first. */
  readonly status: string
  /** ISO 8601. */
  readonly status_since?: string
  readonly blocked_reason: string | null
  readonly green_level: string | null
  readonly branch_freshness: string | null
  readonly commits_behind: number | null
  /** ISO 8601. */
  readonly last_activity?: string | null
  /** ISO 8601. */
  readonly created_at: string
  /** ISO 8601. */
  readonly updated_at: string
}

/** One session. */
export interface SessionFound {
  readonly session: Session
}

/** What a listing of sessions can be narrowed by. */
export interface SessionQuery {
  readonly agent_id?: string
  /** The same as `agent_id`. */
  readonly agentId?: string
  readonly status?: string
  /** 50 where it is absent, 200 at most. */
  readonly limit?: number
}

/** Sessions. */
export interface SessionList {
  readonly sessions: readonly Session[]
}

/** How a session came to stand where it does. */
export interface SessionEventList {
  readonly events: readonly {
    readonly id: number | string
    readonly session_id: string
    readonly org_id?: string
    readonly seq: number
    readonly kind: string
    readonly detail: string | Readonly<Record<string, unknown>> | null
    /** ISO 8601. */
    readonly created_at: string
  }[]
}
