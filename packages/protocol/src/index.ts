export type { Approval, ApprovalDecision, ApprovalRequest, ApprovalStatus, Risk } from './approval.ts'
export { describeValue, PincerError, type PincerErrorCode } from './errors.ts'
export {
  type ActionOutcome,
  type ApprovalResolvedData,
  type ArtifactData,
  type ClawEvent,
  type ClawEventData,
  type ClawEventOf,
  type ClawEventType,
  type CompletedOutcome,
  type DeltaData,
  type ErrorInfo,
  type FailedOutcome,
  type GatewayEvent,
  type GitData,
  type GuardDecidedData,
  isTerminalEvent,
  type MessageData,
  type ModelCallCompletedData,
  type ModelCallFailedData,
  type ModelCallStartedData,
  type ModelOperation,
  type QuestionAnsweredData,
  type QuestionRequestedData,
  type RawData,
  type RetrievalCompletedData,
  type RetrievalFailedData,
  type RetrievalStartedData,
  type RunCompletedData,
  type RunFailedData,
  type RunStartedData,
  type RunStoppedData,
  type SessionData,
  type TaskData,
  type TerminalEventType,
  type ToolCallCompletedData,
  type ToolCallDeltaData,
  type ToolCallFailedData,
  type ToolCallStartedData,
} from './event.ts'
export type { EventFrame, Frame, FrameError, RequestFrame, ResponseFrame } from './frame.ts'
export { GatewayError, type GatewayErrorDetails, UnsupportedByGatewayError } from './gateway-errors.ts'
export type {
  AgentRunner,
  AgentRunRequest,
  AgentRunSetting,
  AgentSummary,
  Approvals,
  Artifact,
  Artifacts,
  EmbeddingRequest,
  Embeddings,
  EventSink,
  EventVerdict,
  Gateway,
  GatewayRun,
  Guard,
  Models,
  Page,
  RequestOptions,
  RunQuery,
  RunRecord,
  Sessions,
  ToolCatalog,
} from './gateway.ts'
export {
  ApprovalDeniedError,
  ApprovalPendingError,
  ApprovalTimeoutError,
  GuardBlockedError,
  GuardUnavailableError,
} from './guard-errors.ts'
export type { ActionKind, GuardDecision, GuardRequest, GuardVerdict } from './guard.ts'
export type { JsonObject, JsonValue } from './json.ts'
export { checkOptionNames, nearestName } from './option-names.ts'
export { eventTypes, parseEvent } from './parse-event.ts'
export { parseFrame } from './parse-frame.ts'
export { ProtocolError } from './protocol-error.ts'
export type { ActionSummary, RunResult, RunStatus, RunSummary, RunTree, ToolCallRequest } from './run.ts'
export type { Session, SessionMessage } from './session.ts'
export type { ToolDescription, ToolInvocation, ToolResult } from './tool.ts'
export { addUsage, emptyUsage, type Usage } from './usage.ts'
