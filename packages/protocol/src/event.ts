import type { ApprovalRequest, ApprovalStatus, Risk } from './approval.ts'
import type { ActionKind, GuardVerdict } from './guard.ts'
import type { JsonObject, JsonValue } from './json.ts'
import type { Usage } from './usage.ts'

/** What went wrong, safe to store: no stack, no headers, no token. */
export interface ErrorInfo {
  readonly message: string
  /** Class name, such as `RateLimitError`. */
  readonly name?: string
  /** The provider's or system's code, such as `rate_limit_exceeded`. */
  readonly code?: string
  /** HTTP status. */
  readonly status?: number
  /** The provider's request id, for its support. */
  readonly requestId?: string
}

/** Ends of an action that are not failures: cancelling, an unread stream and a lost handle are told apart from `ok`. */
export type CompletedOutcome =
  | 'ok'
  | 'length'
  | 'content_filter'
  | 'refusal'
  | 'cancelled'
  | 'unread'
  | 'abandoned'

/** Ends of an action that are failures. */
export type FailedOutcome = 'error' | 'timed_out' | 'blocked' | 'denied'

/** How an action ended. */
export type ActionOutcome = CompletedOutcome | FailedOutcome

/** What a model was asked to make. */
export type ModelOperation =
  | 'chat'
  | 'completion'
  | 'response'
  | 'embedding'
  | 'image'
  | 'speech'
  | 'transcription'
  | 'translation'
  | 'moderation'

/** Opens a run. */
export interface RunStartedData {
  readonly name?: string
  readonly input?: JsonValue
  readonly metadata?: JsonObject
  /** The action, of the parent run, inside which this run was started. */
  readonly parentActionId?: string
}

/** Ends a run that reached its outcome. */
export interface RunCompletedData {
  readonly output?: JsonValue
  readonly durationMs?: number
  /** Why the agent stopped, such as `stop`, `length` or `tool_calls`. */
  readonly stopReason?: string
}

/** Ends a run that went wrong. */
export interface RunFailedData {
  readonly error: ErrorInfo
  readonly output?: JsonValue
  readonly durationMs?: number
}

/** Ends a run that was stopped on purpose, or by time. */
export interface RunStoppedData {
  readonly reason?: string
  readonly output?: JsonValue
  readonly durationMs?: number
}

/** A piece of text as it was written. */
export interface DeltaData {
  readonly delta: string
  /** The message the piece belongs to, where a run writes several. */
  readonly itemId?: string
  /** True where what was shown of `itemId` is to be replaced by `delta`. */
  readonly replace?: boolean
}

/** A whole message of the assistant. */
export interface MessageData {
  readonly text: string
  readonly itemId?: string
}

/** Opens a model call. */
export interface ModelCallStartedData {
  readonly provider: string
  readonly model: string
  readonly operation?: ModelOperation
  readonly input?: JsonValue
  /** Settings of the call, such as `temperature` or the names of the tools offered. */
  readonly parameters?: JsonObject
  readonly stream?: boolean
  readonly parentActionId?: string
}

/** What both ends of a model call tell. */
interface ModelCallEnd {
  readonly output?: JsonValue
  readonly durationMs?: number
  /** Milliseconds from the request to the first piece of the answer, on streams. */
  readonly firstTokenMs?: number
  /** The provider's own word, such as `stop` or `tool_calls`. */
  readonly finishReason?: string
  /** Id of the provider's answer, such as `chatcmpl-…`. */
  readonly responseId?: string
  /** The provider's request id. */
  readonly requestId?: string
  /** Why it was cancelled, where it was. */
  readonly reason?: string
}

/** Ends a model call without failure; usage stands in `usage.reported` under the same action. */
export interface ModelCallCompletedData extends ModelCallEnd {
  readonly outcome: CompletedOutcome
}

/** Ends a model call with a failure; `output` holds what had arrived. */
export interface ModelCallFailedData extends ModelCallEnd {
  readonly outcome: FailedOutcome
  readonly error: ErrorInfo
}

/** Opens a tool call. */
export interface ToolCallStartedData {
  readonly toolCallId: string
  readonly name: string
  readonly input?: JsonValue
  readonly risk?: Risk
  readonly parentActionId?: string
}

/** Progress of a tool call. */
export interface ToolCallDeltaData {
  readonly toolCallId: string
  readonly delta?: string
  readonly output?: JsonValue
}

/** Ends a tool call without failure. */
export interface ToolCallCompletedData {
  readonly toolCallId: string
  readonly outcome: CompletedOutcome
  readonly name?: string
  readonly output?: JsonValue
  readonly durationMs?: number
  readonly reason?: string
}

/** Ends a tool call with a failure, or before it happened: `blocked`, `denied`. */
export interface ToolCallFailedData {
  readonly toolCallId: string
  readonly outcome: FailedOutcome
  readonly error: ErrorInfo
  readonly name?: string
  readonly durationMs?: number
}

/** Opens a retrieval. */
export interface RetrievalStartedData {
  readonly name: string
  readonly query?: JsonValue
  readonly parentActionId?: string
}

/** Ends a retrieval without failure. */
export interface RetrievalCompletedData {
  readonly outcome: CompletedOutcome
  readonly documents?: JsonValue
  readonly durationMs?: number
  readonly reason?: string
}

/** Ends a retrieval with a failure. */
export interface RetrievalFailedData {
  readonly outcome: FailedOutcome
  readonly error: ErrorInfo
  readonly durationMs?: number
}

/** What the guard said about an action, and whether it was held to it. */
export interface GuardDecidedData {
  readonly decision: GuardVerdict
  readonly kind: ActionKind
  readonly name: string
  /** False in observe mode: the decision was recorded, the action went on. */
  readonly enforced: boolean
  readonly toolCallId?: string
  readonly inputHash?: string
  readonly reason?: string
  readonly policyId?: string
  readonly approvalId?: string
  readonly durationMs?: number
}

/** How an approval ended. */
export interface ApprovalResolvedData {
  readonly approvalId: string
  readonly status: Exclude<ApprovalStatus, 'pending'>
  readonly reason?: string
  readonly decidedBy?: string
  /** Arguments that replace the ones asked about. */
  readonly input?: JsonValue
}

/** A question to a person that is not about permission. */
export interface QuestionRequestedData {
  readonly questionId: string
  readonly text: string
  readonly options?: readonly string[]
}

/** The answer to a question. */
export interface QuestionAnsweredData {
  readonly questionId: string
  readonly answer?: JsonValue
}

/** A file or other thing that a run made. */
export interface ArtifactData {
  readonly artifactId: string
  readonly name?: string
  readonly mediaType?: string
  readonly bytes?: number
  readonly url?: string
}

/** A change of a session. */
export interface SessionData {
  readonly reason?: string
  readonly label?: string
}

/** A change of a background task. */
export interface TaskData {
  readonly status: string
  readonly title?: string
}

/** A git fact: a branch, a diff or a pull request. */
export interface GitData {
  readonly branch?: string
  readonly diff?: string
  readonly url?: string
  readonly title?: string
}

/** A gateway's or framework's own event that has no stable counterpart. */
export interface RawData {
  readonly name: string
  readonly payload?: JsonValue
}

/** Every event type and the shape of its `data`. */
export interface ClawEventData {
  'run.created': RunStartedData
  'run.queued': RunStartedData
  'run.started': RunStartedData
  'run.completed': RunCompletedData
  'run.failed': RunFailedData
  'run.cancelled': RunStoppedData
  'run.timed_out': RunStoppedData
  'assistant.delta': DeltaData
  'assistant.message': MessageData
  'thinking.delta': DeltaData
  'model.call.started': ModelCallStartedData
  'model.call.completed': ModelCallCompletedData
  'model.call.failed': ModelCallFailedData
  'tool.call.started': ToolCallStartedData
  'tool.call.delta': ToolCallDeltaData
  'tool.call.completed': ToolCallCompletedData
  'tool.call.failed': ToolCallFailedData
  'retrieval.started': RetrievalStartedData
  'retrieval.completed': RetrievalCompletedData
  'retrieval.failed': RetrievalFailedData
  'guard.decided': GuardDecidedData
  'usage.reported': Usage
  'approval.requested': ApprovalRequest
  'approval.resolved': ApprovalResolvedData
  'question.requested': QuestionRequestedData
  'question.answered': QuestionAnsweredData
  'artifact.created': ArtifactData
  'artifact.updated': ArtifactData
  'session.created': SessionData
  'session.updated': SessionData
  'session.compacted': SessionData
  'task.updated': TaskData
  'git.branch': GitData
  'git.diff': GitData
  'git.pr': GitData
  raw: RawData
}

/** The name of an event type, such as `tool.call.completed`. */
export type ClawEventType = keyof ClawEventData

/** An event as a gateway sent it, before it was normalized. */
export interface GatewayEvent {
  readonly event: string
  readonly payload?: unknown
  readonly seq?: number
}

/** An event of one type: the envelope with that type's `data`. */
export interface ClawEventOf<Type extends ClawEventType> {
  readonly version: 1
  /** Unique and stable across retries: gateways drop what they already have. */
  readonly id: string
  /** Epoch milliseconds. */
  readonly ts: number
  readonly type: Type
  readonly runId?: string
  readonly parentRunId?: string
  /** The step inside the run that the event is about. */
  readonly actionId?: string
  /** Position in the run, from 1, without holes in what was recorded. */
  readonly seq?: number
  readonly sessionId?: string
  readonly sessionKey?: string
  readonly taskId?: string
  readonly agentId?: string
  readonly data: ClawEventData[Type]
  /** What the gateway sent, on events that came from one. */
  readonly raw?: GatewayEvent
}

/** An immutable fact about a run: narrowing on `type` narrows `data`. */
export type ClawEvent = { [Type in ClawEventType]: ClawEventOf<Type> }[ClawEventType]

/** The types that end a run. */
export type TerminalEventType = 'run.completed' | 'run.failed' | 'run.cancelled' | 'run.timed_out'

/** Tells whether an event ends its run. */
export function isTerminalEvent(event: ClawEvent): event is ClawEventOf<TerminalEventType> & ClawEvent {
  return (
    event.type === 'run.completed' ||
    event.type === 'run.failed' ||
    event.type === 'run.cancelled' ||
    event.type === 'run.timed_out'
  )
}
