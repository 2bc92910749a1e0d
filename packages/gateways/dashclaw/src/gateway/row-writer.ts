import { type ClawEvent, GatewayError } from '@pincer/protocol'
import type { Outcome } from '../methods/action-results.ts'
import type { ActionRows } from './action-rows.ts'
import type { DescribeStep } from './describe-step.ts'
import type { RowBook, RowState } from './row-book.ts'
import { draftRow, type RowDraft } from './row-draft.ts'

/** What writing rows needs. */
export interface RowWriterParts {
  readonly rows: ActionRows
  readonly book: RowBook
  readonly describe: DescribeStep | undefined
}

/**
 * Writes what events of one row come to; told twice, it is the same row.
 *
 * The server's guard looks at every row, and lets those wait that policies want an approval for. What is recorded has happened, or a
 * question about it is asked elsewhere, so such a row goes on at once, unless it is the question itself.
 *
 * @throws GatewayError what was refused for good, or, where it is retryable, what kept it from being written.
 */
export async function writeRow(
  { rows, book, describe }: RowWriterParts,
  rowId: string,
  events: readonly ClawEvent[],
  signal: AbortSignal | undefined,
): Promise<RowDraft> {
  const draft = draftRow(rowId, events, describe)
  await book.inOrder(rowId, async (state) => {
    const isWritten = await writeStart(state)
    if (!isWritten && draft.outcome !== undefined) await writeOutcome(state, draft.outcome)
    if (state.question !== undefined && isGivenUp(draft)) await withdraw(state.question)
  })
  return draft

  /** @returns true where the row holds the outcome too. */
  async function writeStart(state: RowState): Promise<boolean> {
    const { kind, action, outcome } = draft
    if (action === undefined || state.isKnown) return false
    const created = await rows.create(kind, { ...action, ...outcome }, signal)
    state.isKnown = true
    if (created.status === 'created') return true
    if (created.status === 'blocked') state.isRefused = !created.isStored
    if (created.status !== 'waits' || outcome?.status !== undefined || state.isQuestion) return false
    if (state.deciding > 0) state.isLeftWaiting = true
    else await rows.update(rowId, { status: 'running' }, signal)
    return false
  }

  /** Nobody waits for the answer any more. */
  async function withdraw(question: string): Promise<void> {
    const row = await rows.get(question, signal)
    if (row?.status !== 'pending_approval') return
    const outcome = {
      status: 'cancelled',
      error_message: draft.outcome?.error_message ?? 'nobody waits for an answer any more',
      timestamp_end: new Date().toISOString(),
    } as const
    await rows.update(question, outcome, signal)
  }

  async function writeOutcome(state: RowState, outcome: Outcome): Promise<void> {
    const { kind, late, end } = draft
    if (state.isRefused) {
      // The server has it among the decisions of its guard.
      if (end === undefined || end.outcome === 'blocked') return
      throw refused(rowId)
    }
    if (await updateRow(state, outcome)) return
    if (late === undefined) return
    const created = await rows.create(kind, { ...late, ...outcome }, signal)
    state.isKnown = true
    if (created.status === 'created') return
    if (created.status === 'blocked' && !created.isStored) {
      state.isRefused = true
      if (end?.outcome === 'blocked') return
      throw refused(rowId)
    }
    await updateRow(state, outcome)
  }

  async function updateRow(state: RowState, outcome: Outcome): Promise<boolean> {
    const { error_message: _message, ...rest } = outcome
    // What the person said stands in the row already.
    const shown = state.isQuestion && draft.end?.outcome === 'denied' ? rest : outcome
    try {
      return await rows.update(rowId, shown, signal)
    } catch (error) {
      // Servers of 2.0.x keep no tokens in rows, and nothing else was told.
      if (outcome.status === undefined && error instanceof GatewayError && error.status === 400) return true
      throw error
    }
  }
}

function isGivenUp({ end }: RowDraft): boolean {
  return end?.outcome === 'cancelled' || end?.error?.code === 'approval_timed_out'
}

function refused(rowId: string): GatewayError {
  return new GatewayError(
    `the server's guard refuses to record ${rowId}, and keeps no blocked actions; change the policy that blocks it`,
    { status: 403, gatewayCode: 'blocked_by_policy' },
  )
}
