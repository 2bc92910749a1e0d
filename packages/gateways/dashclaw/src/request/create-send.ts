import { describeValue, PincerError } from '@pincer/protocol'
import ky, { isHTTPError, type Options } from 'ky'
import type { CallOptions } from '../methods/method.ts'
import type { ApiRequest, Send } from './api-request.ts'
import { brokenAnswer, convertError, timedOut } from './convert-error.ts'
import { startDeadline } from './deadline.ts'
import { parseAnswer } from './parse-answer.ts'
import { parseDownload } from './parse-download.ts'
import { readBounded } from './read-bounded.ts'
import { readRetryAfter } from './retry-after.ts'

/** How requests are sent. */
export interface SendSettings {
  /** Base URL without a slash at its end. */
  readonly baseUrl: string
  readonly apiKey: string
  /** Milliseconds for one call, repeats included. */
  readonly timeoutMs: number
  /** How often a request that failed is sent again. */
  readonly retries: number
}

// The server takes 2 MiB unless it was told otherwise; files and full exports are longer.
const maxBytes = 32 * 1024 * 1024
const passing: readonly number[] = [429, 502, 503, 504]

/** Makes what sends requests: over ky, with repeats where they do no harm, bounded in time and size. */
export function createSend(settings: SendSettings): Send {
  const { baseUrl, apiKey, timeoutMs, retries } = settings
  return async (request, options = {}) => {
    const limitMs = readTimeout(request.name, options, timeoutMs)
    options.signal?.throwIfAborted()
    const body = request.body === undefined ? undefined : writeBody(request)
    const deadline = startDeadline(limitMs, options.signal)
    let attempts = 0
    const settled: Options = {
      method: request.verb,
      headers: { 'content-type': 'application/json', 'x-api-key': apiKey },
      ...(body === undefined ? {} : { body }),
      ...(request.query === undefined ? {} : { searchParams: { ...request.query } }),
      // A redirect would take the key to where it was not given for.
      redirect: 'manual',
      signal: deadline.signal,
      timeout: false,
      parseJson: (text) => parseAnswer(text, apiKey),
      // The answer is read here, so that one which breaks off is repeated like one that never began.
      fetch: async (input, init) => {
        attempts += 1
        return readWhole(await fetch(input, init))
      },
      retry: {
        limit: retries,
        methods: [request.verb.toLowerCase()],
        statusCodes: [...passing],
        afterStatusCodes: [...passing],
        backoffLimit: 5000,
        jitter: true,
        shouldRetry: ({ error }) => mayRepeat(error, request, deadline.left()),
      },
    }
    const sent = (): { request: ApiRequest; attempts: number } => ({ request, attempts })
    try {
      const response = await ky(`${baseUrl}${request.path}`, settled)
      if (request.isRaw === true) return parseDownload(response.headers, await response.bytes())
      const text = await response.text()
      try {
        return parseAnswer(text)
      } catch {
        throw brokenAnswer('the answer is not JSON', response.status, sent())
      }
    } catch (error) {
      options.signal?.throwIfAborted()
      if (deadline.hasPassed()) throw timedOut(limitMs, sent())
      if (PincerError.isInstance(error)) throw error
      if (error instanceof RangeError) throw brokenAnswer(error.message, 200, sent())
      throw convertError(error, sent())
    } finally {
      deadline.clear()
    }
  }
}

async function readWhole(response: Response): Promise<Response> {
  const bytes = await readBounded(response, maxBytes)
  const { status, statusText, headers } = response
  // What was packed is unpacked by now.
  const plain = new Headers(headers)
  plain.delete('content-encoding')
  plain.delete('content-length')
  const isEmpty = bytes.byteLength === 0
  return new Response(isEmpty ? null : (bytes as Uint8Array<ArrayBuffer>), {
    status,
    statusText,
    headers: plain,
  })
}

// `undefined` leaves the rest, with the server's own time to wait, to ky.
function mayRepeat(error: Error, request: ApiRequest, leftMs: number): false | undefined {
  if (isHTTPError(error)) {
    const waitMs = readRetryAfter(error.response.headers) ?? 0
    return request.isRepeatable && waitMs < leftMs ? undefined : false
  }
  return request.isRepeatable || wasNeverSent(error) ? undefined : false
}

const unsent: readonly unknown[] = ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH']

function wasNeverSent(error: unknown): boolean {
  for (let cause = error, depth = 0; depth < 4 && cause instanceof Error; cause = cause.cause, depth += 1) {
    if ('code' in cause && unsent.includes(cause.code)) return true
    // Several addresses of one name, each refused.
    if (cause instanceof AggregateError && cause.errors.length > 0) return cause.errors.every(wasNeverSent)
  }
  return false
}

function writeBody(request: ApiRequest): string {
  const text = stringify(request)
  if (text.length > maxBytes) {
    throw new PincerError(
      'invalid_option',
      `${request.name}: the request is ${text.length} characters long, ${maxBytes} at most are sent; send less at once`,
    )
  }
  return text
}

function stringify(request: ApiRequest): string {
  try {
    return JSON.stringify(request.body)
  } catch (error) {
    const why = error instanceof Error ? error.message.split('\n')[0] : 'it cannot be written'
    throw new PincerError('invalid_option', `${request.name}: expected values that JSON can hold: ${why}`)
  }
}

function readTimeout(name: string, { timeoutMs }: CallOptions, usual: number): number {
  if (timeoutMs === undefined) return usual
  if (Number.isFinite(timeoutMs) && timeoutMs > 0) return Math.min(timeoutMs, 2_147_483_647)
  throw new PincerError(
    'invalid_option',
    `${name}: timeoutMs: expected milliseconds above 0, found ${describeValue(timeoutMs)}`,
  )
}
