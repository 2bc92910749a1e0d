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
