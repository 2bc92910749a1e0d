import type { JsonValue } from './json.ts'

/** A request over a gateway's WebSocket. */
export interface RequestFrame {
  readonly type: 'req'
  readonly id: string
  readonly method: string
  readonly params?: JsonValue
}

/** What went wrong with a request. */
export interface FrameError {
  readonly code: string
  readonly message: string
  readonly details?: JsonValue
  readonly retryable?: boolean
  /** Milliseconds to wait before a retry. */
  readonly retryAfterMs?: number
}

/** The answer to the request of the same `id`. */
export type ResponseFrame =
  | { readonly type: 'res'; readonly id: string; readonly ok: true; readonly payload?: JsonValue }
  | {
      readonly type: 'res'
      readonly id: string
      readonly ok: false
      readonly error: FrameError
      readonly payload?: JsonValue
    }

/** Something that happened, pushed without a request. */
export interface EventFrame {
  readonly type: 'event'
  readonly event: string
  readonly payload?: JsonValue
  /** Counts per connection, from 1. */
  readonly seq?: number
}

/** Every frame that crosses a gateway's WebSocket, told apart by `type`. */
export type Frame = RequestFrame | ResponseFrame | EventFrame
