import { convertRoutingTask, convertSubmittedTask } from './convert-routing-task.ts'
import type { Method } from './method.ts'
import type {
  RoutingAgentDeleted,
  RoutingAgentDetails,
  RoutingAgentFound,
  RoutingAgentList,
  RoutingAgentStatus,
  RoutingHealth,
  RoutingStats,
  RoutingTaskCompleted,
  RoutingTaskDetails,
  RoutingTaskEnd,
  RoutingTaskList,
  RoutingTaskQuery,
  RoutingTaskSubmitted,
} from './routing-results.ts'

/** Task routing: tasks go to agents by what they can do and how busy they are. */
export const routingMethods = {
  /** Lists the agents that take tasks. */
  listRoutingAgents: {
    verb: 'GET',
    path: '/api/routing/agents',
    params: ['...filters?'],
    servers: '2.0',
  } as Method<(filters?: { readonly status?: RoutingAgentStatus }) => Promise<RoutingAgentList>>,
  /** Registers an agent that takes tasks. */
  registerRoutingAgent: {
    verb: 'POST',
    path: '/api/routing/agents',
    params: ['name', '...details?'],
    names: { max_concurrent: 'maxConcurrent' },
    defaults: { maxConcurrent: 3 },
    servers: '2.0',
  } as Method<(name: string, details?: RoutingAgentDetails) => Promise<RoutingAgentFound>>,
  /** Gets an agent that takes tasks, with how it did. */
  getRoutingAgent: {
    verb: 'GET',
    path: '/api/routing/agents/{agent_id}',
    params: ['agent_id'],
    servers: '2.0',
  } as Method<(agentId: string) => Promise<RoutingAgentFound>>,
  /** Tells whether an agent takes tasks. */
  updateRoutingAgentStatus: {
    verb: 'PATCH',
    path: '/api/routing/agents/{agent_id}',
    params: ['agent_id', 'status'],
    isRepeatable: true,
    servers: '2.0',
  } as Method<(agentId: string, status: RoutingAgentStatus) => Promise<RoutingAgentFound>>,
  /** Takes an agent out of those that take tasks. */
  deleteRoutingAgent: {
    verb: 'DELETE',
    path: '/api/routing/agents/{agent_id}',
    params: ['agent_id'],
    servers: '2.0',
  } as Method<(agentId: string) => Promise<RoutingAgentDeleted>>,
  /** Lists tasks. */
  listRoutingTasks: {
    verb: 'GET',
    path: '/api/routing/tasks',
    params: ['...filters?'],
    names: { agent_id: 'assigned_to' },
    servers: '2.0',
  } as Method<(filters?: RoutingTaskQuery) => Promise<RoutingTaskList>>,
  /** Gives a task to the agent that fits best; it waits where none does. */
  submitRoutingTask: {
    verb: 'POST',
    path: '/api/routing/tasks',
    params: ['title', '...details?'],
    names: {
      required_skills: 'requiredSkills',
      timeout_seconds: 'timeoutSeconds',
      max_retries: 'maxRetries',
      callback_url: 'callbackUrl',
    },
    defaults: { urgency: 'normal', timeoutSeconds: 3600, maxRetries: 2 },
    convertInput: convertRoutingTask,
    convertAnswer: convertSubmittedTask,
    servers: '2.0',
  } as Method<(title: string, details?: RoutingTaskDetails) => Promise<RoutingTaskSubmitted>>,
  /** Ends a task; one that failed is tried again or handed up. */
  completeRoutingTask: {
    verb: 'POST',
    path: '/api/routing/tasks/{task_id}/complete',
    params: ['task_id', '...end?'],
    defaults: { success: true },
    servers: '2.0',
  } as Method<(taskId: string, end?: RoutingTaskEnd) => Promise<RoutingTaskCompleted>>,
  /** Counts agents, tasks and decisions of the routing. */
  getRoutingStats: {
    verb: 'GET',
    path: '/api/routing/stats',
    params: [],
    servers: '2.0',
  } as Method<() => Promise<RoutingStats>>,
  /** Tells whether the routing works. */
  getRoutingHealth: {
    verb: 'GET',
    path: '/api/routing/health',
    params: [],
    servers: '2.0',
  } as Method<() => Promise<RoutingHealth>>,
}
