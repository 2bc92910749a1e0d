import type { ApprovalDecision } from '@openclaw/gateway-protocol'

/** An approval that nobody has decided on, as its list shows it. */
export interface ApprovalRow {
  readonly id: string
  readonly approvalKind?: 'exec' | 'plugin'
  /** What is asked: the command, or the title, description and tool. */
  readonly request: Readonly<Record<string, unknown>>
  /** Epoch milliseconds. */
  readonly createdAtMs: number
  /** Epoch milliseconds. */
  readonly expiresAtMs: number
}

/** Every approval of one kind that nobody has decided on. */
export type ApprovalRows = readonly ApprovalRow[]

/** What a request in two phases answers at once; without `status` it is over: nobody could see it. */
export interface ApprovalRequested {
  readonly id: string
  readonly status?: 'accepted'
  readonly decision?: ApprovalDecision | null
  /** How it reaches a person, such as `approval-client`. */
  readonly deliveryRoute?: string
  /** Epoch milliseconds. */
  readonly createdAtMs: number
  /** Epoch milliseconds. */
  readonly expiresAtMs: number
}

/** The end of an approval; a decision of null is a denial: by time, or because nobody could see it. */
export interface ApprovalDecided {
  readonly id: string
  readonly decision: ApprovalDecision | null
  /** `user`, `timeout` or `no-route`. */
  readonly terminalReason?: string
  readonly createdAtMs: number
  readonly expiresAtMs: number
}

/** A decision that was taken over. */
export interface ApprovalAnswered {
  readonly ok: true
}
