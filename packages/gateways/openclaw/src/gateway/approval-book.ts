import { type ApprovalDecision, GatewayError, type GuardRequest } from '@pincer/protocol'
import { createBoundedMap } from './bounded-map.ts'

/** What this process knows about an approval and the Gateway does not. */
export interface ApprovalEntry {
  readonly approvalId: string
  /** What was asked, where it was asked here. */
  readonly asked?: { readonly request: GuardRequest; readonly binding: string }
  /** Why it was asked. */
  readonly reason?: string
  /** What was answered here; the Gateway keeps neither the name nor the reason. */
  answer?: ApprovalDecision
  /** The action that used the answer up. */
  usedBy?: string
}

/** The approvals that this process asked for, answered or used; the oldest of 10,000 are forgotten. */
export interface ApprovalBook {
  get(approvalId: string): ApprovalEntry | undefined
  /** The newest approval for exactly this call. */
  standing(binding: string): ApprovalEntry | undefined
  add(entry: ApprovalEntry): void
  /** Notes what is being answered; returns what takes the note back. */
  noteAnswer(approvalId: string, answer: ApprovalDecision): () => void
  /**
   * Uses an approved answer up for one action.
   *
   * @throws GatewayError `already_used` where another action has it.
   */
  claim(approvalId: string, action: string): void
  /** Takes a claim back, where the action did not happen. */
  release(approvalId: string, action: string): void
}

const limit = 10_000

export function createApprovalBook(): ApprovalBook {
  const entries = createBoundedMap<ApprovalEntry>(limit)
  const standing = createBoundedMap<ApprovalEntry>(limit)

  function entryOf(approvalId: string): ApprovalEntry {
    const known = entries.get(approvalId)
    if (known !== undefined) return known
    const made: ApprovalEntry = { approvalId }
    entries.set(approvalId, made)
    return made
  }

  return {
    get: (approvalId) => entries.get(approvalId),
    standing: (binding) => standing.get(binding),
    add(entry) {
      entries.set(entry.approvalId, entry)
      if (entry.asked !== undefined) standing.set(entry.asked.binding, entry)
    },
    noteAnswer(approvalId, answer) {
      const entry = entryOf(approvalId)
      const before = entry.answer
      entry.answer = answer
      return () => {
        if (before === undefined) delete entry.answer
        else entry.answer = before
      }
    },
    claim(approvalId, action) {
      const entry = entryOf(approvalId)
      if (entry.usedBy !== undefined && entry.usedBy !== action) {
        throw new GatewayError(
          `the approval ${JSON.stringify(approvalId)} was used by another action; ask the guard again`,
          { status: 409, gatewayCode: 'already_used' },
        )
      }
      entry.usedBy = action
    },
    release(approvalId, action) {
      const entry = entries.get(approvalId)
      if (entry?.usedBy === action) delete entry.usedBy
    },
  }
}
