import type { DatabaseSync } from 'node:sqlite'
import type { Approval, Guard, GuardDecision, GuardRequest } from '@pincer/protocol'
import type { LocalApprovals } from '../approvals/approvals.ts'
import { transact } from '../database.ts'
import type { Policies } from './policies.ts'
import type { Policy } from './policy.ts'
import { createRateLimits, type LimitedPolicy } from './rate-limits.ts'

/** A decision as parts of this process see it. */
interface LocalDecision {
  readonly decision: GuardDecision
  /** The approval that was given before, and that this decision used up; its edited arguments hold. */
  readonly granted?: Approval
}

/** The guard of a gateway: the port of protocol, and its answer without a promise for parts of this process. */
export interface LocalGuard extends Guard {
  decideNow(request: GuardRequest): LocalDecision
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

  function decideNow(request: GuardRequest): LocalDecision {
    const matching = policies.compiled().flatMap(({ policy, matches }) => (matches(request) ? [policy] : []))
    // Counting and asking write: in one transaction, so that processes that share the file never let more through than a limit says.
    const writes =
      request.observe !== true &&
      matching.some((policy) => policy.limit !== undefined || policy.action === 'require_approval')
    return writes ? transact(database, () => decideAmong(matching, request)) : decideAmong(matching, request)
  }

  function decideAmong(matching: readonly Policy[], request: GuardRequest): LocalDecision {
    const kept = matching.filter(isLimited).filter((policy) => !limits.isExceeded(policy, request))
    const deciding = matching.find((policy) => !isLimited(policy) || !kept.includes(policy))
    const answer = deciding === undefined ? { decision: allowed } : answerBy(deciding, request)
    const counts = request.observe !== true && answer.decision.decision !== 'block'
    if (counts) for (const policy of kept) limits.count(policy, request)
    return answer
  }

  function answerBy(policy: Policy, request: GuardRequest): LocalDecision {
    const { id: policyId, action } = policy
    if (action === 'allow' && policy.reason === undefined) return { decision: { decision: action, policyId } }
    const reason = policy.reason ?? reasonOf(policy)
    // What is only observed asks nobody.
    if (action !== 'require_approval' || request.observe === true) {
      return { decision: { decision: action, policyId, reason } }
    }
    const expiresAfterMs = policy.approval?.expiresAfterMs
    const { status, approval } = approvals.ask(request, { reason, expiresAfterMs })
    const { approvalId, expiresAt, decisionReason, editedInput } = approval
    if (status === 'denied') {
      return {
        decision: { decision: 'block', policyId, approvalId, reason: decisionReason ?? 'a person denied it' },
      }
    }
    // Whoever is allowed goes on with its own arguments: where the person edited them, it must read the approval first.
    if (status === 'approved' && editedInput === undefined) {
      return { decision: { decision: 'allow', policyId, approvalId }, granted: approval }
    }
    const expiry = expiresAt === undefined ? {} : { expiresAt }
    return {
      decision: { decision: 'require_approval', policyId, approvalId, reason, ...expiry },
      ...(status === 'approved' ? { granted: approval } : {}),
    }
  }

  return {
    decideNow,
    decide: async (request, { signal } = {}) => {
      signal?.throwIfAborted()
      return decideNow(request).decision
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
