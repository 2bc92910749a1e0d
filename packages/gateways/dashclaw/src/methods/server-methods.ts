import type { Method } from './method.ts'
import type { ServerHealth } from './server-results.ts'

/** The server itself. */
export const serverMethods = {
  /** Tells whether the server works; needs no key. */
  getHealth: {
    verb: 'GET',
    path: '/api/health',
    params: [],
    servers: 'both',
  } as Method<() => Promise<ServerHealth>>,
}
