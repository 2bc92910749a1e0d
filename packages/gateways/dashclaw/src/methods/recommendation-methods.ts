import type { Method } from './method.ts'
import type {
  RecommendationEvent,
  RecommendationEventsCreated,
  RecommendationFound,
  RecommendationList,
  RecommendationMetrics,
  RecommendationMetricsQuery,
  RecommendationQuery,
  RecommendationRebuild,
  RecommendationsRebuilt,
} from './recommendation-results.ts'

/** Recommendations: what the outcomes of earlier actions suggest for the next. */
export const recommendationMethods = {
  /** Lists recommendations; `recommendAction` applies the best. */
  getRecommendations: {
    verb: 'GET',
    path: '/api/learning/recommendations',
    params: ['...filters?'],
    own: { agent_id: 'agentId' },
    defaults: { limit: 50, track_events: true },
    servers: 'both',
  } as Method<(filters?: RecommendationQuery) => Promise<RecommendationList>>,
  /** Tells whether recommendations are followed, and what comes of it. */
  getRecommendationMetrics: {
    verb: 'GET',
    path: '/api/learning/recommendations/metrics',
    params: ['...filters?'],
    own: { agent_id: 'agentId' },
    defaults: { limit: 100, lookback_days: 30 },
    servers: 'both',
  } as Method<(filters?: RecommendationMetricsQuery) => Promise<RecommendationMetrics>>,
  /** Records what happened to a recommendation: one event, or a list of up to 100. */
  recordRecommendationEvents: {
    verb: 'POST',
    path: '/api/learning/recommendations/events',
    params: ['...events[]'],
    servers: 'both',
  } as Method<
    (events: RecommendationEvent | readonly RecommendationEvent[]) => Promise<RecommendationEventsCreated>
  >,
  /** Switches a recommendation on or off. */
  setRecommendationActive: {
    verb: 'PATCH',
    path: '/api/learning/recommendations/{recommendation_id}',
    params: ['recommendation_id', 'active'],
    role: 'service',
    isRepeatable: true,
    servers: 'both',
  } as Method<(recommendationId: string, active: boolean) => Promise<RecommendationFound>>,
  /** Builds recommendations anew from what earlier actions came to. */
  rebuildRecommendations: {
    verb: 'POST',
    path: '/api/learning/recommendations',
    params: ['...options?'],
    own: { agent_id: 'agentId' },
    defaults: { lookback_days: 30, min_samples: 5, episode_limit: 5000 },
    role: 'service',
    isRepeatable: true,
    servers: 'both',
  } as Method<(options?: RecommendationRebuild) => Promise<RecommendationsRebuilt>>,
}
