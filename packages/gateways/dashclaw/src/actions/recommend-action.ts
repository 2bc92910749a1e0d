import { callMethod, type CallContext } from '../methods/bind-methods.ts'
import type { ActionDetails } from '../methods/action-results.ts'
import type { CallOptions, MethodRow } from '../methods/method.ts'
import { isFields } from '../request/invalid-input.ts'

/** An action that a recommendation is wanted for. */
export interface ActionCandidate extends ActionDetails {
  readonly action_type: string
  readonly declared_goal?: string
}

/** What the outcomes of earlier actions suggest. */
export interface ActionRecommendation {
  readonly id: string
  /** From 0 to 100. */
  readonly confidence: number
  readonly hints: {
    readonly preferred_risk_cap?: number | null
    readonly prefer_reversible?: boolean | null
    readonly confidence_floor?: number | null
    readonly expected_duration_ms?: number | null
    readonly expected_cost_estimate?: number | null
  }
  readonly [field: string]: unknown
}

/** An action as a recommendation would have it. */
export interface AdaptedAction<Action> {
  readonly action: Action
  /** The one that was applied; null where there is none. */
  readonly recommendation: ActionRecommendation | null
  /** Names of the fields that it changed. */
  readonly adapted_fields: readonly string[]
}

const row: MethodRow = {
  verb: 'GET',
  path: '/api/learning/recommendations',
  params: ['action_type'],
  own: { agent_id: 'agentId' },
  fixed: { limit: 1, track_events: true },
  servers: 'both',
}

/** Finds the best recommendation for an action, and what the action would be with it; nothing is recorded. */
export async function recommendAction<Action extends ActionCandidate>(
  context: CallContext,
  action: Action,
  options: CallOptions = {},
): Promise<AdaptedAction<Action>> {
  const own = action.agent_id === undefined ? context.own : { ...context.own, agentId: action.agent_id }
  const answer = await callMethod({ ...context, own }, 'recommendAction', row, [action.action_type, options])
  const recommendation = readRecommendation(answer)
  if (recommendation === undefined) return { action, recommendation: null, adapted_fields: [] }
  const changes = adapt(action, recommendation.hints)
  return { action: { ...action, ...changes }, recommendation, adapted_fields: Object.keys(changes) }
}

function adapt(action: ActionCandidate, hints: ActionRecommendation['hints']): Partial<ActionDetails> {
  const { preferred_risk_cap: cap, prefer_reversible: reversible, confidence_floor: floor } = hints
  return {
    ...(typeof cap === 'number' && (action.risk_score ?? Infinity) > cap ? { risk_score: cap } : {}),
    ...(reversible === true && action.reversible === undefined ? { reversible: true } : {}),
    ...(typeof floor === 'number' && (action.confidence ?? -1) < floor ? { confidence: floor } : {}),
  }
}

function readRecommendation(answer: unknown): ActionRecommendation | undefined {
  const list = isFields(answer) ? answer['recommendations'] : undefined
  const first: unknown = Array.isArray(list) ? list[0] : undefined
  if (!isFields(first) || typeof first['id'] !== 'string') return undefined
  return {
    ...first,
    id: first['id'],
    confidence: Number(first['confidence'] ?? 0),
    hints: isFields(first['hints']) ? first['hints'] : {},
  }
}
