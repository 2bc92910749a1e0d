export { type PincerApproval, pincerApproval } from './approval.ts'
export type { GuardToolsOptions, PincerApprovalOptions } from './approval-options.ts'
export type { ApprovalCall, ApprovalStatus, OwnApproval } from './approval-own.ts'
export { type ApprovalQuestion, parseApprovalReason } from './approval-reason.ts'
export { settleDenials, type SettleDenialsOptions } from './approval-settle.ts'
export type { PincerEmbeddingModel, PincerEmbeddingOptions } from './embedding-model.ts'
export {
  type GatewayToolFilter,
  type GatewayTools,
  gatewayTools,
  type GatewayToolsOptions,
} from './gateway-tools.ts'
export { guardTools } from './guard-tools.ts'
export { PincerLanguageModel } from './language-model.ts'
export { createPincer, type DefaultPincerProvider, pincer, type PincerProvider } from './pincer.ts'
export type { PincerProviderSettings } from './pincer-settings.ts'
export type { ApprovalMode, PincerOptions } from './provider-options.ts'
export type { PincerMetadata } from './stream-metadata.ts'
export { pincerTelemetry } from './telemetry.ts'
export type { OperationStart, PincerTelemetryOptions } from './telemetry-options.ts'
export { type ChatHandlerOptions, createChatHandler } from './ui-chat-handler.ts'
export type { UIEventSource } from './ui-event-reader.ts'
export type { ClawMessageMetadata, ClawUIMessage } from './ui-message-metadata.ts'
export {
  toUIMessageStream,
  toUIMessageStreamResponse,
  type UIStreamResponseOptions,
} from './ui-message-stream.ts'
export { toUIMessages } from './ui-messages.ts'
export type { UIStreamOptions } from './ui-stream-options.ts'
export { VERSION } from './version.ts'
