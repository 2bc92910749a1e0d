import type { GuardVerdict } from '@pincer/protocol'

/** Permission to act: what the guard said, and the arguments to act with. */
export interface Authorization {
  /** In observe mode always `allow`: the guard's own answer is only recorded. */
  readonly decision: GuardVerdict
  /** Why, where the guard gives a reason. */
  readonly reason?: string
  /** The approval that was given, where one was required. */
  readonly approvalId?: string
  /** The arguments to use: the caller's own, or what the approver made of them. */
  readonly input: unknown
  /** True where the approver changed the arguments. */
  readonly edited: boolean
}
