export type { ActionContext } from './actions/action-context.ts'
export type { ActionCandidate, ActionRecommendation, AdaptedAction } from './actions/recommend-action.ts'
export type { TrackedAction, TrackedWork } from './actions/track.ts'
export type { WaitOptions } from './approvals/wait-for-approval.ts'
export type { ContextSummary } from './context/context-summary.ts'
export { DashClaw } from './dashclaw.ts'
export type { StreamEvent, StreamEventData, StreamEventType } from './events/event-types.ts'
export type { EventsOptions } from './events/read-events.ts'
export { dashclaw, type DashClawGateway } from './gateway/dashclaw-gateway.ts'
export type { DescribeStep, Step, StepDescription } from './gateway/describe-step.ts'
export type { DashClawGatewayOptions } from './gateway/gateway-options.ts'
export type {
  ActionCreated,
  ActionFound,
  ActionInput,
  ActionRow,
  ActionStatus,
  ActionUpdated,
  GraphNode,
  Outcome,
  Signal,
} from './methods/action-results.ts'
export type { Framework } from './methods/compliance-results.ts'
export type { ScorerType } from './methods/evaluation-results.ts'
export type { FeedbackInput } from './methods/feedback-results.ts'
export type { GuardContext, GuardDecision, GuardSettings, GuardVerdict } from './methods/guard-results.ts'
export type { AssumptionRow, LoopRow, LoopType } from './methods/integrity-results.ts'
export type { AttachmentInput, MessageInput, MessageRow } from './methods/message-results.ts'
export type { CallOptions } from './methods/method.ts'
export type { Identity, Pairing, PairingDetails } from './methods/pairing-results.ts'
export type { PolicyDetails, PolicyImport, PolicyRules, PolicyType } from './methods/policy-results.ts'
export type { PromptRender } from './methods/prompt-results.ts'
export type { RecommendationEvent } from './methods/recommendation-results.ts'
export type {
  RiskTemplateInput,
  ScoredAction,
  ScoringDimensionInput,
  ScoringProfileInput,
} from './methods/scoring-results.ts'
export type { DashClawOptions } from './options.ts'
export type { PairingWaitOptions } from './pairing/wait-for-pairing.ts'
export type { HeartbeatOptions } from './presence/heartbeat-timer.ts'
export type { Download } from './request/api-request.ts'
export {
  DashClawError,
  type DashClawErrorDetails,
  QuotaError,
  type RequestLine,
  SignatureError,
} from './request/dashclaw-error.ts'
export { ActionBlockedError, ActionDeniedError } from './request/refusals.ts'
export type { Provider } from './usage/wrap-client.ts'
export { readWebhook, type WebhookDelivery, type WebhookRequest } from './webhooks/read-webhook.ts'
