import type { Deleted } from './answer-parts.ts'
import type {
  FeedbackInput,
  FeedbackList,
  FeedbackQuery,
  FeedbackRow,
  FeedbackStats,
  FeedbackSubmitted,
} from './feedback-results.ts'
import type { Method } from './method.ts'

/** Feedback: what people say about what agents did. */
export const feedbackMethods = {
  /** Submits feedback on an action or an agent. */
  submitFeedback: {
    verb: 'POST',
    path: '/api/feedback',
    params: ['...feedback'],
    own: { agent_id: 'agentId' },
    defaults: { comment: '', category: 'general', tags: [], metadata: {}, source: 'sdk' },
    servers: '2.0',
  } as Method<(feedback: FeedbackInput) => Promise<FeedbackSubmitted>>,
  /** Lists feedback. */
  listFeedback: {
    verb: 'GET',
    path: '/api/feedback',
    params: ['...filters?'],
    defaults: { limit: 50 },
    servers: '2.0',
  } as Method<(filters?: FeedbackQuery) => Promise<FeedbackList>>,
  /** Gets one feedback. */
  getFeedback: {
    verb: 'GET',
    path: '/api/feedback/{feedback_id}',
    params: ['feedback_id'],
    servers: '2.0',
  } as Method<(feedbackId: string) => Promise<FeedbackRow>>,
  /** Marks feedback as dealt with. */
  resolveFeedback: {
    verb: 'PATCH',
    path: '/api/feedback/{feedback_id}',
    params: ['feedback_id', '...details?'],
    defaults: { resolved_by: 'sdk' },
    isRepeatable: true,
    servers: '2.0',
  } as Method<(feedbackId: string, details?: { readonly resolved_by?: string }) => Promise<FeedbackRow>>,
  /** Deletes feedback. */
  deleteFeedback: {
    verb: 'DELETE',
    path: '/api/feedback/{feedback_id}',
    params: ['feedback_id'],
    servers: '2.0',
  } as Method<(feedbackId: string) => Promise<Deleted>>,
  /** Gets feedback in numbers. */
  getFeedbackStats: {
    verb: 'GET',
    path: '/api/feedback/stats',
    params: ['...filters?'],
    servers: '2.0',
  } as Method<(filters?: { readonly agent_id?: string }) => Promise<FeedbackStats>>,
}
