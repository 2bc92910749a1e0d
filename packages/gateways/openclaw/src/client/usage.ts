import { setTimeout as pause } from 'node:timers/promises'
import type { SessionsUsageParams } from '@openclaw/gateway-protocol'
import { bindMethods } from '../methods/bind-methods.ts'
import type { SessionKeyParams } from '../methods/session-results.ts'
import { usageMethods } from '../methods/usage-methods.ts'
import type {
  SessionsUsage,
  UsageCost,
  UsageCostParams,
  UsageLogs,
  UsageLogsParams,
  UsageStatus,
  UsageTimeseries,
} from '../methods/usage-results.ts'
import type { GatewayRequestOptions } from '../transport/transport.ts'
import { checkParams } from '../check-param.ts'
import type { ClientParts } from './client-parts.ts'

// Milliseconds between the reads, while the Gateway still reads its transcripts: 2.5 s in all.
const pauses = [100, 200, 300, 400, 500, 1000]

/** Tokens and cost of the Gateway and its sessions. */
export interface UsageReports {
  /** What the providers say of the plans they bill; empty where none does. */
  status(options?: GatewayRequestOptions): Promise<UsageStatus>
  /** Tokens and cost of the whole Gateway, in total and by day. */
  cost(params?: UsageCostParams, options?: GatewayRequestOptions): Promise<UsageCost>
  /** By session; asked again for up to 2.5 s while the Gateway has not read the transcripts. */
  sessions(params?: SessionsUsageParams, options?: GatewayRequestOptions): Promise<SessionsUsage>
  /** The model calls of one session, in order. */
  timeseries(params: SessionKeyParams, options?: GatewayRequestOptions): Promise<UsageTimeseries>
  /** The messages of one session with what they cost. */
  logs(params: UsageLogsParams, options?: GatewayRequestOptions): Promise<UsageLogs>
}

/** Makes the `oc.usage` surface. */
export function createUsageReports({ connection, keys }: ClientParts): UsageReports {
  const calls = bindMethods(usageMethods, connection)

  return {
    status: (options) => calls.status({}, options),
    cost: calls.cost,
    async sessions(params = {}, options = {}) {
      const { key } = params
      const query =
        key === undefined
          ? params
          : { ...params, key: await keys.resolve('usage.sessions', key, params.agentId) }
      let usage = await calls.sessions(query, options)
      for (const ms of pauses) {
        if (!isUnread(usage)) break
        await pause(ms, undefined, options.signal === undefined ? {} : { signal: options.signal })
        usage = await calls.sessions(query, options)
      }
      return usage
    },
    async timeseries(params, options) {
      checkParams('usage.timeseries', params)
      return calls.timeseries({ ...params, key: await keys.resolve('usage.timeseries', params.key) }, options)
    },
    async logs(params, options) {
      checkParams('usage.logs', params)
      return calls.logs({ ...params, key: await keys.resolve('usage.logs', params.key) }, options)
    },
  }
}

// A session that has no usage at all keeps its null once everything was read.
function isUnread(usage: SessionsUsage): boolean {
  return (
    usage.cacheStatus?.status === 'refreshing' && usage.sessions.some((session) => session.usage === null)
  )
}
