import type { SessionRow, validateChatSendParams } from '@openclaw/gateway-protocol'
import type { Validated } from './agent-results.ts'

/** What the Gateway's `chat.send` method takes. */
export type ChatSendParams = Validated<typeof validateChatSendParams>

/** One row of a transcript. */
export interface ChatMessage {
  readonly role: 'user' | 'assistant' | 'toolResult' | 'system'
  /** Text, or blocks such as `{ type: 'text', text }` and `{ type: 'toolCall', id, name, arguments }`. */
  readonly content: string | readonly Readonly<Record<string, unknown>>[]
  /** Epoch milliseconds. */
  readonly timestamp?: number
  readonly provider?: string
  readonly model?: string
  readonly stopReason?: string
  readonly responseId?: string
  /** Tokens of one model call; input does not include the cache here. */
  readonly usage?: {
    readonly input?: number
    readonly output?: number
    readonly cacheRead?: number
    readonly cacheWrite?: number
    readonly totalTokens?: number
    readonly cost?: { readonly total?: number }
  }
  readonly toolCallId?: string
  readonly toolName?: string
  readonly isError?: boolean
  readonly idempotencyKey?: string
  readonly __openclaw?: {
    readonly id?: string
    readonly runId?: string
    readonly seq?: number
    readonly idempotencyKey?: string
  }
}

/** A session's transcript and what runs in it. */
export interface ChatHistory {
  readonly sessionKey: string
  readonly sessionId?: string
  readonly messages: readonly ChatMessage[]
  /** The run that writes to the session now, with the text it has so far. */
  readonly inFlightRun?: { readonly runId: string; readonly text?: string; readonly startedAt?: number }
  readonly sessionInfo?: SessionRow & {
    readonly hasActiveRun?: boolean
    readonly activeRunIds?: readonly string[]
  }
  readonly hasMore?: boolean
  readonly totalMessages?: number
  /** Pass it as `cursor` to be told only what is new. */
  readonly deltaCursor?: string
}

/** What `chat.abort` stopped. */
export interface ChatAborted {
  readonly ok: true
  readonly aborted: boolean
  readonly runIds: readonly string[]
}

/** A message that was put into a transcript for people to read; the model never sees it. */
export interface ChatInjected {
  readonly ok: true
  readonly messageId: string
}
