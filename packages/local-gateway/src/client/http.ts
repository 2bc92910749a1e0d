/** One request, ready for the wire. */
export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'DELETE'
  readonly url: URL
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array<ArrayBuffer>
  /** Breaks the request off, its answer included. */
  readonly signal: AbortSignal
  /** True where nobody waits for the answer: the request must not keep the process alive. */
  readonly background: boolean
  /** True where sending it twice would do it twice. */
  readonly once: boolean
}

/** An answer of which the head has arrived. */
export interface HttpAnswer {
  readonly status: number
  header(name: string): string | undefined
  /** The body, once; fails when it is cut short. */
  chunks(): AsyncIterable<Uint8Array>
}

/** Sends requests; fails with whatever the platform says where there is no answer. */
export interface Http {
  send(request: HttpRequest): Promise<HttpAnswer>
  /** Lets go of every connection. */
  close(): void
}
