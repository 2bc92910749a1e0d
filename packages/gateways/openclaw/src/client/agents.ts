import type {
  AgentIdentityResult,
  AgentsCreateParams,
  AgentsCreateResult,
  AgentsDeleteParams,
  AgentsDeleteResult,
  AgentsListParams,
  AgentsListResult,
  AgentsUpdateParams,
  AgentsUpdateResult,
} from '@openclaw/gateway-protocol'
import { agentMethods } from '../methods/agent-methods.ts'
import { bindMethods } from '../methods/bind-methods.ts'
import type { AgentRunParams } from '../runs/agent-run-params.ts'
import type { Run } from '../runs/run.ts'
import type { GatewayRequestOptions } from '../transport/transport.ts'
import { checkParams, checkText } from '../check-param.ts'
import type { ClientParts } from './client-parts.ts'

/** One agent of the Gateway. */
export interface Agent {
  readonly id: string
  /**
   * Starts a run of this agent; resolves once the Gateway has accepted it, not when it has ended.
   *
   * @throws UnsupportedByGatewayError before anything is sent, where `workspace`, `runtime`, `environment` or `approvals` is given.
   * @throws GatewayError where the Gateway refuses the run, such as 404 for an agent that it does not have.
   * @example
   * ```ts
   * const run = await agent.run({ input: 'Say hello.', sessionKey: 'main', timeoutMs: 60_000 })
   * for await (const event of run.events()) if (event.type === 'assistant.delta') process.stdout.write(event.data.delta)
   * ```
   */
  run(input: string | Omit<AgentRunParams, 'agentId'>): Promise<Run>
  /** The name and picture that the agent shows. */
  identity(options?: GatewayRequestOptions): Promise<AgentIdentityResult>
}

/** The agents of the Gateway. */
export interface Agents {
  /** Every agent, and which one is the default. */
  list(params?: AgentsListParams, options?: GatewayRequestOptions): Promise<AgentsListResult>
  /** Makes an agent; its id is its name in small letters with dashes. Needs the scope `operator.admin`. */
  create(params: AgentsCreateParams, options?: GatewayRequestOptions): Promise<AgentsCreateResult>
  /** Changes an agent, such as its name or model; needs the scope `operator.admin`. */
  update(params: AgentsUpdateParams, options?: GatewayRequestOptions): Promise<AgentsUpdateResult>
  /** Deletes an agent, with `deleteFiles` its workspace too; needs the scope `operator.admin`. */
  delete(params: AgentsDeleteParams, options?: GatewayRequestOptions): Promise<AgentsDeleteResult>
  /** A handle of an agent, such as `main`; whether there is one is asked when it runs, `list` tells them all. */
  get(agentId: string): Promise<Agent>
}

/** Makes the `oc.agents` surface. */
export function createAgents({ connection, runs }: ClientParts): Agents {
  const calls = bindMethods(agentMethods, connection)

  function createAgent(id: string): Agent {
    return Object.freeze<Agent>({
      id,
      async run(input) {
        const params = typeof input === 'string' ? { input } : input
        checkParams('agent.run', params)
        return runs.startAgentRun({ ...params, agentId: id })
      },
      identity: (options) => calls.identity({ agentId: id }, options),
    })
  }

  return {
    list: calls.list,
    async create(params, options) {
      checkText('agents.create: name', params?.name, 'the name of the agent')
      return calls.create(params, options)
    },
    async update(params, options) {
      checkText('agents.update: agentId', params?.agentId, 'the id of an agent, such as "main"')
      return calls.update(params, options)
    },
    async delete(params, options) {
      checkText('agents.delete: agentId', params?.agentId, 'the id of an agent')
      return calls.delete(params, options)
    },
    async get(agentId) {
      checkText('agents.get: id', agentId, 'the id of an agent, such as "main"')
      return createAgent(agentId)
    },
  }
}
