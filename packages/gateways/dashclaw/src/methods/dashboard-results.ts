import type { SecuritySummary } from './action-results.ts'

/** A row as the server keeps it. */
interface Row {
  readonly id: number | string
  readonly agent_id?: string | null
  /** ISO 8601. */
  readonly created_at?: string
  readonly [field: string]: unknown
}

/** What may be told of a decision. */
export interface DecisionDetails {
  readonly context?: string
  readonly reasoning?: string
  readonly outcome?: string
  /** 0 to 100. */
  readonly confidence?: number
  /** The client's own where it is absent. */
  readonly agent_id?: string
}

/** A decision that was recorded. */
export interface DecisionRecorded {
  readonly decision: Row
}

/** What may be told of a goal. */
export interface GoalDetails {
  readonly description?: string
  readonly category?: string
  /** Such as `2025-12-31`. */
  readonly target_date?: string
  /** The same as `target_date`. */
  readonly deadline?: string
  /** Servers keep none, so it is written into the description. */
  readonly priority?: string
  /** 0 to 100. */
  readonly progress?: number
  readonly status?: string
  /** The client's own where it is absent. */
  readonly agent_id?: string
}

/** A goal that was set. */
export interface GoalCreated {
  readonly goal: Row
}

/** What may be told of something that was written. */
export interface ContentDetails {
  /** Where it went, such as `blog`. */
  readonly platform?: string
  /** Servers keep none, so it is sent as `platform` where that is absent. */
  readonly content_type?: string
  readonly status?: string
  readonly url?: string
  readonly body?: string
  /** The client's own where it is absent. */
  readonly agent_id?: string
}

/** Something written that was recorded. */
export interface ContentRecorded {
  readonly content: Row
  readonly security?: SecuritySummary
}

/** What may be told of a contact. */
export interface InteractionDetails {
  readonly contact_name?: string
  readonly contact_id?: string
  /** Such as `inbound` or `outbound`. */
  readonly direction?: string
  readonly type?: string
  readonly platform?: string
  /** The client's own where it is absent. */
  readonly agent_id?: string
}

/** A contact that was recorded. */
export interface InteractionRecorded {
  readonly interaction: Row
}

/** What may be told of a date. */
export interface CalendarEventDetails {
  /** ISO 8601. */
  readonly end_time?: string
  readonly location?: string
  readonly description?: string
}

/** A date that was entered. */
export interface CalendarEventCreated {
  readonly event: Row
}

/** What may be told of an idea. */
export interface IdeaDetails {
  readonly description?: string
  /** The same as `description`. */
  readonly body?: string
  readonly category?: string
  readonly score?: number
  readonly status?: string
  readonly source?: string
  readonly fun_factor?: number
  readonly learning_potential?: number
  readonly income_potential?: number
}

/** An idea that was recorded. */
export interface IdeaRecorded {
  readonly idea: Row
}

/** How a memory is; a word is sent as `status`, counts as `total_entities` and `total_topics`. */
export interface MemoryHealth {
  readonly status?: string
  readonly score?: number
  readonly [field: string]: unknown
}

/** A report that was taken. */
export interface MemoryHealthReported {
  readonly snapshot: Row
  readonly entities_count: number
  readonly topics_count: number
}
