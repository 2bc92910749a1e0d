import { convertState } from './convert-state.ts'
import type { Method } from './method.ts'
import type { AgentState, StateSynced } from './sync-results.ts'

/** Sync: everything that an agent knows, at once. */
export const syncMethods = {
  /** Pushes everything that the agent knows, at once. */
  syncState: {
    verb: 'POST',
    path: '/api/sync',
    params: ['...state'],
    own: { agent_id: 'agentId' },
    convertInput: convertState,
    servers: '2.0',
  } as Method<(state: AgentState) => Promise<StateSynced>>,
}
