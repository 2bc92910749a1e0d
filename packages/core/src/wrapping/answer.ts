import type { CompletedOutcome, Usage } from '@pincer/protocol'
import type { ModelCall, ModelCallResult } from '../model-call.ts'

/** What an answer of a provider says, whole or as far as it arrived. */
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

/** Puts the events of one stream together. */
export interface Collector {
  /** The answer so far, in the shape it has when it is not streamed. */
  readonly value: unknown
  /** Takes one event and hands its text on. */
  add(event: unknown): void
}

/** Takes what a stream says, piece by piece. */
export type TextTaker = Pick<ModelCall, 'delta' | 'thinking' | 'touch'>

/** Reads the answers of one kind of operation. */
export interface AnswerReader<Taker = ModelCall> {
  /** Reads a whole answer, or what a collector has put together. */
  read(value: unknown): Answer
  /** Begins to put a stream together; its text goes to the taker, which is the call. */
  collect(taker: Taker): Collector
  /** Tells the call what happened inside a whole answer, before it ends; a collector does so by itself. */
  tell?(value: unknown, call: ModelCall): void
}

/** What is the provider's own about the answers of a client. */
export interface Dialect {
  /** Name of the adapter, told with its faults. */
  readonly name: string
  /** The header that holds the provider's request id. */
  readonly requestIdHeader: string
  readonly convertUsage: (usage: unknown, provider: string, model: string) => Usage | undefined
  /** What of a failure is recorded; the failure itself when absent. */
  readonly convertError?: (error: unknown) => unknown
  /**
   * What `withResponse` tells besides the answer and its response, where it has to be answered here: in some versions it
   * does not rest on the promise itself.
   */
  readonly describeHead?: (response: Response) => object
}

/** Keeps from the caller what only we asked for. */
export interface Hiding {
  /** What of an event the caller may see; `undefined` for nothing. */
  event(event: unknown): unknown
  /** What is left of the text of an event that the caller may see in part. */
  text(block: string): string
}
