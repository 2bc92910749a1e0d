/** Whether an agent takes tasks. */
export type RoutingAgentStatus = 'available' | 'busy' | 'offline'

/** An agent that takes tasks. */
interface RoutingAgent {
  readonly id: string
  readonly name: string
  /** A list, or JSON text of it from servers on Postgres. */
  readonly capabilities: readonly string[] | string
  readonly max_concurrent: number
  readonly current_load: number
  readonly status: RoutingAgentStatus
  readonly endpoint: string | null
  /** Only from `getRoutingAgent()`. */
  readonly metrics?: Readonly<Record<string, unknown>> | readonly Readonly<Record<string, unknown>>[]
}

/** What may be told of an agent that takes tasks. */
export interface RoutingAgentDetails {
  /** Fifty at most. */
  readonly capabilities?: readonly string[]
  /** How many tasks it takes at once, 1 to 100; 3 where it is absent, as the official clients send it. */
  readonly max_concurrent?: number
  /** The same as `max_concurrent`. */
  readonly maxConcurrent?: number
  /** Where it is told of its tasks: https, without a user or a password. */
  readonly endpoint?: string
}

/** One agent that takes tasks. */
export interface RoutingAgentFound {
  readonly agent: RoutingAgent
}

/** The agents that take tasks. */
export interface RoutingAgentList {
  readonly agents: readonly RoutingAgent[]
}

/** An agent that takes no tasks any more. */
export interface RoutingAgentDeleted {
  readonly deleted: true
  readonly agent: RoutingAgent
}

/** What a listing of tasks can be narrowed by. */
export interface RoutingTaskQuery {
  /** Such as `pending`, `assigned`, `completed`, `failed` or `escalated`. */
  readonly status?: string
  /** The agent that has them. */
  readonly assigned_to?: string
  /** The same as `assigned_to`. */
  readonly agent_id?: string
  /** 50 where it is absent, 200 at most. */
  readonly limit?: number
  /** Sent as the document has it; the servers that were read ignore it. */
  readonly offset?: number
}

/** A task that is, or was, given to an agent. */
interface RoutingTask {
  readonly id: string
  readonly title?: string
  readonly description?: string | null
  readonly status?: string
  readonly urgency?: string
  readonly assigned_to?: string | null
  readonly required_skills?: readonly string[] | string | null
  /** ISO 8601. */
  readonly created_at?: string
  readonly [field: string]: unknown
}

/** Tasks; `total` counts this page. */
export interface RoutingTaskList {
  readonly tasks: readonly RoutingTask[]
  readonly total: number
}

/** What may be told of a task. */
export interface RoutingTaskDetails {
  readonly description?: string
  readonly required_skills?: readonly string[]
  /** The same as `required_skills`. */
  readonly requiredSkills?: readonly string[]
  /** `normal` where it is absent; `medium` stands for it. */
  readonly urgency?: 'low' | 'normal' | 'medium' | 'high' | 'critical' | (string & {})
  /** 3600 where it is absent. */
  readonly timeout_seconds?: number
  /** The same as `timeout_seconds`. */
  readonly timeoutSeconds?: number
  /** 2 where it is absent. */
  readonly max_retries?: number
  /** The same as `max_retries`. */
  readonly maxRetries?: number
  /** Where the end of the task is told. */
  readonly callback_url?: string
  /** The same as `callback_url`. */
  readonly callbackUrl?: string
}

/** A task that was submitted. */
export interface RoutingTaskSubmitted {
  readonly task: RoutingTask
  readonly routing: {
    readonly status: 'assigned' | 'pending' | 'already_routed' | (string & {})
    readonly agent_id?: string
    readonly agent_name?: string
    readonly score?: number
    readonly reasons?: readonly string[]
    readonly reason?: string
  }
  /** The same as `task.id`. */
  readonly task_id: string
  /** Out of `routing`; absent while nobody has the task. */
  readonly assigned_agent?: { readonly id: string; readonly name: string }
}

/** How a task ended. */
export interface RoutingTaskEnd {
  /** True where it is absent. */
  readonly success?: boolean
  readonly result?: Readonly<Record<string, unknown>>
  readonly error?: string
}

/** A task that was ended. */
export interface RoutingTaskCompleted {
  readonly task: RoutingTask
  readonly routing: { readonly status: string; readonly [field: string]: unknown }
}

/** Counts over the routing; they come as texts from servers on Postgres. */
export interface RoutingStats {
  readonly agents: Readonly<Record<'total' | 'available' | 'busy' | 'offline', number | string>>
  readonly tasks: Readonly<
    Record<'total' | 'pending' | 'assigned' | 'completed' | 'failed' | 'escalated', number | string>
  >
  readonly routing: { readonly total_decisions: number | string }
}

/** Whether the routing works. */
export interface RoutingHealth {
  readonly status: string
  readonly service: string
  /** ISO 8601. */
  readonly timestamp: string
}
