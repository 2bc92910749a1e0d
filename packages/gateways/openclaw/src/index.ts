export type { Agent, Agents } from './client/agents.ts'
export type { ApprovalAnswer } from './client/approval-decision.ts'
export type { ApprovalOutcome } from './client/approval-outcome.ts'
export type {
  ApprovalRequestParams,
  ApprovalWaitOptions,
  OpenClawApprovals,
  PendingApproval,
  RequestedApproval,
} from './client/approvals.ts'
export type { ArtifactQuery } from './client/artifact-scope.ts'
export type { ArtifactDownloadQuery, OpenClawArtifacts } from './client/artifacts.ts'
export type { Audit } from './client/audit.ts'
export type { Chat } from './client/chat.ts'
export type { EnvironmentCreateParams, EnvironmentList, Environments } from './client/environments.ts'
export type { GatewaySurface } from './client/gateway-surface.ts'
export type { OpenClawModels } from './client/models.ts'
export type {
  QuestionAnswer,
  QuestionOutcome,
  Questions,
  QuestionWaitOptions,
  RequestedQuestion,
} from './client/questions.ts'
export type { Runs } from './client/runs.ts'
export type {
  SessionAbortParams,
  SessionCompactParams,
  SessionCreateParams,
  SessionDeleteParams,
  SessionHistoryParams,
  SessionListParams,
  SessionPatchParams,
  SessionResetParams,
  SessionResolveParams,
} from './client/session-params.ts'
export type { Session, SessionFacts, Sessions } from './client/session.ts'
export type { Tasks } from './client/tasks.ts'
export type { OpenClawTools, ToolInvokeParams } from './client/tools.ts'
export type { UsageReports } from './client/usage.ts'
export type { DeviceIdentity, DeviceToken, DeviceTokenPlace, GatewayDevice } from './device/device.ts'
export {
  approveDevicePairing,
  type DevicePairing,
  listDevicePairing,
  type PairedDevice,
  type PairingRequest,
  rejectDevicePairing,
} from './device/device-pairing.ts'
export { fileDevice } from './device/file-device.ts'
export { memoryDevice } from './device/memory-device.ts'
export { type DiscoveredGateway, discoverGateway } from './discover.ts'
export { normalizeGatewayEvent } from './events/normalize-gateway-event.ts'
export type { OpenClawGatewayOptions, OpenClawGatewaySettings } from './gateway/gateway-options.ts'
export type { GuardPolicy, PolicyAnswer } from './gateway/guard.ts'
export { openclaw, type OpenClawGateway } from './gateway/openclaw-gateway.ts'
export type { RecordingStats } from './gateway/recording-stats.ts'
export { type OpenAiEndpoint, openAiEndpoint, type OpenAiEndpointOptions } from './http/open-ai-endpoint.ts'
export { type GatewayHealth, probeGateway, type ProbeOptions } from './http/probe-gateway.ts'
export type { AgentWaitResult } from './methods/agent-results.ts'
export type { ApprovalRow } from './methods/approval-results.ts'
export type { ChatHistory, ChatMessage, ChatSendParams } from './methods/chat-results.ts'
export type { GatewayStatus, ToolGrant } from './methods/gateway-results.ts'
export type { Method, OperatorScope } from './methods/method.ts'
export type { ModelsStatus, ModelsStatusParams } from './methods/model-results.ts'
export type { RpcName, RpcParams, RpcResult } from './methods/rpc.ts'
export type {
  SessionAborted,
  SessionCompacted,
  SessionReset,
  SessionsListResult,
} from './methods/session-results.ts'
export type {
  SessionsUsage,
  SessionUsage,
  UsageCost,
  UsageLogs,
  UsageStatus,
  UsageTimeseries,
  UsageTotals,
} from './methods/usage-results.ts'
export { OpenClaw, type RawEventOptions } from './openclaw.ts'
export type { OpenClawOptions } from './options.ts'
export type {
  AgentRunParams,
  ApprovalMode,
  EnvironmentSelection,
  RuntimeSelection,
  SessionSendParams,
  WorkspaceSelection,
} from './runs/agent-run-params.ts'
export type { Run, RunResult, RunStatus } from './runs/run.ts'
export { GatewayClientTransport } from './transport/gateway-client-transport.ts'
export type { GatewayClientTransportOptions } from './transport/transport-options.ts'
export type {
  ConnectionChange,
  GatewayHello,
  GatewayRequestOptions,
  OpenClawTransport,
} from './transport/transport.ts'
export type {
  AgentIdentityResult,
  AgentsCreateParams,
  AgentsCreateResult,
  AgentsDeleteParams,
  AgentsDeleteResult,
  AgentsListResult,
  AgentsUpdateParams,
  AgentsUpdateResult,
  AgentSummary as OpenClawAgentSummary,
  ApprovalHistoryResult,
  ApprovalSnapshot,
  ArtifactsDownloadResult,
  ArtifactsGetResult,
  ArtifactsListResult,
  ArtifactSummary,
  AuditActivityListResult,
  AuditListResult,
  AuditRunInspectResult,
  EnvironmentSummary,
  ModelsListResult,
  QuestionRecord,
  SessionRow,
  TasksCancelResult,
  TasksGetResult,
  TasksListResult,
  TaskSummary,
  ToolsCatalogResult,
  ToolsEffectiveResult,
  ToolsInvokeResult,
} from '@openclaw/gateway-protocol'
export {
  type ClawEvent as OpenClawEvent,
  type ClawEventType as OpenClawEventType,
  GatewayError,
  type GatewayEvent,
  PincerError,
  UnsupportedByGatewayError,
} from '@pincer/protocol'
