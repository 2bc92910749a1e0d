import {
  describeValue,
  type Guard,
  type GuardDecision,
  type GuardRequest,
  type GuardVerdict,
  PincerError,
} from '@pincer/protocol'
import type { ApprovalDesk } from './approval-desk.ts'
import type { Calls } from './calls.ts'
import { orAborted } from './or-aborted.ts'

/** What a policy answers: a verdict, or a verdict with words for the agent. */
export type PolicyAnswer = GuardVerdict | Pick<GuardDecision, 'decision' | 'reason' | 'policyId'>

/** Decides on an action; OpenClaw has no policies for actions of other frameworks, so this is the app's own. */
export type GuardPolicy = (request: GuardRequest) => PolicyAnswer | Promise<PolicyAnswer>

const verdicts: ReadonlySet<unknown> = new Set<GuardVerdict>(['allow', 'warn', 'block', 'require_approval'])

/** A person is asked before tool calls whose risk is declared as high or critical; everything else goes on. */
export const askAboutRisk: GuardPolicy = ({ kind, risk }) =>
  kind === 'tool_call' && (risk === 'high' || risk === 'critical')
    ? { decision: 'require_approval', reason: `The tool is declared to be of ${risk} risk.` }
    : 'allow'

/** The guard of an OpenClaw gateway: the policy decides, and people are asked through the Gateway. */
export function createGuard(calls: Calls, desk: ApprovalDesk, policy: GuardPolicy): Guard {
  return {
    async decide(request, { signal } = {}) {
      calls.check(signal)
      const answer = await orAborted(Promise.resolve(policy(request)), calls.until(signal))
      const decision = typeof answer === 'string' ? { decision: answer } : answer
      if (!verdicts.has(decision?.decision)) {
        throw new PincerError(
          'invalid_option',
          `guard: must answer allow, warn, block or require_approval, found ${describeValue(decision?.decision)}`,
        )
      }
      if (decision.decision === 'block') {
        return { reason: `the guard of this app does not allow "${request.name}"`, ...decision }
      }
      if (decision.decision !== 'require_approval' || request.observe === true) return decision
      const { approvalId, expiresAt } = await desk.ask(request, decision.reason, signal)
      return { ...decision, approvalId, ...(expiresAt === undefined ? {} : { expiresAt }) }
    },
  }
}
