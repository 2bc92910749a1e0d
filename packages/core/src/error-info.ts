import type { ErrorInfo } from '@pincer/protocol'

/**
 * Converts whatever was thrown into what is safe to store: message, class name, code, status and request id, but no stack.
 *
 * The class name is taken from the constructor, because many clients leave `name` at `Error`.
 */
export function toErrorInfo(error: unknown, capture: { text(value: unknown): string }): ErrorInfo {
  const message = read(error, 'message')
  const className = read(read(error, 'constructor'), 'name')
  const isNamed = isError(error) && typeof className === 'string' && className !== 'Error' && className !== ''
  const name = isNamed ? className : read(error, 'name')
  const code = read(error, 'code')
  const status = read(error, 'status')
  const requestId = read(error, 'requestID') ?? read(error, 'request_id') ?? read(error, 'requestId')
  return {
    message: capture.text(typeof message === 'string' ? message : error),
    ...(typeof name === 'string' ? { name } : {}),
    ...(typeof code === 'string' || typeof code === 'number' ? { code: String(code) } : {}),
    ...(Number.isFinite(status) ? { status: status as number } : {}),
    ...(typeof requestId === 'string' ? { requestId } : {}),
  }
}

/** Tells an abort, by signal or by the client's own abort error, from a failure. */
export function isAbort(error: unknown): boolean {
  return (
    read(error, 'name') === 'AbortError' ||
    (isError(error) && read(read(error, 'constructor'), 'name') === 'APIUserAbortError')
  )
}

function isError(value: unknown): boolean {
  try {
    return value instanceof Error
  } catch {
    return false
  }
}

// Anything can be thrown, things that throw when they are looked at too.
function read(source: unknown, key: string): unknown {
  try {
    return (source as Record<string, unknown>)[key]
  } catch {
    return undefined
  }
}
