import type { Method } from './method.ts'
import type {
  AgentList,
  AgentQuery,
  ConnectionReport,
  ConnectionsReported,
  HeartbeatTaken,
  PresenceDetails,
} from './presence-results.ts'

/** Presence: whether an agent lives, and what it is connected to. */
export const presenceMethods = {
  /** Tells that the agent lives. */
  heartbeat: {
    verb: 'POST',
    path: '/api/agents/heartbeat',
    params: ['status?', 'metadata?', 'current_task_id?'],
    own: { agent_id: 'agentId', agent_name: 'agentName' },
    defaults: { status: 'online' },
    isRepeatable: true,
    servers: 'both',
  } as Method<
    (
      /** `online` where it is absent. */
      status?: 'online' | 'busy' | 'error' | 'offline' | (string & {}),
      metadata?: PresenceDetails['metadata'] | null,
      currentTaskId?: string,
    ) => Promise<HeartbeatTaken>
  >,
  /** Tells which services the agent is connected to; replaces what was told of each before. */
  reportConnections: {
    verb: 'POST',
    path: '/api/agents/connections',
    params: ['connections'],
    own: { agent_id: 'agentId' },
    isRepeatable: true,
    servers: 'both',
  } as Method<(connections: readonly ConnectionReport[]) => Promise<ConnectionsReported>>,
  /** Lists the agents that were heard of, and whether they live. */
  listAgents: {
    verb: 'GET',
    path: '/api/agents',
    params: ['...filters?'],
    servers: 'both',
  } as Method<(filters?: AgentQuery) => Promise<AgentList>>,
}
