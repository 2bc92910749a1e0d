import type { ActionRow, SecuritySummary } from './action-results.ts'

/** An approval that was decided. */
export interface ApprovalDecided {
  readonly success: true
  /** `running` where it was allowed, `failed` where it was denied. */
  readonly action: ActionRow
  readonly security?: SecuritySummary
}
