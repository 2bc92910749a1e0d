import { type ApprovalDecision, GatewayError, type GuardRequest } from '@pincer/protocol'
import { createBoundedMap } from './bounded-map.ts'

/** What this process knows about an approval beside its row. */
export interface ApprovalEntry {
  readonly approvalId: string
  /** What was asked, where it was asked here. */
  asked?: GuardRequest
  /** The key of the call that it was asked about. */
  binding?: string
  /** Why it was asked. */
  reason?: string
  /** What was answered here: the server keeps no name, and no reason of an approval. */
  answer?: ApprovalDecision
  /** The action that used the answer up. */
  usedBy?: string
}

/** The approvals that this process asked for, answered or used; the oldest of 10,000 are forgotten. */
export interface ApprovalBook {
  of(approvalId: string): ApprovalEntry
  /** The newest approval for exactly this call. */
  standing(binding: string): ApprovalEntry | undefined
  stand(binding: string, approvalId: string): void
  /** Notes what is being answered; returns what takes the note back. */
  noteAnswer(approvalId: string, answer: ApprovalDecision): () => void
  /**
   * Uses an approved answer up for one action.
   *
   * @throws GatewayError `already_used` where another action has it.
   */
  claim(approvalId: string, actionId: string): void
  /** Takes a claim back that did not reach the server. */
  release(approvalId: string, actionId: string): void
}

const remembered = 10_000

export function createApprovalBook(): ApprovalBook {
  const entries = createBoundedMap<ApprovalEntry>(remembered)
  const standing = createBoundedMap<ApprovalEntry>(remembered)

  function of(approvalId: string): ApprovalEntry {
    const known = entries.get(approvalId)
    if (known !== undefined) return known
    const made: ApprovalEntry = { approvalId }
    entries.set(approvalId, made)
    return made
  }

  return {
    of,
    standing: (binding) => standing.get(binding),
    stand: (binding, approvalId) => standing.set(binding, of(approvalId)),
    noteAnswer(approvalId, answer) {
      const entry = of(approvalId)
      const before = entry.answer
      entry.answer = answer
      return () => {
        if (before === undefined) delete entry.answer
        else entry.answer = before
      }
    },
    claim(approvalId, actionId) {
      const entry = of(approvalId)
      if (entry.usedBy !== undefined && entry.usedBy !== actionId) throw alreadyUsed(approvalId)
      entry.usedBy = actionId
    },
    release(approvalId, actionId) {
      const entry = of(approvalId)
      if (entry.usedBy === actionId) delete entry.usedBy
    },
  }
}

/** The error for an answer that another action has used. */
export function alreadyUsed(approvalId: string): GatewayError {
  return new GatewayError(
    `the approval ${JSON.stringify(approvalId)} was used by another action; ask the guard again`,
    { status: 409, gatewayCode: 'already_used' },
  )
}
