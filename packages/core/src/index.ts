export type { Authorization } from './authorization.ts'
export type { AuthorizeOptions } from './authorize-options.ts'
export type { AgentHandle, Claw, ClientStats, Placement } from './claw.ts'
export { createClient } from './client.ts'
export { type Clock, systemClock, type Timer } from './clock.ts'
export type { ContextCarrier } from './context.ts'
export { isAbort } from './error-info.ts'
export type { GuardOptions } from './guard-gate.ts'
export type { ModelCall, ModelCallOptions, ModelCallResult } from './model-call.ts'
export type { ClientOptions, OutboxOptions } from './options.ts'
export type {
  DeadLetter,
  OutboxBounds,
  OutboxEntry,
  OutboxSize,
  OutboxStore,
  Priority,
} from './outbox-store.ts'
export type { Drop, DropReason, FlushResult } from './outbox.ts'
export type { Action, Parent } from './parent.ts'
export type { RedactOptions } from './redaction.ts'
export type { Retrieval, RetrievalOptions } from './retrieval.ts'
export type { Run, RunOptions } from './run.ts'
export type { ToolCall, ToolCallOptions } from './tool-call.ts'
