import { PincerError } from '@pincer/protocol'
import type { LocalGateway } from '../complete-gateway.ts'
import { type AddressOptions, readAddress } from './address.ts'
import { openExchange } from './exchange.ts'
import type { Http } from './http.ts'
import { createHttpAgents } from './http-agents.ts'
import { createHttpApprovals } from './http-approvals.ts'
import { createHttpEvents } from './http-events.ts'
import {
  createHttpGuard,
  createHttpModels,
  createHttpRuns,
  createHttpSessions,
  createHttpTools,
} from './http-record.ts'

/** How a local gateway is reached over HTTP. */
export interface HttpGatewayOptions extends AddressOptions {
  /** Where the gateway listens, such as `http://127.0.0.1:7462`. */
  readonly url: string
  /** Bearer token; sent in the `Authorization` header only. */
  readonly token?: string | undefined
  /** Lets the token travel over plain http to a host that is not loopback. */
  readonly allowInsecure?: boolean | undefined
  /** Milliseconds an ordinary request may take; 10,000. Waits and tools have longer limits of their own. */
  readonly timeoutMs?: number | undefined
}

const defaultTimeoutMs = 10_000
const longestToolMs = 300_000

/**
 * Opens a gateway behind HTTP; nothing is sent before the first call.
 *
 * @throws PincerError `invalid_option`.
 */
export function createHttpGateway(options: HttpGatewayOptions, load: () => Promise<Http>): LocalGateway {
  const { timeoutMs = defaultTimeoutMs } = options
  if (!Number.isFinite(timeoutMs) || timeoutMs <= 0) {
    throw new PincerError('invalid_option', `timeoutMs: expected milliseconds above zero, found ${timeoutMs}`)
  }
  const exchange = openExchange(readAddress(options), timeoutMs, load)
  return {
    name: 'local',
    events: createHttpEvents(exchange),
    runs: createHttpRuns(exchange),
    guard: createHttpGuard(exchange),
    approvals: createHttpApprovals(exchange),
    agents: createHttpAgents(exchange),
    sessions: createHttpSessions(exchange),
    tools: createHttpTools(exchange, Math.max(timeoutMs, longestToolMs)),
    models: createHttpModels(exchange),
    async close() {
      exchange.close()
    },
  }
}
