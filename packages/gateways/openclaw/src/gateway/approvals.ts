import {
  type Approval,
  type ApprovalDecision,
  type Approvals,
  GatewayError,
  UnsupportedByGatewayError,
} from '@pincer/protocol'
import type { ApprovalBook } from './approval-book.ts'
import { type ApprovalDesk, complete, type FindOptions } from './approval-desk.ts'
import { waitForApproval } from './approval-wait.ts'
import type { Calls } from './calls.ts'
import { parseApprovalList } from './parse-approval-list.ts'
import { parseApprovalSnapshot, type WireApproval } from './parse-approval.ts'

const historyPage = 100

/**
 * The approvals of the Gateway: those that the guard asked for, and those of its own agents.
 *
 * Of those that ended, the newest 100 are listed. The Gateway keeps who answered only as the name of a client, and no reason: what `decide` is told is known in this process alone, like
 * which action has used an answer.
 */
export function createApprovals(calls: Calls, desk: ApprovalDesk, book: ApprovalBook): Approvals {
  async function find(approvalId: string, options: FindOptions): Promise<WireApproval> {
    const found = await desk.find(approvalId, options)
    if (found !== undefined) return found
    throw new GatewayError(`there is no approval ${JSON.stringify(approvalId)}`, {
      status: 404,
      gatewayCode: 'approval_not_found',
    })
  }

  // Of a question that is open, only the list of its kind says which run asked it, and where.
  async function locate(
    { approval, kind }: WireApproval,
    signal: AbortSignal | undefined,
  ): Promise<Approval> {
    const isLocated = approval.status !== 'pending' || approval.runId !== undefined
    if (isLocated || kind === 'other') return approval
    const { approvalId } = approval
    const options = signal === undefined ? {} : { signal }
    const rows = await calls.request(`${kind}.approval.list`, {}, options)
    const listed = parseApprovalList({ plugin: [], exec: [], history: {}, [kind]: rows })
    const row = listed.find((one) => one.approval.approvalId === approvalId)
    return row === undefined ? approval : { ...row.approval, ...approval }
  }

  return {
    async list({ status, signal } = {}) {
      const options = signal === undefined ? {} : { signal }
      const wantsPending = status === undefined || status === 'pending'
      const answers = await Promise.all([
        wantsPending ? calls.request('plugin.approval.list', {}, options) : [],
        wantsPending ? calls.request('exec.approval.list', {}, options) : [],
        status === 'pending' ? {} : calls.request('approval.history', { limit: historyPage }, options),
      ])
      const [plugin, exec, history] = answers
      return parseApprovalList({ plugin, exec, history })
        .map((found) => complete(found, book.get(found.approval.approvalId)))
        .filter((approval) => status === undefined || approval.status === status)
    },

    get: async (approvalId, { signal } = {}) => {
      const found = await desk.find(approvalId, { signal })
      return found && (await locate(found, signal))
    },

    async decide(approvalId, decision, { signal } = {}) {
      checkDecision(decision)
      const { kind, allowedDecisions } = await find(approvalId, { signal })
      const verdict = decision.decision === 'approve' ? 'allow-once' : 'deny'
      // The Gateway takes an answer that it did not offer as a denial.
      if (verdict === 'allow-once' && !allowedDecisions.includes(verdict)) {
        throw new GatewayError(
          `the approval ${JSON.stringify(approvalId)} offers ${allowedDecisions.join(', ')}, but not allow-once; answer it in the Control UI`,
          { status: 400, gatewayCode: 'decision_not_offered' },
        )
      }
      if (kind === 'other') {
        throw new GatewayError(
          `the approval ${JSON.stringify(approvalId)} can be answered in OpenClaw only`,
          {
            status: 400,
            gatewayCode: 'decision_not_offered',
          },
        )
      }
      // Whoever waits may be woken before the Gateway has answered us.
      const takeBack = book.noteAnswer(approvalId, decision)
      let answer: unknown
      try {
        answer = await calls.request(
          'approval.resolve',
          { id: approvalId, kind, decision: verdict },
          signal === undefined ? {} : { signal },
        )
      } catch (error) {
        takeBack()
        throw error
      }
      const decided = parseApprovalSnapshot(answer)
      if (isRefused(answer) || decided === undefined) {
        takeBack()
        throw new GatewayError(
          `the approval ${JSON.stringify(approvalId)} is ${decided?.approval.status ?? 'decided'} already; the first answer counts`,
          { status: 409, gatewayCode: 'already_decided' },
        )
      }
      return complete(decided, book.get(approvalId))
    },

    async wait(approvalId, { timeoutMs, claimedBy, signal } = {}) {
      const approval: Approval = await waitForApproval(
        { calls, find: (options) => find(approvalId, options) },
        approvalId,
        timeoutMs,
        signal,
      )
      if (approval.status === 'approved' && claimedBy !== undefined) book.claim(approvalId, claimedBy)
      return approval
    },
  }
}

function checkDecision({ decision, input }: ApprovalDecision): void {
  if (input !== undefined) {
    throw new UnsupportedByGatewayError(
      'openclaw',
      'approvals.decide with edited arguments',
      'approve or deny the arguments as they were asked about',
    )
  }
  if (decision === 'approve' || decision === 'deny') return
  throw new GatewayError(`decision: expected "approve" or "deny", found ${JSON.stringify(decision)}`, {
    status: 400,
    gatewayCode: 'invalid_decision',
  })
}

function isRefused(answer: unknown): boolean {
  return typeof answer === 'object' && answer !== null && 'applied' in answer && answer.applied === false
}
