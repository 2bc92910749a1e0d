import type { ActionOutcome, ErrorInfo } from './event.ts'
import type { ActionKind } from './guard.ts'
import type { JsonObject, JsonValue } from './json.ts'
import type { Usage } from './usage.ts'

/** Where a run stands; paused is not failed, cancelled is not failed. */
export type RunStatus = 'queued' | 'running' | 'paused' | 'completed' | 'failed' | 'cancelled' | 'timed_out'

/** One run as a list shows it. */
export interface RunSummary {
  readonly runId: string
  readonly status: RunStatus
  readonly name?: string
  readonly parentRunId?: string
  /** The action of the parent run inside which this run was started. */
  readonly parentActionId?: string
  readonly agentId?: string
  readonly sessionKey?: string
  /** Epoch milliseconds. */
  readonly startedAt: number
  /** Epoch milliseconds; absent while the run is open. */
  readonly endedAt?: number
  readonly durationMs?: number
  /** Sum over the model calls of this run, child runs not included. */
  readonly usage: Usage
  readonly actionCount: number
  readonly error?: ErrorInfo
}

/** One step of a run as a gateway keeps it. */
export interface ActionSummary {
  readonly actionId: string
  readonly kind: ActionKind
  readonly name: string
  readonly parentActionId?: string
  readonly toolCallId?: string
  /** `running` while open. */
  readonly outcome: ActionOutcome | 'running'
  /** Epoch milliseconds. */
  readonly startedAt: number
  readonly endedAt?: number
  readonly durationMs?: number
  readonly firstTokenMs?: number
  readonly input?: JsonValue
  readonly output?: JsonValue
  readonly error?: ErrorInfo
  readonly usage?: Usage
}

/** A run with its steps and the runs started inside it. */
export interface RunTree extends RunSummary {
  readonly input?: JsonValue
  readonly output?: JsonValue
  readonly metadata?: JsonObject
  readonly actions: readonly ActionSummary[]
  readonly children: readonly RunTree[]
  /** Sum over this run and every run below it. */
  readonly totalUsage: Usage
}

/** What a run of a gateway's agent came to; `accepted` means that the wait ended before the run did. */
export interface RunResult {
  readonly runId: string
  readonly status: 'accepted' | 'completed' | 'failed' | 'cancelled' | 'timed_out'
  readonly sessionKey?: string
  /** The agent's last message. */
  readonly text?: string
  readonly stopReason?: string
  readonly usage?: Usage
  readonly error?: ErrorInfo
  /** Calls of the caller's own tools that the run ended on; answer them in a next run of the same session. */
  readonly toolCalls?: readonly ToolCallRequest[]
}

/** A tool call that an agent asks its caller to make. */
export interface ToolCallRequest {
  readonly toolCallId: string
  readonly name: string
  readonly input: JsonValue
}
