import type { Method } from './method.ts'
import type {
  SessionEventList,
  SessionFound,
  SessionList,
  SessionPatch,
  SessionQuery,
} from './session-results.ts'

/** Sessions: an agent at work in a folder, on a branch. */
export const sessionMethods = {
  /** Opens a session. */
  createSession: {
    verb: 'POST',
    path: '/api/sessions',
    params: ['agent_id?', 'workspace?', 'branch?'],
    own: { agent_id: 'agentId' },
    servers: '2.10',
  } as Method<
    (
      /** The client's own where it is absent. */
      agentId?: string | null,
      workspace?: string,
      branch?: string,
    ) => Promise<SessionFound>
  >,
  /** Gets one session. */
  getSession: {
    verb: 'GET',
    path: '/api/sessions/{session_id}',
    params: ['session_id'],
    servers: '2.10',
  } as Method<(sessionId: string) => Promise<SessionFound>>,
  /** Tells how a session stands; one that is closed stays as it is. */
  updateSession: {
    verb: 'PATCH',
    path: '/api/sessions/{session_id}',
    params: ['session_id', '...updates'],
    servers: '2.10',
  } as Method<(sessionId: string, updates: SessionPatch) => Promise<SessionFound>>,
  /** Lists sessions. */
  listSessions: {
    verb: 'GET',
    path: '/api/sessions',
    params: ['...filters?'],
    names: { agentId: 'agent_id' },
    defaults: { limit: 50 },
    servers: '2.10',
  } as Method<(filters?: SessionQuery) => Promise<SessionList>>,
  /** Lists how a session came to stand where it does. */
  getSessionEvents: {
    verb: 'GET',
    path: '/api/sessions/{session_id}/events',
    params: ['session_id'],
    servers: '2.10',
  } as Method<(sessionId: string) => Promise<SessionEventList>>,
}
