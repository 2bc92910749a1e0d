import { ApprovalPendingError } from '@pincer/protocol'
import type { ActionInput, ActionRow, ActionUpdated, Outcome } from '../methods/action-results.ts'
import type { CallOptions } from '../methods/method.ts'
import type { TableCalls } from '../methods/method-tables.ts'
import { readMessage } from '../request/read-message.ts'

/** An action that is at work: it ends with `complete()` or `fail()`, or as failed where its block is left without. */
export interface TrackedAction extends AsyncDisposable {
  readonly action_id: string
  readonly action: ActionRow
  /** Ends it well, with its duration. */
  complete(outcome?: Outcome): Promise<void>
  /** Ends it as failed, with what went wrong. */
  fail(error: unknown, outcome?: Outcome): Promise<void>
}

/** What a piece of work is given of the action that tracks it. */
export type TrackedWork<Result> = (tracked: TrackedAction) => Promise<Result> | Result

/** What tracking needs of a client. */
export interface TrackParts {
  readonly claw: Pick<TableCalls, 'createAction' | 'updateOutcome'>
  readonly onWarning: (warning: string) => void
}

/**
 * Records an action and gives it to be ended.
 *
 * @throws ApprovalPendingError where it waits for a person and the client does not wait.
 */
export async function startTracking(
  { claw, onWarning }: TrackParts,
  input: ActionInput,
  options: CallOptions = {},
): Promise<TrackedAction> {
  const { action, action_id } = await claw.createAction(input, options)
  if (action.status === 'pending_approval') throw new ApprovalPendingError(input.action_type, action_id)
  const start = performance.now()
  let hasEnded = false
  const end = async (outcome: Outcome): Promise<void> => {
    if (hasEnded) return
    hasEnded = true
    const told: Promise<ActionUpdated> = claw.updateOutcome(action_id, {
      duration_ms: Math.round(performance.now() - start),
      ...outcome,
    })
    // The work is done, whether or not the record of it is.
    await told.catch((error: unknown) =>
      onWarning(`the outcome of ${action_id} is not recorded: ${readMessage(error)}`),
    )
  }
  const tracked: TrackedAction = {
    action_id,
    action,
    complete: (outcome = {}) => end({ status: 'completed', ...outcome }),
    fail: (error, outcome = {}) => end({ status: 'failed', error_message: readMessage(error), ...outcome }),
    [Symbol.asyncDispose]: () => tracked.fail('its block was left before complete() was called'),
  }
  return tracked
}

/** Records an action, does its work, and ends it by how the work went. */
export async function trackWork<Result>(
  parts: TrackParts,
  input: ActionInput,
  work: TrackedWork<Result>,
  options: CallOptions = {},
): Promise<Result> {
  const tracked = await startTracking(parts, input, options)
  try {
    const result = await work(tracked)
    await tracked.complete()
    return result
  } catch (error) {
    await tracked.fail(error)
    throw error
  }
}
