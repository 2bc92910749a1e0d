import type { Method } from './method.ts'
import type { AgentScheduleCreated, AgentScheduleDetails, AgentScheduleList } from './schedule-results.ts'

/** Schedules: what agents do again and again. */
export const scheduleMethods = {
  /** Lists schedules. */
  listAgentSchedules: {
    verb: 'GET',
    path: '/api/agent-schedules',
    params: ['...filters?'],
    servers: '2.0',
  } as Method<(filters?: { readonly agent_id?: string }) => Promise<AgentScheduleList>>,
  /** Makes a schedule of an agent. */
  createAgentSchedule: {
    verb: 'POST',
    path: '/api/agent-schedules',
    params: ['agent_id', 'name', 'cron_expression', '...details?'],
    servers: '2.0',
  } as Method<
    (
      agentId: string,
      name: string,
      /** When, such as `0 9 * * 1`: nine o'clock on Mondays. */
      cronExpression: string,
      details?: AgentScheduleDetails,
    ) => Promise<AgentScheduleCreated>
  >,
}
