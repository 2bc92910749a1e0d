/** The head of a response and what controls its body, as the client keeps them. */
export interface ResponseProps {
  readonly response: Response
  readonly controller: AbortController
  /** The request, as far as it is needed here. */
  readonly options?: { readonly stream?: boolean }
}

/** The promise that the client's methods return, as far as it is needed here. */
export interface SdkPromise extends PromiseLike<unknown> {
  /** Settles when the response's head is there, after all retries. */
  responsePromise: Promise<ResponseProps>
  /** Set once somebody wants the parsed answer. */
  readonly parsedPromise?: Promise<unknown>
  parseResponse: (client: unknown, props: ResponseProps) => Promise<unknown>
  asResponse: () => Promise<Response>
  withResponse: () => Promise<unknown>
  _thenUnwrap: (transform: (value: unknown, props: ResponseProps) => unknown) => SdkPromise
  /** Hands the unparsed response to helpers that build one request on another. */
  _responseProps?: () => Promise<ResponseProps>
}

/** A stream of the client; iterating, `tee` and `toReadableStream` all start from `iterator`. */
export interface SdkStream {
  iterator: () => AsyncIterator<unknown>
}

/** The resource at a place of the client, where this version of it has one. */
export function findResource(client: any, names: readonly string[]): Record<string, unknown> | undefined {
  return names.reduce((found, name) => found?.[name], client)
}

/** Tells the client's promise from what a replaced method may return. */
export function isSdkPromise(value: any): value is SdkPromise {
  return !!(value?._thenUnwrap && value.responsePromise)
}

/** Tells a stream of the client from a whole answer. */
export function isSdkStream(value: any): value is SdkStream {
  return typeof value?.iterator === 'function'
}
