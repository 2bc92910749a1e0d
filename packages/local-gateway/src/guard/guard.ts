import type { DatabaseSync } from 'node:sqlite'
import type { Guard, GuardDecision, GuardRequest } from '@pincer/protocol'
import type { LocalApprovals } from '../approvals/approvals.ts'
import { transact } from '../database.ts'
import type { Policies } from './policies.ts'
import type { Policy } from './policy.ts'
import { createRateLimits, type LimitedPolicy } from './rate-limits.ts'

/** The guard of a gateway: the port of protocol, and its answer without a promise for parts of this process. */
export interface LocalGuard extends Guard {
  decideNow(request: GuardRequest): GuardDecision
}

/** What {@link createGuard} needs. */
export interface GuardOptions {
  readonly database: DatabaseSync
  readonly policies: Policies
  readonly approvals: LocalApprovals
  readonly now: () => number
}

/** Makes the guard: policies decide, limits count, approvals ask. */
export function createGuard({ database, policies, approvals, now }: GuardOptions): LocalGuard {
  const limits = createRateLimits(database, now)

  function decideNow(request: GuardRequest): GuardDecision {
    const matching = policies.compiled().flatMap(({ policy, matches }) => (matches(request) ? [policy] : []))
    // Counting and asking write: in one transaction, so that processes that share the file never let more through than a limit says.
    const writes = matching.some(
      (policy) => policy.limit !== undefined || policy.action === 'require_approval',
    )
    return writes ? transact(database, () => decideAmong(matching, request)) : decideAmong(matching, request)
  }

  function decideAmong(matching: readonly Policy[], request: GuardRequest): GuardDecision {
    const kept = matching.filter(isLimited).filter((policy) => !limits.isExceeded(policy, request))
    const deciding = matching.find((policy) => !isLimited(policy) || !kept.includes(policy))
    const decision = deciding === undefined ? allowed : answer(deciding, request)
    if (decision.decision !== 'block') for (const policy of kept) limits.count(policy, request)
    return decision
  }

  function answer(policy: Policy, request: GuardRequest): GuardDecision {
    const policyId = policy.id
    const reason = policy.reason ?? reasonOf(policy)
    if (policy.action !== 'require_approval') {
      return {
        decision: policy.action,
        policyId,
        ...(policy.action === 'allow' && policy.reason === undefined ? {} : { reason }),
      }
    }
    const { status, approval } = approvals.ask(request, {
      reason,
      expiresAfterMs: policy.approval?.expiresAfterMs,
    })
    const { approvalId, expiresAt } = approval
    if (status === 'approved') return { decision: 'allow', policyId, approvalId }
    if (status === 'denied') {
      return {
        decision: 'block',
        policyId,
        approvalId,
        reason: approval.decisionReason ?? 'a person denied it',
      }
    }
    return {
      decision: 'require_approval',
      policyId,
      approvalId,
      reason,
      ...(expiresAt === undefined ? {} : { expiresAt }),
    }
  }

  return {
    decideNow,
    decide: async (request, { signal } = {}) => {
      signal?.throwIfAborted()
      return decideNow(request)
    },
  }
}

const allowed: GuardDecision = Object.freeze({ decision: 'allow' })

function isLimited(policy: Policy): policy is LimitedPolicy {
  return policy.limit !== undefined
}

function reasonOf({ id, action, limit, description }: Policy): string {
  if (description !== undefined) return description
  if (limit !== undefined) return `the policy "${id}" lets ${limit.count} through per ${limit.perMs} ms`
  if (action === 'require_approval') return `the policy "${id}" asks a person first`
  return action === 'block' ? `the policy "${id}" forbids it` : `the policy "${id}" matches it`
}
