import type {
  GuardContext,
  GuardDecision,
  GuardDecisionList,
  GuardDecisionQuery,
  GuardSettings,
} from './guard-results.ts'
import type { Method } from './method.ts'

/** The guard: what may happen, and what it said before. */
export const guardMethods = {
  /** Asks the guard about an action; a refusal is an answer, not an error. */
  guard: {
    verb: 'POST',
    path: '/api/guard',
    params: ['...context', '...settings?'],
    query: ['include_signals'],
    names: { includeSignals: 'include_signals' },
    own: { agent_id: 'agentId' },
    // A goal that was cut would hide what the guard looks for.
    atMost: { action_type: 128, declared_goal: 2000 },
    isRepeatable: true,
    servers: 'both',
  } as Method<(context: GuardContext, settings?: GuardSettings) => Promise<GuardDecision>>,
  /** Lists what the guard decided. */
  getGuardDecisions: {
    verb: 'GET',
    path: '/api/guard',
    params: ['...filters?'],
    own: { agent_id: 'agentId' },
    defaults: { limit: 20, offset: 0 },
    servers: 'both',
  } as Method<(filters?: GuardDecisionQuery) => Promise<GuardDecisionList>>,
}
