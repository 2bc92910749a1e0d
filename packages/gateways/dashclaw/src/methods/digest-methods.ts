import { convertDigest } from './convert-digest.ts'
import type { DailyDigest } from './digest-results.ts'
import type { Method } from './method.ts'

/** Digest: a day of an agent, summed up. */
export const digestMethods = {
  /** Sums up a day of the agent. */
  getDailyDigest: {
    verb: 'GET',
    path: '/api/digest',
    params: ['date?'],
    own: { agent_id: 'agentId' },
    convertAnswer: convertDigest,
    servers: '2.0',
  } as Method<
    (
      /** Such as `2025-01-15`; today where it is absent. */
      date?: string,
    ) => Promise<DailyDigest>
  >,
}
