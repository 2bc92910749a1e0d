import type { SessionsUsageParams } from '@openclaw/gateway-protocol'
import type { SessionKeyParams } from './session-results.ts'
import type {
  SessionsUsage,
  UsageCost,
  UsageCostParams,
  UsageLogs,
  UsageLogsParams,
  UsageStatus,
  UsageTimeseries,
} from './usage-results.ts'
import type { Method } from './method.ts'

/** Tokens and cost. */
export const usageMethods = {
  status: { rpc: 'usage.status', scope: 'operator.read' } as Method<
    Record<never, never>,
    UsageStatus,
    'usage.status'
  >,
  cost: { rpc: 'usage.cost', scope: 'operator.read' } as Method<UsageCostParams, UsageCost, 'usage.cost'>,
  sessions: { rpc: 'sessions.usage', scope: 'operator.read' } as Method<
    SessionsUsageParams,
    SessionsUsage,
    'sessions.usage'
  >,
  timeseries: { rpc: 'sessions.usage.timeseries', scope: 'operator.read' } as Method<
    SessionKeyParams,
    UsageTimeseries,
    'sessions.usage.timeseries'
  >,
  logs: { rpc: 'sessions.usage.logs', scope: 'operator.read' } as Method<
    UsageLogsParams,
    UsageLogs,
    'sessions.usage.logs'
  >,
}
