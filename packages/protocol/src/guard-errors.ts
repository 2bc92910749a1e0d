import { PincerError } from './errors.ts'

/** The guard said no to an action; the action did not happen. */
export class GuardBlockedError extends PincerError {
  override readonly name: string = 'GuardBlockedError'
  /** Name of the tool or model that was stopped. */
  readonly action: string
  /** Why, as the guard put it. */
  readonly reason: string
  /** The policy that matched, where the gateway names it. */
  readonly policyId: string | undefined

  constructor(action: string, reason: string, policyId?: string) {
    super('guard_blocked', `the guard blocked "${action}": ${reason}`)
    this.action = action
    this.reason = reason
    this.policyId = policyId
  }
}

/** The guard could not be asked, or not to the end; the action did not happen. */
export class GuardUnavailableError extends PincerError {
  override readonly name: string = 'GuardUnavailableError'

  constructor(action: string, cause: unknown) {
    super(
      'guard_unavailable',
      `the guard could not be asked about "${action}", and nothing goes on without its answer`,
      { cause },
    )
  }
}

/** A person said no to an action; the action did not happen. */
export class ApprovalDeniedError extends PincerError {
  override readonly name: string = 'ApprovalDeniedError'
  readonly approvalId: string
  /** Why, in the person's words; empty where none were given. */
  readonly reason: string

  constructor(action: string, approvalId: string, reason = '') {
    super('approval_denied', `"${action}" was denied${reason === '' ? '' : `: ${reason}`}`)
    this.approvalId = approvalId
    this.reason = reason
  }
}

/** A person was asked and has not answered yet; thrown only where the caller does not wait. The action has not happened. */
export class ApprovalPendingError extends PincerError {
  override readonly name: string = 'ApprovalPendingError'
  readonly approvalId: string
  /** Why the guard asks, where it says so. */
  readonly reason: string | undefined

  constructor(action: string, approvalId: string, reason?: string) {
    super(
      'approval_pending',
      `"${action}" waits for the approval ${approvalId}; ask again once it is decided`,
    )
    this.approvalId = approvalId
    this.reason = reason
  }
}

/** Nobody decided in time; the action did not happen. */
export class ApprovalTimeoutError extends PincerError {
  override readonly name: string = 'ApprovalTimeoutError'
  readonly approvalId: string

  constructor(action: string, approvalId: string, timeoutMs: number) {
    super('approval_timed_out', `nobody decided on "${action}" within ${timeoutMs} ms`)
    this.approvalId = approvalId
  }
}
