import type { DatabaseSync } from 'node:sqlite'
import {
  type Approval,
  type Approvals,
  type ClawEvent,
  GatewayError,
  type GuardRequest,
} from '@pincer/protocol'
import { transact } from '../database.ts'
import { createWaiters } from '../waiters.ts'
import { watchDatabase } from '../watch-database.ts'
import { approvalRequested, approvalResolved } from './approval-events.ts'
import { type ApprovalEnd, createApprovalStore } from './approval-store.ts'
import { bindingOf } from './binding.ts'

/** The question that a policy puts to a person. */
interface ApprovalQuestion {
  readonly reason?: string | undefined
  /** Milliseconds until the question expires; 10 minutes by default. */
  readonly expiresAfterMs?: number | undefined
}

/** What is known about an action that needs an approval. */
type ApprovalAnswer =
  | { readonly status: 'pending'; readonly approval: Approval }
  /** Approved; the approval is used up by this answer. */
  | { readonly status: 'approved'; readonly approval: Approval }
  | { readonly status: 'denied'; readonly approval: Approval }

/** The approvals of a gateway: the port of protocol, and what its own parts need. */
export interface LocalApprovals extends Approvals {
  /**
   * Asks a person about an action, or finds the answer given to exactly this action.
   *
   * While a question is pending it is the same one, whoever asks; an approval holds once; a denial stays; after one that
   * was used, expired or cancelled, a new question is made.
   */
  ask(request: GuardRequest, question: ApprovalQuestion): ApprovalAnswer
  /** Cancels what is pending for a run that ended. */
  cancelRun(runId: string, reason: string): void
  /** How many requests wait for an answer. */
  waiterCount(): number
  close(): void
}

/** What {@link createApprovals} needs. */
export interface ApprovalsOptions {
  readonly database: DatabaseSync
  /** Takes the events of questions and answers. */
  readonly announce: (event: ClawEvent) => void
  readonly now: () => number
  /** How many requests may wait at once; 1,000. */
  readonly maxWaiters?: number
}

const defaultExpiryMs = 600_000
const retryMs = 1_000
// Longer timers fire at once in Node.
const longestTimerMs = 2_147_483_647

/** Opens the approvals; they are rows, so that a restart loses none. */
export function createApprovals(options: ApprovalsOptions): LocalApprovals {
  const { database, announce, now } = options
  const store = createApprovalStore(database, now)
  const waiters = createWaiters<Approval>(options.maxWaiters ?? 1000)
  const watch = watchDatabase(database)
  let timer: NodeJS.Timeout | undefined

  function end(approvalId: string, how: ApprovalEnd): Approval | undefined {
    const ended = transact(database, () => {
      const approval = store.end(approvalId, how)
      if (approval !== undefined) announce(approvalResolved(approval, how.status))
      return approval
    })
    if (ended !== undefined) waiters.wake(approvalId, ended)
    return ended
  }

  function expireOverdue(): void {
    for (const approvalId of store.overdue())
      end(approvalId, { status: 'expired', decisionReason: 'nobody decided in time' })
  }

  function armExpiry(): void {
    const next = store.nextExpiry()
    if (next !== undefined) armTimer(next - now())
  }

  function armTimer(delayMs: number): void {
    clearTimeout(timer)
    timer = setTimeout(expireOnTime, Math.min(Math.max(delayMs, 1), longestTimerMs)).unref()
  }

  function expireOnTime(): void {
    try {
      expireOverdue()
      armExpiry()
    } catch {
      // The database is held by another program; reading an approval expires it as well, so a later try loses nothing.
      armTimer(retryMs)
    }
  }

  function find(approvalId: string): Approval {
    expireOverdue()
    const approval = store.get(approvalId)
    if (approval !== undefined) return approval
    throw new GatewayError(`there is no approval "${approvalId}"`, {
      status: 404,
      gatewayCode: 'approval_not_found',
    })
  }

  // Somebody may have decided through another process that shares the file.
  function wakeDecided(): void {
    for (const approvalId of waiters.keys()) {
      const approval = store.get(approvalId)
      if (approval !== undefined && approval.status !== 'pending') waiters.wake(approvalId, approval)
    }
  }

  async function waitUntilDecided(
    approvalId: string,
    timeoutMs: number,
    signal?: AbortSignal,
  ): Promise<Approval> {
    const approval = find(approvalId)
    if (approval.status !== 'pending') return approval
    const stopWatching = watch.onChange(wakeDecided)
    try {
      return (await waiters.wait(approvalId, { timeoutMs, signal })) ?? find(approvalId)
    } finally {
      stopWatching()
    }
  }

  expireOverdue()
  armExpiry()

  return {
    ask: (request, question) => {
      expireOverdue()
      const answer = transact(database, (): ApprovalAnswer => {
        const binding = bindingOf(request)
        const standing = store.standing(binding)
        const status = standing?.status
        if (standing !== undefined && (status === 'pending' || status === 'denied'))
          return { status, approval: standing }
        if (
          standing !== undefined &&
          status === 'approved' &&
          store.use(standing.approvalId, request.actionId)
        ) {
          return { status, approval: standing }
        }
        const expiresAt = now() + (question.expiresAfterMs ?? defaultExpiryMs)
        const approval = store.add(request, binding, { reason: question.reason, expiresAt })
        announce(approvalRequested(approval))
        return { status: 'pending', approval }
      })
      armExpiry()
      return answer
    },
    cancelRun: (runId, reason) => {
      for (const approvalId of store.pendingOf(runId))
        end(approvalId, { status: 'cancelled', decisionReason: reason })
    },
    waiterCount: () => waiters.count(),
    list: async (query = {}) => {
      query.signal?.throwIfAborted()
      expireOverdue()
      return store.list(query.status)
    },
    get: async (approvalId, query = {}) => {
      query.signal?.throwIfAborted()
      expireOverdue()
      return store.get(approvalId)
    },
    decide: async (approvalId, { decision, reason, decidedBy, input }, query = {}) => {
      query.signal?.throwIfAborted()
      if (decision === 'deny' && input !== undefined) {
        throw new GatewayError('edited arguments need the decision "approve"; leave `input` out to deny', {
          status: 400,
          gatewayCode: 'invalid_decision',
        })
      }
      const status = decision === 'approve' ? 'approved' : 'denied'
      const found = find(approvalId)
      const ended = end(approvalId, { status, decidedBy, decisionReason: reason, editedInput: input })
      if (ended !== undefined) return ended
      throw new GatewayError(
        `the approval "${approvalId}" is already ${store.get(approvalId)?.status ?? found.status}`,
        {
          status: 409,
          gatewayCode: 'already_decided',
        },
      )
    },
    wait: async (approvalId, { timeoutMs, claimedBy, signal } = {}) => {
      signal?.throwIfAborted()
      const approval = await waitUntilDecided(approvalId, timeoutMs ?? Infinity, signal)
      if (claimedBy !== undefined && approval.status === 'approved' && !store.use(approvalId, claimedBy)) {
        throw new GatewayError(`the approval "${approvalId}" was used for another action`, {
          status: 409,
          gatewayCode: 'already_used',
        })
      }
      return approval
    },
    close: () => {
      clearTimeout(timer)
      waiters.close()
    },
  }
}
