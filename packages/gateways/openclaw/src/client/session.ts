import type { SessionRow, SessionsDeleteResult, SessionsPatchResult } from '@openclaw/gateway-protocol'
import type { ClawEvent, RequestOptions } from '@pincer/protocol'
import type { ChatHistory } from '../methods/chat-results.ts'
import type {
  SessionAborted,
  SessionCompacted,
  SessionKeyParams,
  SessionReset,
  SessionsListResult,
} from '../methods/session-results.ts'
import type { SessionUsage } from '../methods/usage-results.ts'
import type { SessionSendParams } from '../runs/agent-run-params.ts'
import type { Run } from '../runs/run.ts'
import type { GatewayRequestOptions } from '../transport/transport.ts'
import type {
  SessionAbortParams,
  SessionCompactParams,
  SessionCreateParams,
  SessionDeleteParams,
  SessionHistoryParams,
  SessionListParams,
  SessionPatchParams,
  SessionResetParams,
  SessionResolveParams,
} from './session-params.ts'

/** What is known of a session when a handle of it is made. */
export interface SessionFacts {
  /** Full key, such as `agent:main:main`. */
  readonly key: string
  readonly agentId?: string
  readonly sessionId?: string
  /** The run of the first message, where the session was created with one. */
  readonly run?: Run
}

/** One conversation on the Gateway. */
export interface Session extends SessionFacts {
  /**
   * Sends a message; the run that answers it comes back at once.
   *
   * @throws GatewayError 404 where the session does not exist.
   */
  send(message: string | Omit<SessionSendParams, 'key'>): Promise<Run>
  /** Stops a run of this session, or what runs in it; nothing happens where none does. */
  abort(runId?: string, options?: GatewayRequestOptions): Promise<SessionAborted>
  /** Changes the session, such as its label, model or status. */
  patch(
    changes: Omit<SessionPatchParams, 'key'>,
    options?: GatewayRequestOptions,
  ): Promise<SessionsPatchResult>
  /** Shortens the transcript; a small `maxLines` throws away what was said. */
  compact(
    params?: Omit<SessionCompactParams, 'key'>,
    options?: GatewayRequestOptions,
  ): Promise<SessionCompacted>
  /** The messages of the session, the newest last; empty where it does not exist. */
  history(params?: Omit<SessionHistoryParams, 'key'>, options?: GatewayRequestOptions): Promise<ChatHistory>
  /** The session as the Gateway lists it; undefined where it does not exist. */
  describe(options?: GatewayRequestOptions): Promise<SessionRow | undefined>
  /** Puts the transcript away and starts an empty one. */
  reset(options?: GatewayRequestOptions): Promise<SessionReset>
  /** Deletes the session; `deleted: false` where there was none. */
  delete(options?: GatewayRequestOptions): Promise<SessionsDeleteResult>
  /** Tokens and cost of all runs; undefined where there were none. */
  usage(options?: GatewayRequestOptions): Promise<SessionUsage | undefined>
  /** Normalized events of this session from now on. */
  events(options?: RequestOptions): AsyncIterable<ClawEvent>
}

/** The conversations that the Gateway keeps; every key may be short: `main`, `notes`. */
export interface Sessions {
  /** Makes a session, or takes the one that has this `key`; with `message` a run starts in it, see `session.run`. */
  create(params?: SessionCreateParams, options?: GatewayRequestOptions): Promise<Session>
  /**
   * Finds a session that exists; with `allowMissing` there may be none.
   *
   * @throws GatewayError 404 where there is none, without `allowMissing`.
   */
  resolve(
    query: SessionResolveParams & { readonly allowMissing: true },
    options?: GatewayRequestOptions,
  ): Promise<Session | undefined>
  resolve(query: SessionResolveParams, options?: GatewayRequestOptions): Promise<Session>
  /** A handle; whether the session exists is not asked. */
  get(key: string, owner?: { readonly agentId?: string }): Promise<Session>
  /** The sessions, narrowed by agent, label or text; `nextOffset` leads to more. */
  list(params?: SessionListParams, options?: GatewayRequestOptions): Promise<SessionsListResult>
  /** As `session.send`. */
  send(params: SessionSendParams): Promise<Run>
  /** As `session.abort`; a `runId` alone will do. */
  abort(params: SessionAbortParams, options?: GatewayRequestOptions): Promise<SessionAborted>
  /** Changes a session; the Gateway makes it where it does not exist. */
  patch(params: SessionPatchParams, options?: GatewayRequestOptions): Promise<SessionsPatchResult>
  /** As `session.compact`. */
  compact(params: SessionCompactParams, options?: GatewayRequestOptions): Promise<SessionCompacted>
  /** As `session.history`. */
  history(params: SessionHistoryParams, options?: GatewayRequestOptions): Promise<ChatHistory>
  /** As `session.describe`. */
  describe(params: SessionKeyParams, options?: GatewayRequestOptions): Promise<SessionRow | undefined>
  /** As `session.reset`. */
  reset(params: SessionResetParams, options?: GatewayRequestOptions): Promise<SessionReset>
  /** As `session.delete`. */
  delete(params: SessionDeleteParams, options?: GatewayRequestOptions): Promise<SessionsDeleteResult>
  /** As `session.usage`. */
  usage(params: SessionKeyParams, options?: GatewayRequestOptions): Promise<SessionUsage | undefined>
}

/** Makes a handle of a session; every call goes through `sessions`. */
export function createSession(
  facts: SessionFacts,
  sessions: Sessions,
  events: (options?: RequestOptions) => AsyncIterable<ClawEvent>,
): Session {
  const { key } = facts
  return Object.freeze<Session>({
    ...facts,
    send: (message) => sessions.send({ ...(typeof message === 'string' ? { message } : message), key }),
    abort: (runId, options) => sessions.abort({ key, ...(runId === undefined ? {} : { runId }) }, options),
    patch: (changes, options) => sessions.patch({ ...changes, key }, options),
    compact: (params, options) => sessions.compact({ ...params, key }, options),
    history: (params, options) => sessions.history({ ...params, key }, options),
    describe: (options) => sessions.describe({ key }, options),
    reset: (options) => sessions.reset({ key }, options),
    delete: (options) => sessions.delete({ key }, options),
    usage: (options) => sessions.usage({ key }, options),
    events,
  })
}
