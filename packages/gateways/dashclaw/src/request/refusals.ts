import { ApprovalDeniedError, GuardBlockedError } from '@pincer/protocol'
import type { ActionRow } from '../methods/action-results.ts'
import type { GuardDecision } from '../methods/guard-results.ts'

/** The server's guard blocked an action; `name` stays `GuardBlockedError`. */
export class ActionBlockedError extends GuardBlockedError {
  /** The whole decision. */
  readonly decision: GuardDecision
  /** The row that the server keeps of the blocked action, where it keeps one. */
  readonly row: ActionRow | undefined
  readonly status = 403

  constructor(action: string, decision: GuardDecision, row?: ActionRow) {
    super(action, decision.reason ?? 'blocked by policy', decision.matched_policies[0])
    this.decision = decision
    this.row = row
  }
}

/** A person denied an action; `name` stays `ApprovalDeniedError`. */
export class ActionDeniedError extends ApprovalDeniedError {
  /** Where the action stands: `failed`, or `cancelled`. */
  readonly decision: string
  readonly row: ActionRow

  constructor(row: ActionRow) {
    super(row.action_type, row.action_id, row.error_message ?? '')
    this.decision = row.status
    this.row = row
  }
}
