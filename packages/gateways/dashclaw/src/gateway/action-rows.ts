import type { ActionInput, ActionRow, Outcome } from '../methods/action-results.ts'
import { actionMethods } from '../methods/action-methods.ts'
import { callMethod } from '../methods/bind-methods.ts'
import type { GuardContext, GuardDecision } from '../methods/guard-results.ts'
import { askGuard } from '../actions/ask-guard.ts'
import { createAction, type CreateParts } from '../actions/create-action.ts'
import { DashClawError } from '../request/dashclaw-error.ts'
import { isFields } from '../request/invalid-input.ts'
import { ActionBlockedError } from '../request/refusals.ts'
import { nearestWord, type Step } from './describe-step.ts'

/** What came of writing a row. */
type RowCreated =
  | { readonly status: 'created' | 'waits'; readonly row: ActionRow }
  /** It stands already. */
  | { readonly status: 'exists' }
  /** The server's guard refused it; servers of 2.0.x keep nothing of it then. */
  | { readonly status: 'blocked'; readonly decision: GuardDecision; readonly isStored: boolean }

/** The rows of actions on the server, of whichever line it is. */
export interface ActionRows {
  create(
    kind: Step['kind'],
    action: ActionInput & { readonly action_id: string },
    signal: AbortSignal | undefined,
  ): Promise<RowCreated>
  /** @returns false where there is no such row. */
  update(rowId: string, outcome: Outcome, signal: AbortSignal | undefined): Promise<boolean>
  get(rowId: string, signal: AbortSignal | undefined, timeoutMs?: number): Promise<ActionRow | undefined>
  decide(kind: Step['kind'], context: GuardContext, signal: AbortSignal | undefined): Promise<GuardDecision>
}

export function createActionRows(parts: CreateParts): ActionRows {
  const { context } = parts
  // Servers of 2.0.x know twenty types; which line a server is of shows at the first that it refuses.
  let isStrict = false

  async function withType<Result>(
    kind: Step['kind'],
    type: string,
    call: (type: string) => Promise<Result>,
  ): Promise<Result> {
    const word = nearestWord(kind, type)
    if (isStrict) return await call(word)
    try {
      return await call(type)
    } catch (error) {
      if (!isTypeRefused(error) || word === type) throw error
      const result = await call(word)
      isStrict = true
      return result
    }
  }

  return {
    async create(kind, action, signal) {
      try {
        const { action: row } = await withType(kind, action.action_type, (type) =>
          createAction(parts, { ...action, action_type: type }, optionsOf(signal)),
        )
        return { status: row.status === 'pending_approval' ? 'waits' : 'created', row }
      } catch (error) {
        if (error instanceof ActionBlockedError) {
          return { status: 'blocked', decision: error.decision, isStored: error.row !== undefined }
        }
        if (error instanceof DashClawError && error.status === 409) return { status: 'exists' }
        throw error
      }
    },
    async update(rowId, outcome, signal) {
      try {
        // Not the client's own `updateOutcome`, which ends what it is not told to leave open.
        await callMethod(context, 'updateOutcome', actionMethods.updateOutcome, [
          rowId,
          outcome,
          optionsOf(signal),
        ])
        return true
      } catch (error) {
        if (isNotFound(error)) return false
        throw error
      }
    },
    async get(rowId, signal, timeoutMs) {
      try {
        const answer = await callMethod(context, 'getAction', actionMethods.getAction, [
          rowId,
          { ...optionsOf(signal), ...(timeoutMs === undefined ? {} : { timeoutMs }) },
        ])
        const row = isFields(answer) ? answer['action'] : undefined
        // The server's row is not checked field by field.
        return isFields(row) && row['action_id'] === rowId ? (row as unknown as ActionRow) : undefined
      } catch (error) {
        if (isNotFound(error)) return undefined
        throw error
      }
    },
    decide: (kind, about, signal) =>
      withType(kind, about.action_type, (type) =>
        askGuard(context, { ...about, action_type: type }, {}, optionsOf(signal)),
      ),
  }
}

/** A row that is not there; a route that is not there answers without JSON. */
export function isNotFound(error: unknown): boolean {
  return error instanceof DashClawError && error.status === 404 && error.answer !== undefined
}

function optionsOf(signal: AbortSignal | undefined): { readonly signal?: AbortSignal } {
  return signal === undefined ? {} : { signal }
}

function isTypeRefused(error: unknown): boolean {
  if (!(error instanceof DashClawError) || error.status !== 400) return false
  const { details } = error
  const said: readonly unknown[] = Array.isArray(details) ? details : [error.message]
  return said.some((text) => typeof text === 'string' && text.includes('action_type'))
}
