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
  | 'approval_pending'
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
