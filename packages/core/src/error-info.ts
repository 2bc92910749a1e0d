import { describeValue, type ErrorInfo } from '@pincer/protocol'

/**
 * Converts whatever was thrown into what is safe to store: message, class name, code, status and request id, but no stack.
 *
 * The class name is taken from the constructor, because many clients leave `name` at `Error`.
 */
export function toErrorInfo(error: unknown, capture: { text(text: string): string }): ErrorInfo {
  if (typeof error !== 'object' || error === null) return { message: capture.text(describe(error)) }
  const name = read(error, 'name')
  const constructorName = error instanceof Error ? error.constructor.name : ''
  const code = read(error, 'code')
  const status = read(error, 'status')
  const requestId = read(error, 'requestID') ?? read(error, 'request_id') ?? read(error, 'requestId')
  const message = read(error, 'message')
  return {
    message: capture.text(typeof message === 'string' ? message : describe(error)),
    ...(constructorName !== '' && constructorName !== 'Error'
      ? { name: constructorName }
      : typeof name === 'string'
        ? { name }
        : {}),
    ...(typeof code === 'string' || typeof code === 'number' ? { code: String(code) } : {}),
    ...(typeof status === 'number' ? { status } : {}),
    ...(typeof requestId === 'string' ? { requestId } : {}),
  }
}

/** Tells an abort, by signal or by the client's own abort error, from a failure. */
export function isAbort(error: unknown): boolean {
  if (typeof error !== 'object' || error === null) return false
  const name = read(error, 'name')
  return name === 'AbortError' || (error instanceof Error && error.constructor.name === 'APIUserAbortError')
}

function read(source: object, key: string): unknown {
  try {
    return (source as Record<string, unknown>)[key]
  } catch {
    return undefined
  }
}

function describe(value: unknown): string {
  try {
    return typeof value === 'string' ? value : (JSON.stringify(value) ?? describeValue(value))
  } catch {
    return 'an error that cannot be read'
  }
}
