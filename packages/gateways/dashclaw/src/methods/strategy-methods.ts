import type { Method } from './method.ts'
import type {
  ModelStrategyDeleted,
  ModelStrategyFound,
  ModelStrategyInput,
  ModelStrategyList,
  ModelStrategyPatch,
} from './strategy-results.ts'

/** Model strategies: which model is asked, and which after it. */
export const strategyMethods = {
  /** Lists strategies. */
  listModelStrategies: {
    verb: 'GET',
    path: '/api/model-strategies',
    params: [],
    servers: '2.10',
  } as Method<() => Promise<ModelStrategyList>>,
  /** Makes a strategy. */
  createModelStrategy: {
    verb: 'POST',
    path: '/api/model-strategies',
    params: ['...strategy'],
    servers: '2.10',
  } as Method<(strategy: ModelStrategyInput) => Promise<ModelStrategyFound>>,
  /** Gets one strategy. */
  getModelStrategy: {
    verb: 'GET',
    path: '/api/model-strategies/{strategy_id}',
    params: ['strategy_id'],
    servers: '2.10',
  } as Method<(strategyId: string) => Promise<ModelStrategyFound>>,
  /** Changes a strategy; the settings that are given are laid over those it has. */
  updateModelStrategy: {
    verb: 'PATCH',
    path: '/api/model-strategies/{strategy_id}',
    params: ['strategy_id', '...patch'],
    isRepeatable: true,
    servers: '2.10',
  } as Method<(strategyId: string, patch: ModelStrategyPatch) => Promise<ModelStrategyFound>>,
  /** Deletes a strategy; templates that had it have none then. */
  deleteModelStrategy: {
    verb: 'DELETE',
    path: '/api/model-strategies/{strategy_id}',
    params: ['strategy_id'],
    servers: '2.10',
  } as Method<(strategyId: string) => Promise<ModelStrategyDeleted>>,
}
