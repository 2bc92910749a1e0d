/** What may be told of a schedule. */
export interface AgentScheduleDetails {
  readonly description?: string
  readonly enabled?: boolean
}

/** What an agent does again and again. */
interface AgentSchedule {
  readonly id: number | string
  readonly agent_id: string
  readonly name: string
  readonly cron_expression: string
  readonly description?: string | null
  readonly enabled?: number | boolean
  /** ISO 8601. */
  readonly created_at?: string
  readonly [field: string]: unknown
}

/** Schedules. */
export interface AgentScheduleList {
  readonly schedules: readonly AgentSchedule[]
}

/** A schedule that was made. */
export interface AgentScheduleCreated {
  readonly schedule: AgentSchedule
}
