import { APICallError } from '@ai-sdk/provider'
import { GatewayError } from '@pincer/protocol'

/**
 * What is thrown where a gateway could not be asked: an APICallError where the gateway says that the same may succeed later, so that
 * the AI SDK asks again by its own rules; anything else as it is.
 */
export function toCallError(error: unknown, gateway: string, modelId: string): unknown {
  if (!(error instanceof GatewayError) || !error.retryable) return error
  const { message, status, retryAfterMs } = error
  return new APICallError({
    message,
    // For a reader only: not every gateway has an address of this kind.
    url: `pincer:${encodeURIComponent(gateway)}/${encodeURIComponent(modelId)}`,
    requestBodyValues: {},
    isRetryable: true,
    cause: error,
    ...(status !== undefined && { statusCode: status }),
    ...(retryAfterMs !== undefined && { responseHeaders: { 'retry-after-ms': String(retryAfterMs) } }),
  })
}
