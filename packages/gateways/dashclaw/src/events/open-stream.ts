import ky from 'ky'
import { convertError, timedOut } from '../request/convert-error.ts'
import type { ApiRequest } from '../request/api-request.ts'
import { startDeadline } from '../request/deadline.ts'
import { parseAnswer } from '../request/parse-answer.ts'

/** Where a stream is opened, and with what. */
export interface StreamAddress {
  readonly baseUrl: string
  readonly apiKey: string
  /** Milliseconds until the server must have answered. */
  readonly timeoutMs: number
}

const request: ApiRequest = { name: 'events', verb: 'GET', path: '/api/stream', isRepeatable: true }

/**
 * Opens the server's event stream, once.
 *
 * @throws DashClawError where it cannot be opened, or the signal's reason.
 */
export async function openStream(
  { baseUrl, apiKey, timeoutMs }: StreamAddress,
  lastEventId: string | undefined,
  signal: AbortSignal,
): Promise<ReadableStream<Uint8Array>> {
  const deadline = startDeadline(timeoutMs, signal)
  const sent = { request, attempts: 1 }
  try {
    const response = await ky(`${baseUrl}${request.path}`, {
      headers: {
        accept: 'text/event-stream',
        'x-api-key': apiKey,
        ...(lastEventId === undefined ? {} : { 'last-event-id': lastEventId }),
      },
      // A redirect would take the key to where it was not given for.
      redirect: 'manual',
      timeout: false,
      retry: 0,
      parseJson: (text) => parseAnswer(text, apiKey),
      signal: deadline.signal,
    })
    const { body } = response
    if (body === null) throw new TypeError('the stream is empty')
    return body
  } catch (error) {
    signal.throwIfAborted()
    if (deadline.hasPassed()) throw timedOut(timeoutMs, sent)
    throw convertError(error, sent)
  } finally {
    // From here on the stream ends by the caller's signal only.
    deadline.clear()
  }
}
