/** What a key point is about; servers refuse every other, so others are sent as `general`. */
type KeyPointCategory = 'decision' | 'task' | 'insight' | 'question' | 'general' | (string & {})

/** What may be told of a key point beside its text. */
export interface KeyPointDetails {
  readonly category?: KeyPointCategory
  /** 1 to 10. */
  readonly importance?: number
  /** Such as `2025-01-15`. */
  readonly session_date?: string
  /** The client's own where it is absent. */
  readonly agent_id?: string
}

/** A point that was kept. */
interface KeyPoint {
  readonly id: string
  readonly content: string
  readonly category?: KeyPointCategory | null
  readonly importance?: number | null
  readonly session_date?: string | null
  readonly agent_id?: string | null
  /** ISO 8601. */
  readonly created_at?: string
}

/** A point that is kept now. */
export interface KeyPointCaptured {
  readonly point: KeyPoint
  readonly point_id: string
}

/** What a listing of key points can be narrowed by. */
export interface KeyPointQuery {
  readonly category?: KeyPointCategory
  /** Such as `2025-01-15`. */
  readonly session_date?: string
  /** 50 where it is absent, 200 at most. */
  readonly limit?: number
  /** The client's own where it is absent. */
  readonly agent_id?: string
}

/** Points that were kept. */
export interface KeyPointList {
  readonly points: readonly KeyPoint[]
  readonly total: number
}

/** A thread to open. */
export interface ContextThreadInput {
  readonly name: string
  readonly summary?: string
  /** The client's own where it is absent. */
  readonly agent_id?: string
}

/** An entry of a thread. */
interface ContextEntry {
  readonly id: string
  readonly thread_id?: string
  readonly content: string
  readonly entry_type: string
  /** ISO 8601. */
  readonly created_at?: string
}

/** A thread of context. */
interface ContextThread {
  readonly id: string
  readonly name: string
  readonly status: 'active' | 'closed' | (string & {})
  readonly summary?: string | null
  readonly agent_id?: string | null
  readonly entries?: readonly ContextEntry[]
  /** ISO 8601. */
  readonly created_at?: string
  /** ISO 8601. */
  readonly updated_at?: string
}

/** A thread that is open now. */
export interface ContextThreadCreated {
  readonly thread: ContextThread
  readonly thread_id: string
}

/** One thread. */
export interface ContextThreadFound {
  readonly thread: ContextThread
}

/** What a listing of threads can be narrowed by. */
export interface ContextThreadQuery {
  readonly status?: 'active' | 'closed'
  /** 20 where it is absent, 100 at most. */
  readonly limit?: number
  /** The client's own where it is absent. */
  readonly agent_id?: string
}

/** Threads of context. */
export interface ContextThreadList {
  readonly threads: readonly ContextThread[]
  readonly total: number
}

/** An entry that was added. */
export interface ContextEntryAdded {
  readonly entry: ContextEntry
  readonly entry_id: string
}
