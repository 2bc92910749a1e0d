import { type Approval, GatewayError, type GuardRequest } from '@pincer/protocol'
import type { GuardDecision } from '../methods/guard-results.ts'
import type { ActionRows } from './action-rows.ts'
import { bindingOf } from './approval-binding.ts'
import type { ApprovalBook, ApprovalEntry } from './approval-book.ts'
import { type ApprovalScope, parseScope, writeScope } from './approval-scope.ts'
import type { StepDescription } from './describe-step.ts'
import { parseApproval } from './parse-approval.ts'
import type { RowBook } from './row-book.ts'
import { isQuestionRow, rowOfAction, rowOfQuestion, rowOfRun } from './row-id.ts'

/** What came of asking people: a question, or the guard's refusal of it. */
type Asked = { readonly approval: Approval } | { readonly blocked: GuardDecision }

/** Puts questions about calls to the people behind the server. */
export interface ApprovalDesk {
  /**
   * Asks about a call, or finds the question that is open about exactly this call.
   *
   * A denial stays; an approval holds until an action has used it; after one that was used or withdrawn, it asks anew.
   */
  ask(
    request: GuardRequest,
    description: StepDescription,
    reason: string | undefined,
    signal: AbortSignal,
  ): Promise<Asked>
}

const mostAttempts = 50
/** Characters of JSON. */
const keptInput = 65_536

/**
 * Makes a desk: a question is a row that waits for a person, the row of the action itself wherever that is free, so that what was allowed
 * and what was done stand in one place.
 */
export function createApprovalDesk(rows: ActionRows, rowBook: RowBook, book: ApprovalBook): ApprovalDesk {
  const asking = new Map<string, Promise<Asked>>()

  async function standing(binding: string, signal: AbortSignal): Promise<Approval | undefined> {
    const entry = book.standing(binding)
    if (entry === undefined || entry.usedBy !== undefined) return undefined
    const row = await rows.get(entry.approvalId, signal)
    const approval = row === undefined ? undefined : parseApproval(row, entry)
    return approval !== undefined && isOpen(approval, entry) ? approval : undefined
  }

  /** @returns undefined where the row has another use already. */
  function open(
    rowId: string,
    binding: string,
    request: GuardRequest,
    description: StepDescription,
    reason: string | undefined,
    signal: AbortSignal,
  ): Promise<Asked | undefined> {
    return rowBook.inOrder(rowId, async (state) => {
      const { kind, input, agentId, runId } = request
      const created = await rows.create(
        kind,
        {
          action_id: rowId,
          ...description,
          // Where the server's own guard sees nothing against it, the question is asked all the same.
          status: 'pending_approval',
          timestamp_start: new Date().toISOString(),
          authorization_scope: writeScope(request),
          ...(agentId === undefined ? {} : { agent_id: agentId }),
          ...(runId === undefined
            ? {}
            : { parent_action_id: rowOfRun(runId), trigger: `run:${runId.slice(0, 200)}` }),
          ...(reason === undefined ? {} : { reasoning: reason }),
          ...(input === undefined
            ? {}
            : { input_summary: typeof input === 'string' ? input : JSON.stringify(input) }),
        },
        signal,
      )
      state.isKnown = true
      if (created.status === 'blocked') {
        state.isRefused = !created.isStored
        return { blocked: created.decision }
      }
      const row = created.status === 'exists' ? await rows.get(rowId, signal) : created.row
      if (row === undefined) return undefined
      const entry = book.of(rowId)
      const isAboutThis =
        created.status !== 'exists' ||
        isQuestionRow(rowId) ||
        (entry.binding ?? (state.isLeftWaiting ? binding : undefined)) === binding ||
        (entry.binding === undefined && isAbout(parseScope(row.authorization_scope), request))
      // A row that was left waiting may have been answered before it was asked about.
      const approval = parseApproval(row, entry, state.isLeftWaiting)
      if (!isAboutThis || approval === undefined || !isOpen(approval, entry)) return undefined
      state.isQuestion = true
      state.isLeftWaiting = false
      entry.binding = binding
      entry.asked ??= withoutLargeInput(request)
      if (reason !== undefined) entry.reason ??= reason
      return { approval: parseApproval(row, entry) ?? approval }
    })
  }

  async function askOnce(
    binding: string,
    request: GuardRequest,
    description: StepDescription,
    reason: string | undefined,
    signal: AbortSignal,
  ): Promise<Asked> {
    const known = await standing(binding, signal)
    if (known !== undefined) return { approval: known }
    for (let attempt = 0; attempt < mostAttempts; attempt++) {
      const rowId =
        attempt === 0 && request.actionId !== undefined
          ? rowOfAction(request.actionId)
          : rowOfQuestion(binding, attempt)
      const asked = await open(rowId, binding, request, description, reason, signal)
      if (asked === undefined) continue
      if ('approval' in asked) {
        const { approvalId } = asked.approval
        book.stand(binding, approvalId)
        noteQuestion(request, approvalId)
      }
      return asked
    }
    throw new GatewayError(
      `the call of "${request.name}" was asked about ${mostAttempts} times; give every call an id of its own`,
      { status: 409, gatewayCode: 'asked_too_often' },
    )
  }

  function noteQuestion({ actionId }: GuardRequest, approvalId: string): void {
    const rowId = actionId === undefined ? approvalId : rowOfAction(actionId)
    if (rowId !== approvalId) rowBook.of(rowId).question = approvalId
  }

  return {
    async ask(request, description, reason, signal) {
      const binding = bindingOf(request)
      const known = asking.get(binding)
      if (known !== undefined) return await known
      const asked = askOnce(binding, request, description, reason, signal)
      asking.set(binding, asked)
      try {
        return await asked
      } finally {
        asking.delete(binding)
      }
    },
  }
}

function isOpen({ status }: Approval, { usedBy }: ApprovalEntry): boolean {
  return status === 'pending' || status === 'denied' || (status === 'approved' && usedBy === undefined)
}

// An answer holds for the arguments that were asked about, and for no others.
function isAbout(scope: ApprovalScope | undefined, request: GuardRequest): boolean {
  const { kind, name, toolCallId, inputHash, runId } = request
  return (
    scope !== undefined &&
    inputHash !== undefined &&
    scope.inputHash === inputHash &&
    scope.kind === kind &&
    scope.name === name.slice(0, 200) &&
    scope.toolCallId === toolCallId &&
    scope.runId === runId
  )
}

// Many questions are remembered; arguments of this size are shown cut anyhow, as the server has them.
function withoutLargeInput(request: GuardRequest): GuardRequest {
  if (JSON.stringify(request.input ?? null).length <= keptInput) return request
  const { input: _input, ...rest } = request
  return rest
}
