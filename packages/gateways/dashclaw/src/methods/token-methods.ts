import type { Method } from './method.ts'
import type {
  TokenBudgetFound,
  TokenBudgetInput,
  TokenOverview,
  TokenUsageDetails,
  TokenUsageReported,
} from './token-results.ts'

/** Tokens: what agents used, and what they may use. */
export const tokenMethods = {
  /** Reports the tokens that a model call used. */
  reportTokenUsage: {
    verb: 'POST',
    path: '/api/tokens',
    params: ['tokens_in', 'tokens_out', '...details?'],
    own: { agent_id: 'agentId' },
    names: { session_id: 'session_key' },
    servers: '2.0',
  } as Method<
    (tokensIn: number, tokensOut: number, details?: TokenUsageDetails) => Promise<TokenUsageReported>
  >,
  /** Gets what was used now, today, and before. */
  getTokens: {
    verb: 'GET',
    path: '/api/tokens',
    params: [],
    servers: '2.0',
  } as Method<() => Promise<TokenOverview>>,
  /** Gets what may be used. */
  getTokenBudget: {
    verb: 'GET',
    path: '/api/tokens/budget',
    params: [],
    servers: '2.0',
  } as Method<() => Promise<TokenBudgetFound>>,
  /** Sets what may be used. */
  setTokenBudget: {
    verb: 'PUT',
    path: '/api/tokens/budget',
    params: ['...budget'],
    servers: '2.0',
  } as Method<(budget: TokenBudgetInput) => Promise<TokenBudgetFound>>,
}
