import type { Deleted } from './answer-parts.ts'
import type {
  EvalRunCreated,
  EvalRunFound,
  EvalRunList,
  EvalRunQuery,
  EvalStats,
  EvalStatsQuery,
  ScoreDetails,
  ScoreList,
  ScoreQuery,
  ScorerCreated,
  ScorerList,
  ScoreRow,
  ScorerType,
  ScorerUpdate,
  Updated,
} from './evaluation-results.ts'
import type { Method } from './method.ts'

/** Evaluations: scores of actions, the scorers that give them, and runs of a scorer over many actions. */
export const evaluationMethods = {
  /** Scores an action, from 0 to 1. */
  createScore: {
    verb: 'POST',
    path: '/api/evaluations',
    params: ['action_id', 'scorer_name', 'score', '...details?'],
    servers: 'both',
  } as Method<
    (actionId: string, scorerName: string, score: number, details?: ScoreDetails) => Promise<ScoreRow>
  >,
  /** Lists scores. */
  getScores: {
    verb: 'GET',
    path: '/api/evaluations',
    params: ['...filters?'],
    servers: 'both',
  } as Method<(filters?: ScoreQuery) => Promise<ScoreList>>,
  /** Creates a scorer; its name must be new. */
  createScorer: {
    verb: 'POST',
    path: '/api/evaluations/scorers',
    params: ['name', 'scorer_type', 'config?', 'description?'],
    role: 'admin',
    servers: 'both',
  } as Method<
    (
      name: string,
      scorerType: ScorerType,
      config?: Readonly<Record<string, unknown>> | null,
      description?: string | null,
    ) => Promise<ScorerCreated>
  >,
  /** Lists scorers with how they scored. */
  getScorers: {
    verb: 'GET',
    path: '/api/evaluations/scorers',
    params: [],
    servers: 'both',
  } as Method<() => Promise<ScorerList>>,
  /** Changes a scorer. */
  updateScorer: {
    verb: 'PATCH',
    path: '/api/evaluations/scorers/{scorer_id}',
    params: ['scorer_id', '...updates'],
    role: 'admin',
    isRepeatable: true,
    servers: 'both',
  } as Method<(scorerId: string, updates: ScorerUpdate) => Promise<Updated>>,
  /** Deletes a scorer. */
  deleteScorer: {
    verb: 'DELETE',
    path: '/api/evaluations/scorers/{scorer_id}',
    params: ['scorer_id'],
    role: 'admin',
    servers: 'both',
  } as Method<(scorerId: string) => Promise<Deleted>>,
  /** Begins to score earlier actions with a scorer. */
  createEvalRun: {
    verb: 'POST',
    path: '/api/evaluations/runs',
    params: ['name', 'scorer_id', '...options?'],
    role: 'admin',
    servers: 'both',
  } as Method<
    (
      name: string,
      scorerId: string,
      options?: { readonly action_filters?: Readonly<Record<string, unknown>> | null },
    ) => Promise<EvalRunCreated>
  >,
  /** Lists evaluation runs. */
  getEvalRuns: {
    verb: 'GET',
    path: '/api/evaluations/runs',
    params: ['...filters?'],
    servers: 'both',
  } as Method<(filters?: EvalRunQuery) => Promise<EvalRunList>>,
  /** Gets one evaluation run with what came of it. */
  getEvalRun: {
    verb: 'GET',
    path: '/api/evaluations/runs/{run_id}',
    params: ['run_id'],
    servers: 'both',
  } as Method<(runId: string) => Promise<EvalRunFound>>,
  /** Gets scores in numbers. */
  getEvalStats: {
    verb: 'GET',
    path: '/api/evaluations/stats',
    params: ['...filters?'],
    servers: 'both',
  } as Method<(filters?: EvalStatsQuery) => Promise<EvalStats>>,
}
