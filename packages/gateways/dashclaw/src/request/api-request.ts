import type { CallOptions, Verb } from '../methods/method.ts'

/** One request, ready to be sent. */
export interface ApiRequest {
  /** Name of the call it is made for, such as `createAction`: errors begin with it. */
  readonly name: string
  readonly verb: Verb
  /** Path under the base URL, its parameters filled in. */
  readonly path: string
  readonly query?: Readonly<Record<string, string>>
  /** What is sent as JSON; nothing where it is absent. */
  readonly body?: Readonly<Record<string, unknown>>
  /** Whether it does no harm when it arrives twice. */
  readonly isRepeatable: boolean
  /** Whether the answer is a file. */
  readonly isRaw?: boolean
}

/** A file as the server gives it. */
export interface Download {
  readonly data: Uint8Array
  /** Empty where the server names none. */
  readonly filename: string
  readonly mime_type: string
}

/**
 * Sends a request and gives its answer: parsed JSON, or a `Download`.
 *
 * @throws DashClawError, or the signal's reason.
 */
export type Send = (request: ApiRequest, options?: CallOptions) => Promise<unknown>
