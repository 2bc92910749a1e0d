import type { ActionUpdated, Outcome } from '../methods/action-results.ts'
import { actionMethods } from '../methods/action-methods.ts'
import { callMethod, type CallContext } from '../methods/bind-methods.ts'
import type { CallOptions } from '../methods/method.ts'
import { invalidInput, isFields } from '../request/invalid-input.ts'

const open: readonly unknown[] = ['running', 'pending', 'pending_approval']

/** Tells how an action went; it ends now where the outcome names no end and does not leave it open. */
export async function updateOutcome(
  context: CallContext,
  actionId: string,
  outcome: Outcome,
  options: CallOptions = {},
): Promise<ActionUpdated> {
  if (!isFields(outcome as unknown)) throw invalidInput('updateOutcome: outcome', 'an object', outcome)
  const end = open.includes(outcome.status) ? {} : { timestamp_end: new Date().toISOString() }
  const answer = await callMethod(context, 'updateOutcome', actionMethods.updateOutcome, [
    actionId,
    { ...end, ...outcome },
    options,
  ])
  // The row's type says what the server answers; its answers are not checked again here.
  return answer as ActionUpdated
}
