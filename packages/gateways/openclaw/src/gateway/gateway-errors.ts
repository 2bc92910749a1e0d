import { GatewayError } from '@pincer/protocol'

/** The Gateway's word for an approval that it does not know. */
const unknownApproval = 'APPROVAL_NOT_FOUND'

/** Whether the Gateway said that there is no such thing. */
export function isNotFound(error: unknown): boolean {
  return error instanceof GatewayError && (error.status === 404 || error.gatewayCode === unknownApproval)
}

/** Whether the same request may succeed later: the Gateway is away, starting, or too busy. */
export function isRetryable(error: unknown): error is GatewayError {
  return error instanceof GatewayError && error.retryable
}

// Said of requests that may have arrived.
const lost: ReadonlySet<unknown> = new Set([
  'ACK_TIMEOUT',
  'CLIENT_TIMEOUT',
  'CONNECTION_LOST',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
])

/** A failure to start a run, not to be repeated where the run may have begun: a second one would do everything again. */
export function startFailure(error: unknown): unknown {
  if (!isRetryable(error) || !lost.has(error.gatewayCode)) return error
  const { message, status, gatewayCode } = error
  return new GatewayError(message, {
    ...(status === undefined ? {} : { status }),
    ...(gatewayCode === undefined ? {} : { gatewayCode }),
    cause: error,
  })
}
