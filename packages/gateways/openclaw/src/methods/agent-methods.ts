import type {
  AgentIdentityParams,
  AgentIdentityResult,
  AgentsCreateParams,
  AgentsCreateResult,
  AgentsDeleteParams,
  AgentsDeleteResult,
  AgentsListParams,
  AgentsListResult,
  AgentsUpdateParams,
  AgentsUpdateResult,
  AgentWaitParams,
} from '@openclaw/gateway-protocol'
import type { AgentAccepted, AgentParams, AgentWaitResult } from './agent-results.ts'
import type { Method } from './method.ts'

/** Agents, and runs of them. */
export const agentMethods = {
  list: { rpc: 'agents.list', scope: 'operator.read' } as Method<
    AgentsListParams,
    AgentsListResult,
    'agents.list'
  >,
  create: { rpc: 'agents.create', scope: 'operator.admin' } as Method<
    AgentsCreateParams,
    AgentsCreateResult,
    'agents.create'
  >,
  update: { rpc: 'agents.update', scope: 'operator.admin' } as Method<
    AgentsUpdateParams,
    AgentsUpdateResult,
    'agents.update'
  >,
  delete: { rpc: 'agents.delete', scope: 'operator.admin' } as Method<
    AgentsDeleteParams,
    AgentsDeleteResult,
    'agents.delete'
  >,
  identity: { rpc: 'agent.identity.get', scope: 'operator.read' } as Method<
    AgentIdentityParams,
    AgentIdentityResult,
    'agent.identity.get'
  >,
  run: { rpc: 'agent', scope: 'operator.write' } as Method<AgentParams, AgentAccepted, 'agent'>,
  wait: { rpc: 'agent.wait', scope: 'operator.write' } as Method<
    AgentWaitParams,
    AgentWaitResult,
    'agent.wait'
  >,
}
