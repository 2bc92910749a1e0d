import type { ErrorInfo } from '@pincer/protocol'

import { readField } from './read-field.ts'

/** Converts whatever was thrown into what is safe to store: message, class name, code, status and request id, but no stack. */
export function toErrorInfo(error: unknown, capture: { text(value: unknown): string }): ErrorInfo {
  const read = (key: string): unknown => readField(error, key)
  const code = read('code')
  const status = read('status')
  return {
    message: capture.text(textOf(read('message')) ?? error),
    name: classNameOf(error) ?? textOf(read('name')),
    code: typeof code === 'number' ? String(code) : textOf(code),
    status: Number.isFinite(status) ? status : undefined,
    requestId: textOf(read('requestID') ?? read('request_id') ?? read('requestId')),
  } as ErrorInfo
}

/** Tells an abort, by signal or by the client's own abort error, from a failure. */
export function isAbort(error: unknown): boolean {
  return readField(error, 'name') === 'AbortError' || classNameOf(error) === 'APIUserAbortError'
}

// Taken from the constructor, because many clients leave `name` at `Error`.
function classNameOf(error: unknown): string | undefined {
  try {
    const name = error instanceof Error ? error.constructor.name : 'Error'
    return name === 'Error' || name === '' ? undefined : textOf(name)
  } catch {
    // Anything can be thrown, things that throw when they are looked at too.
    return undefined
  }
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}
