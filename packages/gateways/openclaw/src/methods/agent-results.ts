import type { validateAgentParams } from '@openclaw/gateway-protocol'

/** What a validator of the protocol lets pass: the type of parameters that the protocol names nowhere else. */
export type Validated<Validator> = Validator extends ((value: unknown) => value is infer Params)
  ? Params
  : never

/** What the Gateway's `agent` method takes. */
export type AgentParams = Validated<typeof validateAgentParams>

/** The first answer of the `agent` method. */
export interface AgentAccepted {
  readonly runId: string
  /** `in_flight` where the idempotency key is known: no second run was started. */
  readonly status: 'accepted' | 'in_flight'
  /** The session's full key, where the run has one. */
  readonly sessionKey?: string
  readonly agentId?: string
  /** Epoch milliseconds. */
  readonly acceptedAt?: number
}

/** What `agent.wait` says of a run; `timeout` with nothing beside it means that the wait ended, or that the run is not known. */
export interface AgentWaitResult {
  readonly runId: string
  readonly status: 'ok' | 'error' | 'timeout'
  /** Epoch milliseconds. */
  readonly startedAt?: number
  /** Epoch milliseconds. */
  readonly endedAt?: number
  /** Why the agent stopped, such as `stop`, `length` or, for a cancelled run, `rpc`. */
  readonly stopReason?: string
  readonly livenessState?: string
  readonly error?: string
  readonly timeoutPhase?: string
  readonly terminalReply?: { readonly disposition?: string; readonly text?: string }
  readonly terminalReceipt?: {
    readonly sessionId?: string
    readonly requested?: { readonly provider?: string; readonly model?: string }
    readonly effective?: { readonly provider?: string; readonly model?: string }
    readonly successfulToolNames?: readonly string[]
  }
}
