import {
  type Approval,
  type ApprovalDecision,
  type Approvals,
  type ApprovalStatus,
  GatewayError,
  UnsupportedByGatewayError,
} from '@pincer/protocol'
import type { ActionQuery, ActionRow, Outcome } from '../methods/action-results.ts'
import { actionMethods } from '../methods/action-methods.ts'
import { approvalMethods } from '../methods/approval-methods.ts'
import { callMethod } from '../methods/bind-methods.ts'
import { DashClawError } from '../request/dashclaw-error.ts'
import { isFields } from '../request/invalid-input.ts'
import { type ActionRows, isNotFound } from './action-rows.ts'
import { alreadyUsed, type ApprovalBook } from './approval-book.ts'
import { waitForApproval } from './approval-wait.ts'
import type { GatewayCalls } from './gateway-calls.ts'
import { parseApproval, parseUser, writeUser } from './parse-approval.ts'
import { isQuestionRow } from './row-id.ts'
import type { RowWatch } from './row-watch.ts'

/** What approvals need. */
export interface ApprovalParts {
  readonly calls: GatewayCalls
  readonly rows: ActionRows
  readonly book: ApprovalBook
  readonly watch: RowWatch
}

const pageRows = 200
const mostPending = 2000

/**
 * The approvals of the server: the actions that wait for a person, whoever recorded them.
 *
 * Answering takes an admin's key. Those that were answered are found among the newest 200 actions. Who answered, and why it was approved, is
 * known to this process alone: the server keeps its own name for the key.
 */
export function createApprovals({ calls, rows, book, watch }: ApprovalParts): Approvals {
  const { context } = calls

  async function page(filters: ActionQuery, signal: AbortSignal | undefined): Promise<readonly ActionRow[]> {
    const answer = await callMethod(context, 'getActions', actionMethods.getActions, [
      { limit: pageRows, ...filters },
      signal === undefined ? {} : { signal },
    ])
    const found = isFields(answer) ? answer['actions'] : undefined
    // The server's rows are not checked field by field.
    return Array.isArray(found)
      ? (found.filter((row) => isFields(row) && typeof row['action_id'] === 'string') as ActionRow[])
      : []
  }

  async function pending(signal: AbortSignal | undefined): Promise<readonly ActionRow[]> {
    const found: ActionRow[] = []
    while (found.length < mostPending) {
      const next = await page({ status: 'pending_approval', offset: found.length }, signal)
      found.push(...next)
      if (next.length < pageRows) break
    }
    return found
  }

  async function claim(approval: Approval, actionId: string, signal: AbortSignal | undefined): Promise<void> {
    const { approvalId } = approval
    const isNew = book.of(approvalId).usedBy === undefined
    book.claim(approvalId, actionId)
    if (!isNew) return
    try {
      // Other processes see who has used it in the row.
      const row = await rows.get(approvalId, signal)
      const user = row === undefined ? undefined : parseUser(row)
      if (user === actionId || row === undefined) return
      if (user !== undefined) throw alreadyUsed(approvalId)
      const used: Outcome = { side_effects: writeUser(row, actionId) }
      await rows.update(
        approvalId,
        isQuestionRow(approvalId) ? { ...used, ...endOfQuestion() } : used,
        signal,
      )
    } catch (error) {
      book.release(approvalId, actionId)
      throw error
    }
  }

  return {
    async list({ status, signal } = {}) {
      calls.check(signal)
      const wanted: ApprovalStatus | undefined = status
      const lists = await Promise.all([
        wanted === undefined || wanted === 'pending' ? pending(signal) : [],
        wanted === 'pending' ? [] : page({}, signal),
      ])
      const byId = new Map(lists.flat().map((row) => [row.action_id, row]))
      return [...byId.values()]
        .flatMap((row) => parseApproval(row, book.of(row.action_id)) ?? [])
        .filter((approval) => wanted === undefined || approval.status === wanted)
    },

    async get(approvalId, { signal } = {}) {
      calls.check(signal)
      const row = await rows.get(approvalId, signal)
      return row === undefined ? undefined : parseApproval(row, book.of(approvalId))
    },

    async decide(approvalId, decision, { signal } = {}) {
      calls.check(signal)
      checkDecision(decision)
      const verdict = decision.decision === 'approve' ? 'allow' : 'deny'
      const options = signal === undefined ? {} : { signal }
      // Whoever waits may be woken before the server has answered us.
      const takeBack = book.noteAnswer(approvalId, decision)
      try {
        const reasoning = [decision.decidedBy, decision.reason]
          .filter((text) => text !== undefined)
          .join(': ')
        const answer = await callMethod(context, 'approveAction', approvalMethods.approveAction, [
          approvalId,
          verdict,
          reasoning === '' ? undefined : reasoning,
          options,
        ])
        const row = isFields(answer) ? answer['action'] : undefined
        const approval = isFields(row)
          ? parseApproval(row as unknown as ActionRow, book.of(approvalId), true)
          : undefined
        if (approval?.approvalId === approvalId) return approval
        throw new GatewayError('approveAction: the server answered without the action', { retryable: true })
      } catch (error) {
        takeBack()
        throw readRefusal(error, approvalId)
      }
    },

    async wait(approvalId, { timeoutMs, claimedBy, signal } = {}) {
      calls.check(signal)
      const approval = await waitForApproval(
        {
          calls,
          watch,
          async find(look, until) {
            const row = await rows.get(approvalId, until, look.timeoutMs)
            const found =
              row === undefined ? undefined : parseApproval(row, book.of(approvalId), look.wasPending)
            if (found !== undefined) return found
            throw notFound(approvalId)
          },
        },
        approvalId,
        timeoutMs,
        signal,
      )
      if (approval.status === 'approved' && claimedBy !== undefined) await claim(approval, claimedBy, signal)
      return approval
    },
  }
}

// A row that is a question and nothing else has done what it was for.
function endOfQuestion(): Outcome {
  return {
    status: 'completed',
    output_summary: 'The answer was used.',
    timestamp_end: new Date().toISOString(),
  }
}

function checkDecision({ decision, input }: ApprovalDecision): void {
  if (input !== undefined) {
    throw new UnsupportedByGatewayError(
      'dashclaw',
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

function readRefusal(error: unknown, approvalId: string): unknown {
  if (isNotFound(error)) return notFound(approvalId)
  if (!(error instanceof DashClawError) || (error.status !== 400 && error.status !== 409)) return error
  return new GatewayError(
    `the approval ${JSON.stringify(approvalId)} waits for nobody any more; the first answer counts`,
    { status: 409, gatewayCode: 'already_decided', cause: error },
  )
}

function notFound(approvalId: string): GatewayError {
  return new GatewayError(`there is no approval ${JSON.stringify(approvalId)}`, {
    status: 404,
    gatewayCode: 'approval_not_found',
  })
}
