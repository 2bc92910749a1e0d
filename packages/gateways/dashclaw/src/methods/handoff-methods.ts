import { convertHandoff } from './convert-dropped-fields.ts'
import type {
  HandoffCreated,
  HandoffFound,
  HandoffInput,
  HandoffList,
  HandoffQuery,
} from './handoff-results.ts'
import type { Method } from './method.ts'

/** Handoffs: what the next session of an agent should know. */
export const handoffMethods = {
  /** Writes down what the next session should know. */
  createHandoff: {
    verb: 'POST',
    path: '/api/handoffs',
    params: ['...handoff'],
    own: { agent_id: 'agentId' },
    convertInput: convertHandoff,
    servers: '2.0',
  } as Method<(handoff: HandoffInput) => Promise<HandoffCreated>>,
  /** Lists the agent's handoffs, newest first. */
  getHandoffs: {
    verb: 'GET',
    path: '/api/handoffs',
    params: ['...filters?'],
    own: { agent_id: 'agentId' },
    servers: '2.0',
  } as Method<(filters?: HandoffQuery) => Promise<HandoffList>>,
  /** Gets the agent's newest handoff. */
  getLatestHandoff: {
    verb: 'GET',
    path: '/api/handoffs',
    params: [],
    own: { agent_id: 'agentId' },
    fixed: { latest: 'true' },
    servers: '2.0',
  } as Method<() => Promise<HandoffFound>>,
}
