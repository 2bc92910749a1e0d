import {
  type AgentRunRequest,
  type Gateway,
  type GatewayRun,
  UnsupportedByGatewayError,
} from '@pincer/protocol'

/**
 * Asks an agent of a gateway to do something.
 *
 * @throws UnsupportedByGatewayError where the gateway runs no agents
 */
export async function runAgent(
  gateway: Gateway,
  agentId: string,
  request: string | Omit<AgentRunRequest, 'agentId'>,
): Promise<GatewayRun> {
  if (gateway.agents === undefined) throw new UnsupportedByGatewayError(gateway.name, 'agents')
  return gateway.agents.run({ ...(typeof request === 'string' ? { input: request } : request), agentId })
}
