import type { GuardRequest, GuardVerdict } from '@pincer/protocol'
import { compileGlob } from './glob.ts'
import type { Policy } from './policy.ts'
import { risks } from './policy-schema.ts'

/** A policy with its patterns made ready. */
export interface CompiledPolicy {
  readonly policy: Policy
  /** Tells whether an action is one the policy is about; its limit is not looked at. */
  readonly matches: (request: GuardRequest) => boolean
}

const strictness: Readonly<Record<GuardVerdict, number>> = {
  allow: 0,
  warn: 1,
  require_approval: 2,
  block: 3,
}

/** Makes a policy ready for matching. */
export function compilePolicy(policy: Policy): CompiledPolicy {
  const { tool, agent, risk } = policy.match
  const kind = policy.match.kind ?? (tool === undefined ? undefined : 'tool_call')
  const matchesName = tool === undefined ? undefined : compileGlob(tool)
  const matchesAgent = agent === undefined ? undefined : compileGlob(agent)
  const matchesRisk = typeof risk === 'string' ? risks.slice(risks.indexOf(risk)) : risk
  return {
    policy,
    matches: (request) =>
      (kind === undefined || request.kind === kind) &&
      (matchesName === undefined || matchesName(request.name)) &&
      (matchesAgent === undefined || matchesAgent(request.agentId ?? '')) &&
      (matchesRisk === undefined || matchesRisk.includes(request.risk ?? 'medium')),
  }
}

/** Orders policies so that the one that decides stands first: priority, then strictness, then id. */
export function comparePolicies(left: Policy, right: Policy): number {
  return (
    (right.priority ?? 0) - (left.priority ?? 0) ||
    strictness[right.action] - strictness[left.action] ||
    (left.id < right.id ? -1 : 1)
  )
}
