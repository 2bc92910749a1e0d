import { GatewayError, type GatewayErrorDetails } from '@pincer/protocol'

/** What was asked, without its query, its body and its key. */
export interface RequestLine {
  readonly verb: string
  /** Path under the base URL. */
  readonly path: string
}

/** What is known about a request that failed. */
export interface DashClawErrorDetails extends GatewayErrorDetails {
  /** What the server says is wrong, such as one text for each field. */
  readonly details?: unknown
  /** The server's whole answer, where it was JSON. */
  readonly answer?: unknown
  readonly request?: RequestLine
  /** How often the request was sent. */
  readonly attempts?: number
}

/** A DashClaw server that could not be reached, or that answered with an error; never holds the key. */
export class DashClawError extends GatewayError {
  override readonly name: string = 'DashClawError'
  /** What the server says is wrong, such as one text for each field. */
  readonly details: unknown
  /** The server's whole answer, where it was JSON. */
  readonly answer: unknown
  /** What was asked, without its query, its body and its key. */
  readonly request: RequestLine | undefined
  /** How often the request was sent; 0 where it was refused before. */
  readonly attempts: number

  constructor(message: string, details: DashClawErrorDetails = {}) {
    super(message, details)
    this.details = details.details
    this.answer = details.answer
    this.request = details.request
    this.attempts = details.attempts ?? 0
  }
}

/** The organization has used up what its plan allows; status 402. */
export class QuotaError extends DashClawError {
  override readonly name: string = 'QuotaError'
  /** What was used, as the server counts it. */
  readonly usage: unknown
  /** What the plan allows. */
  readonly limit: unknown

  constructor(
    message: string,
    details: DashClawErrorDetails & { readonly usage?: unknown; readonly limit?: unknown } = {},
  ) {
    super(message, details)
    this.usage = details.usage
    this.limit = details.limit
  }
}

/** The server wants actions signed, and this one was not, or not by the agent's key; status 401. */
export class SignatureError extends DashClawError {
  override readonly name: string = 'SignatureError'
}
