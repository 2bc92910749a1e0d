/** A row as the server keeps it. */
interface Row {
  readonly id: number | string
  readonly agent_id?: string | null
  /** ISO 8601. */
  readonly created_at?: string
  readonly [field: string]: unknown
}

/** What may be told of an observation. */
export interface ObservationDetails {
  readonly category?: string
  /** 1 to 10. */
  readonly importance?: number
  /** The client's own where it is absent. */
  readonly agent_id?: string
}

/** An observation that was noted. */
export interface ObservationLogged {
  readonly observation: Row
  readonly observation_id: string
}

/** What may be told of a preference. */
export interface PreferenceDetails {
  readonly category?: string
  /** 0 to 100. */
  readonly confidence?: number
  /** The client's own where it is absent. */
  readonly agent_id?: string
}

/** A preference that was noted. */
export interface PreferenceSet {
  readonly preference: Row
  readonly preference_id: string
}

/** What may be told of a mood. */
export interface MoodDetails {
  /** Such as `high`. */
  readonly energy?: string
  readonly notes?: string
  /** The same as `notes`. */
  readonly context?: string
  /** The client's own where it is absent. */
  readonly agent_id?: string
}

/** A mood that was noted. */
export interface MoodLogged {
  readonly mood: Row
  readonly mood_id: string
}

/** What may be told of a way of working. */
export interface ApproachDetails {
  readonly context?: string
  readonly success?: boolean
  /** The same as `success`. */
  readonly succeeded?: boolean
  /** The client's own where it is absent. */
  readonly agent_id?: string
}

/** A way of working that was noted. */
export interface ApproachTracked {
  readonly approach: Row
  readonly approach_id: string
}

/** What is known of the person. */
export interface PreferenceSummary {
  readonly summary: {
    readonly observations_count: number | string
    readonly preferences: readonly Row[]
    readonly recent_moods: readonly Row[]
    readonly top_approaches: readonly Row[]
  }
}

/** Ways of working. */
export interface ApproachList {
  readonly approaches: readonly Row[]
  readonly total: number
}
