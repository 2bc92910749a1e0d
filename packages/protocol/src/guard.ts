import type { Risk } from './approval.ts'
import type { JsonValue } from './json.ts'

/** The kinds of action a guard is asked about. */
export type ActionKind = 'model_call' | 'tool_call' | 'retrieval'

/** The four answers of a guard. */
export type GuardVerdict = 'allow' | 'warn' | 'block' | 'require_approval'

/** What a guard is told about an action before it happens. */
export interface GuardRequest {
  readonly kind: ActionKind
  /** Name of the tool or model. */
  readonly name: string
  readonly runId?: string
  readonly actionId?: string
  readonly toolCallId?: string
  readonly agentId?: string
  readonly sessionKey?: string
  /** The arguments, redacted like every recorded value. */
  readonly input?: JsonValue
  /** Hash of the unredacted arguments; with `toolCallId` it is the key a decision is bound to. */
  readonly inputHash?: string
  readonly risk?: Risk
  /** True where the answer will only be recorded: it opens no approval and uses up no limit. */
  readonly observe?: boolean
}

/** What a guard answered. */
export interface GuardDecision {
  readonly decision: GuardVerdict
  /** Why, in words the agent may read. */
  readonly reason?: string
  /** The policy that matched. */
  readonly policyId?: string
  /** The approval to wait for; present with `require_approval`. */
  readonly approvalId?: string
  /** Epoch milliseconds after which that approval expires. */
  readonly expiresAt?: number
}
