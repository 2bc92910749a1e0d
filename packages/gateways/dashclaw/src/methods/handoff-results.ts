/** What the next session should know. */
export interface HandoffInput {
  readonly summary: string
  /** Such as `2025-01-15`. */
  readonly session_date?: string
  readonly key_decisions?: string | readonly unknown[]
  readonly open_tasks?: string | readonly unknown[]
  readonly next_priorities?: string | readonly unknown[]
  readonly mood_notes?: string
  /** Servers keep none, so it is written into the summary. */
  readonly context?: Readonly<Record<string, unknown>> | string
  /** Servers keep none, so they are written into the summary. */
  readonly tags?: readonly string[]
  /** The client's own where it is absent. */
  readonly agent_id?: string
}

/** A handoff as the server keeps it. */
interface Handoff {
  readonly id: string
  readonly agent_id: string
  readonly summary: string
  readonly session_date?: string | null
  readonly key_decisions?: string | readonly unknown[] | null
  readonly open_tasks?: string | readonly unknown[] | null
  readonly next_priorities?: string | readonly unknown[] | null
  readonly mood_notes?: string | null
  /** ISO 8601. */
  readonly created_at?: string
}

/** A handoff that was written down. */
export interface HandoffCreated {
  readonly handoff: Handoff
  readonly handoff_id: string
}

/** What a listing of handoffs can be narrowed by. */
export interface HandoffQuery {
  /** Such as `2025-01-15`. */
  readonly date?: string
  /** 50 where it is absent, 1000 at most. */
  readonly limit?: number
  /** Sent as the document has it; the servers that were read ignore it. */
  readonly offset?: number
  /** The client's own where it is absent. */
  readonly agent_id?: string
}

/** Handoffs, newest first; `total` counts this page. */
export interface HandoffList {
  readonly handoffs: readonly Handoff[]
  readonly total: number
}

/** The newest handoff. */
export interface HandoffFound {
  /** Null where there is none. */
  readonly handoff: Handoff | null
}
