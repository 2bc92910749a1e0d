const marker = Symbol.for('pincer.error')

/** Every code a {@link PincerError} of this house can carry; stable across versions. */
export type PincerErrorCode =
  | 'protocol'
  | 'unsupported_by_gateway'
  | 'gateway'
  | 'guard_blocked'
  | 'guard_unavailable'
  | 'approval_denied'
  | 'approval_timed_out'
  | 'invalid_option'
  | 'closed'

/** The base of every error that Pincer throws: a stable `code` and a message that ends in what to do. */
export class PincerError extends Error {
  override readonly name: string = 'PincerError'
  /** Stable, machine-readable cause. */
  readonly code: PincerErrorCode

  constructor(code: PincerErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
    Object.defineProperty(this, marker, { value: true })
  }

  /** Recognises a Pincer error even when two copies of the package are loaded. */
  static isInstance(value: unknown): value is PincerError {
    return typeof value === 'object' && value !== null && marker in value
  }
}

/** A value from the wire or a file that is not what the protocol says; names where, what was expected and what was found. */
export class ProtocolError extends PincerError {
  override readonly name: string = 'ProtocolError'
  /** Where the value stands, such as `data.usage.inputTokens`; empty for the whole value. */
  readonly path: string
  /** What should stand there, such as `a number`. */
  readonly expected: string
  /** What stands there, shortened. */
  readonly found: string

  constructor(path: string, expected: string, value: unknown) {
    const found = describeValue(value)
    // A path is made of field names, which the sender chose.
    const place = path.length > 200 ? `${path.slice(0, 200)}…` : path
    super('protocol', `${place === '' ? 'value' : place}: expected ${expected}, found ${found}`)
    this.path = place
    this.expected = expected
    this.found = found
  }
}

/** Says in a few words what a value is, without its whole content: `a string "abc"`, `null`, `an array of 3`. */
export function describeValue(value: unknown): string {
  if (value === null) return 'null'
  if (value === undefined) return 'nothing'
  if (Array.isArray(value)) return `an array of ${value.length}`
  if (typeof value === 'string')
    return `a string ${JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value)}`
  if (typeof value === 'number' || typeof value === 'boolean') return `the ${typeof value} ${String(value)}`
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`
}

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
