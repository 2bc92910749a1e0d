import type { SessionRow, SessionsCreateResult } from '@openclaw/gateway-protocol'

/** Names one session. */
export interface SessionKeyParams {
  /** Full key, such as `agent:main:main`. */
  readonly key: string
}

/** What `sessions.create` answers; the run's id is there where a first message was given. */
export type SessionCreated = SessionsCreateResult & {
  readonly status?: string
  readonly resolved?: { readonly modelProvider?: string; readonly model?: string }
}

/** One page of the sessions that a Gateway keeps. */
export interface SessionsListResult {
  readonly sessions: readonly SessionRow[]
  /** Sessions on this page. */
  readonly count: number
  readonly totalCount: number
  readonly hasMore?: boolean
  /** Pass it as `offset` for the next page. */
  readonly nextOffset?: number | null
  readonly defaults?: { readonly modelProvider?: string; readonly model?: string }
  /** Epoch milliseconds. */
  readonly ts: number
}

/** A session's row; null where there is no such session. */
export interface SessionDescription {
  readonly session: SessionRow | null
}

/** The last messages of some sessions, shortened. */
export interface SessionPreviews {
  readonly ts: number
  readonly previews: readonly {
    readonly key: string
    readonly status: string
    readonly items: readonly Readonly<Record<string, unknown>>[]
  }[]
}

/** A session's messages, as the Gateway keeps them. */
export interface SessionMessages {
  readonly messages: readonly Readonly<Record<string, unknown>>[]
}

/** A run that was started by a message. */
export interface RunStarted {
  readonly runId: string
  /** `started`, or `in_flight` where the idempotency key is known. */
  readonly status: string
}

/** What `sessions.abort` did; a run that had ended is no error. */
export interface SessionAborted {
  readonly ok: true
  readonly abortedRunId: string | null
  readonly status: 'aborted' | 'no-active-run'
}

/** What `sessions.compact` did. */
export interface SessionCompacted {
  readonly ok: true
  readonly key: string
  readonly compacted: boolean
  /** Rows of the transcript that are left. */
  readonly kept?: number
  /** Why nothing was compacted. */
  readonly reason?: string
}

/** A session after its transcript was put away. */
export interface SessionReset {
  readonly ok: true
  readonly key: string
  readonly entry: Readonly<Record<string, unknown>>
}

/** The state of a subscription of this connection. */
export interface Subscribed {
  readonly subscribed: boolean
  readonly key?: string
}
