import type { Usage } from '@pincer/protocol'

/** One row of a session's transcript, as far as it tells of runs. */
export interface SessionRow {
  readonly role: string
  readonly runId?: string
  readonly text?: string
  /** Such as `stop`, `toolUse`, `error` or `aborted`. */
  readonly stopReason?: string
  readonly errorMessage?: string
  /** True on the text that the Gateway kept of a run that was stopped. */
  readonly aborted: boolean
  /** True on the message by which the Gateway resumed a run after it was restarted. */
  readonly resumes: boolean
  /** Usage of the model call that wrote the row. */
  readonly usage?: Usage
  /** Tells the model call from others, because one call may write two rows. */
  readonly callId?: string
}

/** Input that was accepted and is not in the transcript: `queued`, `cancelled` or, after a restart, `interrupted`. */
export interface PendingInput {
  readonly runId: string
  readonly state: string
  readonly resumes: boolean
}

/** What the Gateway knows of a session and of what runs in it. */
export interface SessionSnapshot {
  /** Oldest first. */
  readonly rows: readonly SessionRow[]
  /** Ids of the runs that are at work. */
  readonly activeRunIds: readonly string[]
  readonly pendingInputs: readonly PendingInput[]
  /** Whether something runs; undefined where the Gateway does not say. */
  readonly hasActiveRun: boolean | undefined
  /** Such as `running`, `done` or `failed`. */
  readonly status: string | undefined
  /** Pass it as `offset` for the rows before these; absent where there are none. */
  readonly nextOffset?: number
}

/** A row of the Gateway's list of background tasks: one per run of the `agent` method. */
export interface RunTask {
  readonly runId: string
  readonly sessionKey?: string
  /** `queued`, `running`, `completed`, `failed`, `cancelled` or `timed_out`. */
  readonly status: string
  readonly error?: string
}

/** What the Gateway's audit says of a run. */
export interface RunAudit {
  readonly sessionKey?: string
  /** `succeeded`, `failed`, `cancelled`, `timed_out` or `blocked`; undefined while only its start is known. */
  readonly finished?: string
}
