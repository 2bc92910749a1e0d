import type { Guard, GuardDecision, GuardRequest } from '@pincer/protocol'
import type { GuardContext, GuardDecision as ServerDecision } from '../methods/guard-results.ts'
import type { ActionRows } from './action-rows.ts'
import type { ApprovalDesk } from './approval-desk.ts'
import { type DescribeStep, describeStep } from './describe-step.ts'
import type { GatewayCalls } from './gateway-calls.ts'
import type { RowBook } from './row-book.ts'
import { rowOfAction } from './row-id.ts'

/** What the guard needs. */
export interface GuardParts {
  readonly calls: GatewayCalls
  readonly rows: ActionRows
  readonly book: RowBook
  readonly desk: ApprovalDesk
  readonly describe: DescribeStep | undefined
}

/** The guard of a DashClaw gateway: the server's policies decide, and people are asked by rows that wait for them. */
export function createGuard({ calls, rows, book, desk, describe }: GuardParts): Guard {
  async function decide(request: GuardRequest, signal: AbortSignal): Promise<GuardDecision> {
    const { kind, name, input, risk, agentId } = request
    const description = describeStep(
      { kind, name, ...(input === undefined ? {} : { input }), ...(risk === undefined ? {} : { risk }) },
      describe,
    )
    const context: GuardContext = { ...description, ...(agentId === undefined ? {} : { agent_id: agentId }) }
    const found = await rows.decide(kind, context, signal)
    if (found.decision !== 'require_approval' || request.observe === true) return convert(name, found)
    const decision = convert(name, found)
    const asked = await desk.ask(request, description, decision.reason, signal)
    if ('blocked' in asked) return convert(name, asked.blocked)
    return { ...decision, approvalId: asked.approval.approvalId }
  }

  return {
    async decide(request, { signal } = {}) {
      calls.check(signal)
      const until = calls.until(signal)
      if (request.actionId === undefined || request.observe === true) return await decide(request, until)
      // What is recorded of the action meanwhile leaves it to this question whether its row waits.
      const rowId = rowOfAction(request.actionId)
      const state = book.of(rowId)
      state.deciding++
      try {
        return await decide(request, until)
      } finally {
        state.deciding--
        if (state.deciding === 0 && state.isLeftWaiting && !state.isQuestion) {
          state.isLeftWaiting = false
          // The row is shown as waiting until the action ends, where this does not arrive.
          await book
            .inOrder(rowId, () => rows.update(rowId, { status: 'running' }, calls.until(undefined)))
            .catch(() => {})
        }
      }
    },
  }
}

function convert(name: string, found: ServerDecision): GuardDecision {
  const { decision, matched_policies: policies, warnings } = found
  const usual = decision === 'block' ? `the server's guard does not allow "${name}"` : undefined
  const reason = found.reason ?? (warnings.length === 0 ? usual : warnings.join('; '))
  const policyId = policies[0]
  return {
    decision,
    ...(reason === undefined ? {} : { reason }),
    ...(policyId === undefined ? {} : { policyId }),
  }
}
