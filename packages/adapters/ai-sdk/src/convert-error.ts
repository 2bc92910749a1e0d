import { isAbort } from '@pincer/core'

/** How work was stopped from outside; `undefined` where it was not. */
export type Stop = 'aborted' | 'timed out' | undefined

/** How work was stopped from outside, where the error tells: by an abort signal, or by `timeout` of the AI SDK. */
export function convertStop(error: any): Stop {
  if (isAbort(error)) return 'aborted'
  return error?.name === 'TimeoutError' && error instanceof DOMException ? 'timed out' : undefined
}

/**
 * Converts an error of the AI SDK to what core can read: its HTTP errors name the status otherwise, and an error after
 * several attempts only contains them.
 *
 * @param isHidden the caller wants no inputs or no outputs recorded, and an error may repeat either
 */
export function convertError(error: any, isHidden: boolean): unknown {
  const cause = error?.lastError ?? error
  const status = cause?.statusCode
  if (!isHidden && (typeof status !== 'number' || Object(error) !== error)) return error
  return {
    name: error?.constructor?.name ?? error?.name,
    message: isHidden ? 'not recorded: the caller records no inputs, or no outputs' : error.message,
    status,
    requestId: cause?.responseHeaders?.['x-request-id'],
  }
}
