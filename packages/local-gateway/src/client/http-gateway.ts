import type { LocalGateway } from '../complete-gateway.ts'
import type { GatewayAddress } from './address.ts'
import { openExchange } from './exchange.ts'
import type { Http } from './http.ts'
import { createHttpAgents } from './http-agents.ts'
import { createHttpApprovals } from './http-approvals.ts'
import { createHttpEvents } from './http-events.ts'
import {
  createHttpEmbeddings,
  createHttpGuard,
  createHttpModels,
  createHttpRuns,
  createHttpSessions,
  createHttpTools,
  createHttpUsage,
} from './http-record.ts'

const longestToolMs = 300_000
const longestEmbeddingMs = 60_000

/** Makes the gateway at an address; nothing is sent before the first call. */
export function createHttpGateway(address: GatewayAddress, http: Http): LocalGateway {
  const exchange = openExchange(address, http)
  return {
    name: 'local',
    events: createHttpEvents(exchange, !address.isLocal),
    runs: createHttpRuns(exchange),
    guard: createHttpGuard(exchange),
    approvals: createHttpApprovals(exchange),
    agents: createHttpAgents(exchange),
    sessions: createHttpSessions(exchange),
    tools: createHttpTools(exchange, Math.max(address.timeoutMs, longestToolMs)),
    models: createHttpModels(exchange),
    embeddings: createHttpEmbeddings(exchange, Math.max(address.timeoutMs, longestEmbeddingMs)),
    usage: createHttpUsage(exchange),
    async close() {
      exchange.close()
    },
  }
}
