import { APICallError, RetryError } from 'ai'
import { type ErrorInfo, GatewayError, PincerError } from '@pincer/protocol'

/** What is kept of an error of a run: no stack, no headers, no body. */
export function convertError(error: unknown): ErrorInfo {
  if (RetryError.isInstance(error)) return convertError(error.lastError)
  if (APICallError.isInstance(error)) {
    const { message, name, statusCode, responseHeaders } = error
    const requestId = responseHeaders?.['x-request-id']
    return {
      message: message === '' ? 'the model could not be reached' : message,
      name,
      ...(statusCode === undefined ? {} : { status: statusCode }),
      ...(requestId === undefined ? {} : { requestId }),
    }
  }
  if (error instanceof GatewayError) {
    const { message, name, gatewayCode, status } = error
    return {
      message,
      name,
      ...(gatewayCode === undefined ? {} : { code: gatewayCode }),
      ...(status === undefined ? {} : { status }),
    }
  }
  if (error instanceof PincerError) return { message: error.message, name: error.name, code: error.code }
  return error instanceof Error ? { message: error.message, name: error.name } : { message: String(error) }
}
