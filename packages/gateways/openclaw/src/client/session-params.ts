import type {
  ChatHistoryParams,
  SessionsAbortParams,
  SessionsCompactParams,
  SessionsCreateParams,
  SessionsDeleteParams,
  SessionsListParams,
  SessionsPatchParams,
  SessionsResetParams,
  SessionsResolveParams,
} from '@openclaw/gateway-protocol'

/** How a session is made; without a `key` the Gateway makes one. With `message` it starts with a run. */
export type SessionCreateParams = SessionsCreateParams

/** What a session is found by: its key, id, label or short id. */
export type SessionResolveParams = SessionsResolveParams

/** Narrows the list of sessions. */
export type SessionListParams = SessionsListParams

/** What is changed of a session; some fields need the scope `operator.admin`. */
export type SessionPatchParams = SessionsPatchParams

/** How far a transcript is shortened; without `maxLines` the Gateway sums it up. */
export type SessionCompactParams = SessionsCompactParams

/** The session, the run, or both, to be stopped. */
export type SessionAbortParams = SessionsAbortParams

/** The session whose transcript is put away. */
export type SessionResetParams = SessionsResetParams

/** The session to be deleted. */
export type SessionDeleteParams = SessionsDeleteParams

/** Which messages of a session are wanted. */
export type SessionHistoryParams = Omit<ChatHistoryParams, 'sessionKey'> & {
  /** Key of the session. */
  readonly key: string
}
