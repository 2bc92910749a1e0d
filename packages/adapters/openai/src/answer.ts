import type { ModelCall } from '@pincer/core'
import type { CompletedOutcome } from '@pincer/protocol'

/** What an answer of the provider says, whole or as far as it arrived. */
export interface Answer {
  /** `failed` comes with `error`; `pending`, with a `responseId`, is a response that is made in the background. */
  readonly outcome: CompletedOutcome | 'failed' | 'pending'
  /** True once the provider has said how the answer ended; looked at on streams. */
  readonly finished: boolean
  readonly output?: unknown
  /** The provider's own usage object. */
  readonly usage?: unknown
  readonly model?: string
  readonly finishReason?: string
  readonly responseId?: string
  readonly error?: unknown
}

/** Takes what a stream says, piece by piece. */
export type TextTaker = Pick<ModelCall, 'delta' | 'thinking' | 'touch'>

/** Puts the events of one stream together. */
export interface Collector {
  /** The answer so far, in the shape it has when it is not streamed. */
  readonly value: unknown
  /** Takes one event and hands its text on. */
  add(event: unknown, taker: TextTaker): void
}

/** Reads the answers of one kind of operation. */
export interface AnswerReader {
  /** Reads a whole answer, or what a collector has put together. */
  read(value: unknown): Answer
  collect(): Collector
}
