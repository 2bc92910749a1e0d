/** How permission is asked. */
export interface AuthorizeOptions {
  /** Gives the question up. */
  readonly signal?: AbortSignal
  /** How long to wait for a person, in milliseconds; the client's `guard.approvalTimeoutMs` when absent. */
  readonly approvalTimeoutMs?: number
  /** False does not wait for a person: `ApprovalPendingError` is thrown and the call stays open, to be asked about again. */
  readonly wait?: boolean
  /** An approval that was asked for before about this call, by another process too: the guard is not asked again. A function that finds it is called in enforce mode only. */
  readonly approvalId?: string | (() => Promise<string | undefined>)
}
