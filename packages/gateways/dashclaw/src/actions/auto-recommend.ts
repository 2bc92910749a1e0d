import type { ActionInput } from '../methods/action-results.ts'
import { callMethod, type CallContext } from '../methods/bind-methods.ts'
import type { GuardDecision } from '../methods/guard-results.ts'
import type { CallOptions, MethodRow } from '../methods/method.ts'
import type { CheckedOptions } from '../options.ts'
import { askGuard } from './ask-guard.ts'
import { type AdaptedAction, recommendAction } from './recommend-action.ts'
import { readMessage } from '../request/read-message.ts'

const eventRow: MethodRow = {
  verb: 'POST',
  path: '/api/learning/recommendations/events',
  params: ['...event'],
  own: { agent_id: 'agentId' },
  servers: 'both',
}

/** Applies `autoRecommend` to an action; a recommendation that cannot be had or told of never stops the action. */
export async function autoRecommend(
  context: CallContext,
  settings: CheckedOptions,
  action: ActionInput,
  options: CallOptions,
): Promise<ActionInput> {
  if (settings.autoRecommend === 'off') return action
  const adapted = await recommendAction(context, action, options).catch((error: unknown) => {
    options.signal?.throwIfAborted()
    settings.onWarning(`no recommendation for ${action.action_type}: ${readMessage(error)}`)
  })
  if (adapted === undefined) return action
  tell(settings, adapted)
  const { recommendation } = adapted
  if (recommendation === null) return action
  const override = await findOverride(context, settings, adapted, options)
  const isApplied = override === undefined
  await callMethod(context, 'createAction', eventRow, [
    {
      recommendation_id: recommendation.id,
      event_type: isApplied ? 'applied' : 'overridden',
      details: {
        action_type: action.action_type,
        ...(isApplied
          ? { adapted_fields: adapted.adapted_fields, confidence: recommendation.confidence }
          : { reason: override }),
      },
    },
    options,
  ]).catch(() => {})
  return {
    ...(isApplied ? adapted.action : action),
    recommendation_id: recommendation.id,
    recommendation_applied: isApplied,
    recommendation_override_reason: override ?? null,
  }
}

// Why a recommendation is not applied, in the words that servers count by.
async function findOverride(
  context: CallContext,
  settings: CheckedOptions,
  { action, recommendation }: AdaptedAction<ActionInput>,
  options: CallOptions,
): Promise<string | undefined> {
  const least = settings.recommendationConfidenceMin
  const confidence = recommendation?.confidence ?? 0
  if (confidence < least) return `confidence_below_threshold:${confidence}<${least}`
  const decision = await askGuard(context, contextOf(action), {}, options).catch(
    (): GuardDecision | undefined => undefined,
  )
  if (decision?.decision === 'block' || decision?.decision === 'require_approval') {
    return `guard_restrictive:${decision.decision}`
  }
  return settings.autoRecommend === 'warn' ? 'warn_mode_no_autoadapt' : undefined
}

function tell(settings: CheckedOptions, adapted: AdaptedAction<ActionInput>): void {
  try {
    settings.recommendationCallback?.(adapted)
  } catch (error) {
    settings.onWarning(`recommendationCallback threw: ${readMessage(error)}`)
  }
}

/** What the guard is asked about an action. */
export function contextOf(action: ActionInput): Parameters<typeof askGuard>[1] {
  const { action_type, declared_goal, risk_score, systems_touched, reversible, agent_id } = action
  return {
    action_type,
    ...(declared_goal === undefined ? {} : { declared_goal }),
    ...(risk_score === undefined ? {} : { risk_score }),
    ...(systems_touched === undefined ? {} : { systems_touched }),
    ...(reversible === undefined ? {} : { reversible }),
    ...(agent_id === undefined ? {} : { agent_id }),
  }
}
