/** An error that the Gateway answered with, as the reference client hands it on; read without trust. */
export interface WireError {
  /** The Gateway's code, such as `INVALID_REQUEST`. */
  readonly code: string
  readonly message: string
  readonly details: Readonly<Record<string, unknown>>
  readonly retryable: boolean
  /** Milliseconds. */
  readonly retryAfterMs: number | undefined
}

const longestText = 500

/** Reads the Gateway's own error; `undefined` where the error was made on this side of the wire. */
export function readWireError(error: unknown): WireError | undefined {
  if (!isRecord(error)) return undefined
  const { gatewayCode, details, retryable, retryAfterMs } = error
  if (typeof gatewayCode !== 'string') return undefined
  return {
    code: shorten(gatewayCode),
    message: readMessage(error),
    details: isRecord(details) ? details : {},
    retryable: retryable === true,
    retryAfterMs:
      typeof retryAfterMs === 'number' && Number.isFinite(retryAfterMs) && retryAfterMs >= 0
        ? retryAfterMs
        : undefined,
  }
}

/** The message of whatever was thrown, within a bound. */
export function readMessage(error: unknown): string {
  const message = isRecord(error) ? error['message'] : error
  return shorten(typeof message === 'string' && message !== '' ? message : 'no message')
}

/** The `code` that errors of Node carry, such as `ECONNREFUSED`. */
export function readCode(error: unknown): string | undefined {
  const code = isRecord(error) ? error['code'] : undefined
  return typeof code === 'string' ? code : undefined
}

/** Narrows to an object whose properties may be read by name. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}

function shorten(text: string): string {
  return text.length > longestText ? `${text.slice(0, longestText)}…` : text
}
