import type { ActionInput } from '../methods/action-results.ts'
import type { CallContext } from '../methods/bind-methods.ts'
import type { CallOptions } from '../methods/method.ts'
import type { CheckedOptions } from '../options.ts'
import { DashClawError } from '../request/dashclaw-error.ts'
import { readMessage } from '../request/read-message.ts'
import { ActionBlockedError } from '../request/refusals.ts'
import { askGuard } from './ask-guard.ts'
import { contextOf } from './auto-recommend.ts'

/**
 * Applies `guardMode` to an action before it is recorded.
 *
 * A guard that cannot be asked does not stop it: the server's own guard decides once more when the action is recorded.
 *
 * @throws GuardBlockedError in `enforce`, where the guard forbids it or, with nobody waiting for approvals, asks for one.
 */
export async function applyGuardMode(
  context: CallContext,
  settings: CheckedOptions,
  action: ActionInput,
  options: CallOptions,
): Promise<void> {
  if (settings.guardMode === 'off') return
  const decision = await askGuard(context, contextOf(action), {}, options).catch((error: unknown) => {
    options.signal?.throwIfAborted()
    // What the guard cannot be shown whole must not pass because of that.
    if (error instanceof DashClawError && error.attempts === 0) throw error
    settings.onWarning(`the guard could not be asked about ${action.action_type}: ${readMessage(error)}`)
  })
  if (decision === undefined) return
  try {
    settings.guardCallback?.(decision)
  } catch (error) {
    settings.onWarning(`guardCallback threw: ${readMessage(error)}`)
  }
  const waits = decision.decision === 'require_approval' && settings.hitlMode === 'wait'
  if (decision.decision !== 'block' && (decision.decision !== 'require_approval' || waits)) return
  if (settings.guardMode === 'enforce') throw new ActionBlockedError(action.action_type, decision)
  settings.onWarning(
    `guard ${decision.decision} on ${action.action_type}: ${decision.reason ?? 'no reason given'}`,
  )
}
