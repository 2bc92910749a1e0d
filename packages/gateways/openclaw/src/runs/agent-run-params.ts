import type { SessionsSendParams } from '@openclaw/gateway-protocol'
import type { AgentParams } from '../methods/agent-results.ts'

/** Which runtime a run was to have; the Gateway takes none per run. */
export type RuntimeSelection =
  | 'auto'
  | { readonly type: 'embedded' | 'cli' | 'acp' | 'managed' | 'worker'; readonly id?: string }

/** Where a run was to have its tools; the Gateway takes none per run. */
export type EnvironmentSelection =
  | { readonly type: 'local' | 'gateway'; readonly cwd?: string }
  | { readonly type: 'node'; readonly nodeId: string; readonly cwd?: string }
  | { readonly type: 'managed' | 'ephemeral'; readonly profileId?: string }

/** Which files a run was to have; the Gateway takes none per run, see `cwd`. */
export interface WorkspaceSelection {
  readonly cwd?: string
  readonly repo?: string
  readonly ref?: string
}

/** How a run was to ask for approvals; the Gateway takes none per run. */
export type ApprovalMode = 'ask' | 'never' | 'auto' | 'trusted'

/** The fields of the Gateway's `agent` method that go through as they are. */
type PassedOn = Pick<
  AgentParams,
  | 'agentId'
  | 'sessionId'
  | 'provider'
  | 'thinking'
  | 'label'
  | 'attachments'
  | 'extraSystemPrompt'
  | 'promptMode'
  | 'modelRun'
  | 'cwd'
  | 'lane'
  | 'deliver'
  | 'bestEffortDeliver'
  | 'channel'
  | 'to'
  | 'accountId'
  | 'threadId'
  | 'replyTo'
  | 'replyChannel'
  | 'replyAccountId'
  | 'groupId'
  | 'groupChannel'
  | 'groupSpace'
  | 'bootstrapContextMode'
  | 'inputProvenance'
  | 'sessionEffects'
  | 'suppressPromptPersistence'
  | 'sourceReplyDeliveryMode'
  | 'disableMessageTool'
  | 'idempotencyKey'
>

/** What starts a run of an agent. */
export interface AgentRunParams extends Partial<PassedOn> {
  /** What the user says. */
  readonly input: string
  /** Full key (`agent:main:notes`) or short one (`notes`, `main`); a session of its own when absent. */
  readonly sessionKey?: string
  /** `provider/model`, split at the first slash, or the model of the agent's own provider. */
  readonly model?: string
  /** Longest run in milliseconds, told to the Gateway in whole seconds, rounded up. */
  readonly timeoutMs?: number
  /** Cancels the run when aborted; aborted before the request, nothing is sent. */
  readonly signal?: AbortSignal
  /** Not supported: passing it throws. */
  readonly workspace?: WorkspaceSelection
  /** Not supported: passing it throws. */
  readonly runtime?: RuntimeSelection
  /** Not supported: passing it throws. */
  readonly environment?: EnvironmentSelection
  /** Not supported: passing it throws. */
  readonly approvals?: ApprovalMode
}

/** What sends a message into a session. */
export interface SessionSendParams extends Pick<
  SessionsSendParams,
  'agentId' | 'thinking' | 'attachments' | 'idempotencyKey'
> {
  /** Full key (`agent:main:notes`) or short one (`notes`, `main`) of a session that exists. */
  readonly key: string
  readonly message: string
  /** Longest run in milliseconds. */
  readonly timeoutMs?: number
  /** Cancels the run when aborted; aborted before the request, nothing is sent. */
  readonly signal?: AbortSignal
}
