import type { Claw, Parent } from '@pincer/core'
import type { Usage } from '@pincer/protocol'

import type { ScriptedAnswer } from '../scripted-server.ts'

/** What a client's method returns, as far as the official clients agree. */
export interface ClientPromise extends PromiseLike<unknown> {
  withResponse(): Promise<{ readonly data: unknown; readonly response: Response }>
  asResponse(): Promise<Response>
}

/** The request options that the official clients agree on. */
export interface ClientRequestOptions {
  readonly signal?: AbortSignal
  /** Milliseconds. */
  readonly timeout?: number
}

/** A wrapper of an official client, with the client and its wire. */
export interface ClientSubject<Client extends object> {
  /** The header that holds the provider's request id. */
  readonly requestIdHeader: string
  /** Makes a bare client that does not retry, unless told so. */
  make(url: string, options?: { readonly maxRetries?: number }): Client
  wrap(
    client: Client,
    claw: Claw,
    options?: { readonly parent?: Parent; readonly runName?: string; readonly provider?: string },
  ): Client
  /** Another client of the same settings, made by the client itself. */
  derive(client: Client): Client
  /** Asks for an answer; what the user says is `Say hello`. */
  call(client: Client, options?: ClientRequestOptions): ClientPromise
  /** The same, streamed. */
  stream(client: Client, options?: ClientRequestOptions): ClientPromise
  /** The text of a whole answer. */
  textOf(answer: unknown): string
  /** The piece of text in an event of a stream; empty where it has none. */
  pieceOf(event: unknown): string
  readonly wire: ClientWire
}

/** What the provider would send. */
export interface ClientWire {
  answer(text: string): ScriptedAnswer
  stream(pieces: readonly string[]): ScriptedAnswer
  /** Begins to stream with the text `Once`, and leaves the connection open. */
  readonly open: ScriptedAnswer
  /** Streams the text `Once`, and ends the connection in good order before the answer is complete. */
  readonly cut: ScriptedAnswer
  /** Fails with a status; the client may retry at once where it would retry. */
  failure(status: number): ScriptedAnswer
  /** What the usage of every answer is in our words. */
  readonly usage: Partial<Usage>
}
