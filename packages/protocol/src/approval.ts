import type { JsonValue } from './json.ts'

/** How dangerous an action is, in the eyes of whoever declares it. */
export type Risk = 'low' | 'medium' | 'high' | 'critical'

/** Where an approval stands; every state but `pending` is final. */
export type ApprovalStatus = 'pending' | 'approved' | 'denied' | 'expired' | 'cancelled'

/** A question to a person about one action, bound to the action's id and arguments. */
export interface ApprovalRequest {
  readonly approvalId: string
  /** Name of the tool (or model) the question is about. */
  readonly name: string
  readonly toolCallId?: string
  /** The arguments the person sees, redacted like every recorded value. */
  readonly input?: JsonValue
  /** Hash of the unredacted arguments: the decision holds for these arguments only. */
  readonly inputHash?: string
  /** Why the guard asks. */
  readonly reason?: string
  readonly risk?: Risk
  /** Epoch milliseconds after which the approval expires unanswered. */
  readonly expiresAt?: number
}

/** What a person answered. */
export interface ApprovalDecision {
  readonly decision: 'approve' | 'deny'
  /** Why, shown to the agent where it was denied. */
  readonly reason?: string
  /** Who decided. */
  readonly decidedBy?: string
  /** Arguments to use instead of the ones asked about; only with `approve`. */
  readonly input?: JsonValue
}

/** An approval as a gateway keeps it. */
export interface Approval extends ApprovalRequest {
  readonly status: ApprovalStatus
  readonly runId?: string
  readonly actionId?: string
  readonly agentId?: string
  readonly sessionKey?: string
  /** Epoch milliseconds. */
  readonly requestedAt: number
  /** Epoch milliseconds; absent while pending. */
  readonly decidedAt?: number
  readonly decidedBy?: string
  /** Why it was decided so. */
  readonly decisionReason?: string
  /** Arguments that replace the ones asked about, where the person edited them. */
  readonly editedInput?: JsonValue
}
