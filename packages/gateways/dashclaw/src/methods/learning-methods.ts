import type {
  CurveFilters,
  CurveList,
  CurveQuery,
  CurvesComputed,
  LearningSummary,
  LessonList,
  LessonQuery,
  MaturityLevelList,
  VelocityComputed,
  VelocityFilters,
  VelocityList,
  VelocityQuery,
} from './learning-results.ts'
import type { Method } from './method.ts'

/** Learning: whether agents get better, and what their earlier actions teach. */
export const learningMethods = {
  /** Computes how fast agents get better. */
  computeLearningVelocity: {
    verb: 'POST',
    path: '/api/learning/analytics/velocity',
    params: ['...query?'],
    defaults: { lookback_days: 30, period: 'daily' },
    servers: 'both',
  } as Method<(query?: VelocityQuery) => Promise<VelocityComputed>>,
  /** Lists how fast an agent gets better; servers that were read ignore `lookbackDays`. */
  getLearningVelocity: {
    verb: 'GET',
    path: '/api/learning/analytics/velocity',
    params: ['lookback_days?', '...filters?'],
    own: { agent_id: 'agentId' },
    defaults: { limit: 30 },
    servers: 'both',
  } as Method<(lookbackDays?: number, filters?: VelocityFilters) => Promise<VelocityList>>,
  /** Computes how actions of each kind went from week to week. */
  computeLearningCurves: {
    verb: 'POST',
    path: '/api/learning/analytics/curves',
    params: ['...query?'],
    defaults: { lookback_days: 60 },
    servers: 'both',
  } as Method<(query?: CurveQuery) => Promise<CurvesComputed>>,
  /** Lists how an agent's actions went from week to week; servers that were read ignore `lookbackDays`. */
  getLearningCurves: {
    verb: 'GET',
    path: '/api/learning/analytics/curves',
    params: ['lookback_days?', '...filters?'],
    own: { agent_id: 'agentId' },
    defaults: { limit: 50 },
    names: { actionType: 'action_type' },
    servers: 'both',
  } as Method<(lookbackDays?: number, filters?: CurveFilters) => Promise<CurveList>>,
  /** Gets everything that was learned, in numbers. */
  getLearningAnalyticsSummary: {
    verb: 'GET',
    path: '/api/learning/analytics/summary',
    params: ['...filters?'],
    servers: 'both',
  } as Method<(filters?: { readonly agent_id?: string }) => Promise<LearningSummary>>,
  /** Lists the levels that agents can reach. */
  getMaturityLevels: {
    verb: 'GET',
    path: '/api/learning/analytics/maturity',
    params: [],
    servers: 'both',
  } as Method<() => Promise<MaturityLevelList>>,
  /** Gets what earlier actions of an agent teach. */
  getLessons: {
    verb: 'GET',
    path: '/api/learning/lessons',
    params: ['...filters?'],
    own: { agent_id: 'agentId' },
    names: { actionType: 'action_type' },
    servers: '2.10',
  } as Method<(filters?: LessonQuery) => Promise<LessonList>>,
}
