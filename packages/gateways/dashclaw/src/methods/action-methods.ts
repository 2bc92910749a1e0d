import { actionTexts } from './action-limits.ts'
import { convertActionParts } from './convert-row-ids.ts'
import type {
  ActionCreated,
  ActionFound,
  ActionGraph,
  ActionInput,
  ActionList,
  ActionQuery,
  ActionTrace,
  ActionUpdated,
  Outcome,
  SignalList,
} from './action-results.ts'
import type { Method } from './method.ts'

/** Actions: what an agent does, how it went, and what hangs on it. */
export const actionMethods = {
  /** Records an action; the server's guard decides on it at once. */
  createAction: {
    verb: 'POST',
    path: '/api/actions',
    params: ['...action'],
    own: { agent_id: 'agentId', agent_name: 'agentName', swarm_id: 'swarmId' },
    cut: actionTexts,
    atMost: { action_type: 128, action_id: 128 },
    servers: 'both',
  } as Method<(action: ActionInput) => Promise<ActionCreated>>,
  /** Tells how an action went. */
  updateOutcome: {
    verb: 'PATCH',
    path: '/api/actions/{action_id}',
    params: ['action_id', '...outcome'],
    cut: actionTexts,
    isRepeatable: true,
    servers: 'both',
  } as Method<(actionId: string, outcome: Outcome) => Promise<ActionUpdated>>,
  /** Lists actions, newest first. */
  getActions: {
    verb: 'GET',
    path: '/api/actions',
    params: ['...filters?'],
    servers: 'both',
  } as Method<(filters?: ActionQuery) => Promise<ActionList>>,
  /** Gets one action with its open loops and assumptions. */
  getAction: {
    verb: 'GET',
    path: '/api/actions/{action_id}',
    params: ['action_id'],
    convertAnswer: convertActionParts,
    servers: 'both',
  } as Method<(actionId: string) => Promise<ActionFound>>,
  /** Gets what led to an action and what came of it. */
  getActionTrace: {
    verb: 'GET',
    path: '/api/actions/{action_id}/trace',
    params: ['action_id'],
    servers: 'both',
  } as Method<(actionId: string) => Promise<ActionTrace>>,
  /** Gets what hangs on an action as nodes and edges. */
  getActionGraph: {
    verb: 'GET',
    path: '/api/actions/{action_id}/graph',
    params: ['action_id'],
    servers: '2.10',
  } as Method<(actionId: string) => Promise<ActionGraph>>,
  /** Gets the signals that hold now: silent agents, loops gone stale, assumptions that drift. */
  getSignals: {
    verb: 'GET',
    path: '/api/actions/signals',
    params: ['...filters?'],
    servers: 'both',
  } as Method<(filters?: { readonly agent_id?: string }) => Promise<SignalList>>,
}
