import type { FailedOutcome, GuardRequest, JsonValue } from '@pincer/protocol'
import type { LocalApprovals } from '../approvals/approvals.ts'
import type { LocalGuard } from '../guard/guard.ts'
import type { RunRecorder } from './run-recorder.ts'

/** Who decides about the actions of a run, and where that is recorded. */
export interface RunGovernance {
  readonly guard: LocalGuard
  readonly approvals: LocalApprovals
  readonly recorder: RunRecorder
  readonly agentId: string
  readonly sessionKey: string
  /** Aborted when the run is stopped. */
  readonly signal: AbortSignal
}

/** What the guard, or a person, said to an action. */
export type Authorization =
  | { readonly allowed: true; readonly editedInput?: JsonValue | undefined }
  | {
      readonly allowed: false
      readonly outcome: FailedOutcome
      readonly code: string
      readonly message: string
    }

/**
 * Asks the guard about an action of a run and, where it says so, waits for a person; all of it goes into the record.
 *
 * @throws the signal's reason when the run is stopped meanwhile.
 */
export async function authorize(
  governance: RunGovernance,
  action: GuardRequest & { readonly actionId: string },
): Promise<Authorization> {
  const { guard, approvals, recorder, agentId, sessionKey, signal } = governance
  const request: GuardRequest = { ...action, runId: recorder.runId, agentId, sessionKey }
  const startedAt = performance.now()
  // The question comes after the decision that asks it.
  const {
    result: { decision, granted },
    release,
  } = recorder.holdingAdopted(() => guard.decideNow(request))
  const { reason, policyId, approvalId } = decision
  // Each step calls the model: that no policy speaks of it is not worth an event.
  if (action.kind !== 'model_call' || policyId !== undefined) {
    recorder.record(
      'guard.decided',
      {
        decision: decision.decision,
        kind: action.kind,
        name: action.name,
        enforced: true,
        durationMs: performance.now() - startedAt,
        ...(action.toolCallId === undefined ? {} : { toolCallId: action.toolCallId }),
        ...(reason === undefined ? {} : { reason }),
        ...(policyId === undefined ? {} : { policyId }),
        ...(approvalId === undefined ? {} : { approvalId }),
      },
      action.actionId,
    )
  }
  release()
  if (decision.decision === 'block') {
    return {
      allowed: false,
      outcome: 'blocked',
      code: 'guard_blocked',
      message: `the guard blocked it: ${reason ?? 'no reason given'}`,
    }
  }
  if (approvalId === undefined) return { allowed: true }
  if (granted !== undefined) return { allowed: true, editedInput: granted.editedInput }
  const approval = await approvals.wait(approvalId, { signal, claimedBy: action.actionId })
  const why = approval.decisionReason === undefined ? '' : `: ${approval.decisionReason}`
  if (approval.status === 'denied') {
    return { allowed: false, outcome: 'denied', code: 'approval_denied', message: `a person denied it${why}` }
  }
  if (approval.status !== 'approved') {
    return {
      allowed: false,
      outcome: 'timed_out',
      code: `approval_${approval.status}`,
      message: `nobody approved it${why}`,
    }
  }
  return { allowed: true, editedInput: approval.editedInput }
}
