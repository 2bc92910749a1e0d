import type { ModelCall, ModelCallResult } from '@pincer/core'
import type { CompletedOutcome } from '@pincer/protocol'

/** What an answer of the provider says, whole or as far as it arrived. */
export interface Answer extends Omit<ModelCallResult, 'usage'> {
  readonly outcome: CompletedOutcome
  /** True once the provider has said how the answer ended; looked at on streams. */
  readonly finished: boolean
  /** The provider's own usage object. */
  readonly usage?: unknown
  readonly model?: string
  /** Tells the call what became of it, where that is neither an end nor a cut; `error` is what failed on our side. */
  settle?(call: ModelCall, result: ModelCallResult, error: unknown): void
}

/** Takes what a stream says, piece by piece. */
export type TextTaker = Pick<ModelCall, 'delta' | 'thinking' | 'touch'>

/** Puts the events of one stream together. */
export interface Collector {
  /** The answer so far, in the shape it has when it is not streamed. */
  readonly value: unknown
  /** Takes one event and hands its text on. */
  add(event: unknown): void
}

/** Reads the answers of one kind of operation. */
export interface AnswerReader {
  /** Reads a whole answer, or what a collector has put together. */
  read(value: unknown): Answer
  /** Begins to put a stream together. */
  collect(taker: TextTaker): Collector
}
