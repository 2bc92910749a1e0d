import { PincerError } from './errors.ts'

/** A call that this gateway has no counterpart for; thrown before anything is sent. */
export class UnsupportedByGatewayError extends PincerError {
  override readonly name: string = 'UnsupportedByGatewayError'
  /** Name of the gateway that was asked, such as `openclaw`. */
  readonly gateway: string
  /** What it was asked for, such as `guard` or `agents.run`. */
  readonly capability: string

  constructor(gateway: string, capability: string, hint?: string) {
    super(
      'unsupported_by_gateway',
      `the gateway "${gateway}" does not offer ${capability}${hint === undefined ? '' : `; ${hint}`}`,
    )
    this.gateway = gateway
    this.capability = capability
  }
}

/** What is known about a failed exchange with a gateway. */
export interface GatewayErrorDetails extends ErrorOptions {
  /** HTTP status, where the gateway speaks HTTP. */
  readonly status?: number
  /** The gateway's own code, such as `rate_limited`. */
  readonly gatewayCode?: string
  /** True where the same request may succeed later. */
  readonly retryable?: boolean
  /** Milliseconds the gateway asks to wait before a retry. */
  readonly retryAfterMs?: number
}

/** A gateway that could not be reached, or that answered with an error; never holds a token. */
export class GatewayError extends PincerError {
  override readonly name: string = 'GatewayError'
  readonly status: number | undefined
  readonly gatewayCode: string | undefined
  readonly retryable: boolean
  readonly retryAfterMs: number | undefined

  constructor(message: string, details: GatewayErrorDetails = {}) {
    super('gateway', message, details.cause === undefined ? undefined : { cause: details.cause })
    this.status = details.status
    this.gatewayCode = details.gatewayCode
    this.retryable = details.retryable ?? false
    this.retryAfterMs = details.retryAfterMs
  }
}
