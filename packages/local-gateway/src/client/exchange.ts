import { GatewayError, PincerError, type RequestOptions } from '@pincer/protocol'
import type { GatewayAddress } from './address.ts'
import { type Deadline, startDeadline } from './deadline.ts'
import type { Http, HttpAnswer, HttpRequest } from './http.ts'
import { parseProblem } from './parse-problem.ts'
import { readRetryAfter } from './retry-after.ts'

/** One call of the gateway's HTTP interface. */
export interface Call extends RequestOptions {
  readonly method?: HttpRequest['method']
  /** Below the gateway's address, with every variable part encoded. */
  readonly path: string
  readonly query?: Readonly<Record<string, string | number | undefined>>
  readonly body?: string | Uint8Array<ArrayBuffer>
  readonly headers?: Readonly<Record<string, string>>
  /** Milliseconds; the gateway's default where absent. */
  readonly timeoutMs?: number | undefined
  readonly background?: boolean
  readonly once?: boolean
}

/** Speaks with one gateway: adds the token, and turns whatever goes wrong into a `GatewayError`. */
export interface Exchange {
  /** The answer's text; the whole of it within the timeout. */
  text(call: Call): Promise<string>
  /** The answer's body as it comes; only its head within the timeout. */
  stream(call: Call): AsyncGenerator<string, void, undefined>
  close(): void
}

const longestAnswer = 64 * 1024 * 1024
const tellAtMost = 300
// A gateway shows life four times as often on a stream where nothing happens.
const longestSilenceMs = 60_000

/** Opens the way to a gateway. */
export function openExchange(address: GatewayAddress, http: Http): Exchange {
  const { base, token, timeoutMs: defaultTimeoutMs } = address
  const authorization: Record<string, string> =
    token === undefined ? {} : { authorization: `Bearer ${token}` }
  const underWay = new Set<() => void>()
  let closed = false

  async function send(call: Call, deadline: Deadline): Promise<HttpAnswer> {
    if (closed) throw isClosed()
    call.signal?.throwIfAborted()
    const url = new URL(call.path, base)
    for (const [name, value] of Object.entries(call.query ?? {})) {
      if (value !== undefined) url.searchParams.set(name, String(value))
    }
    const answer = await http.send({
      method: call.method ?? 'GET',
      url,
      headers: { accept: 'application/json', ...call.headers, ...authorization },
      ...(call.body === undefined ? {} : { body: call.body }),
      signal: deadline.signal,
      background: call.background ?? false,
      once: call.once ?? false,
    })
    if (answer.status >= 200 && answer.status < 300) return answer
    throw refusal(answer, await readText(answer, longestAnswer))
  }

  function refusal(answer: HttpAnswer, body: string): GatewayError {
    const { status } = answer
    const problem = parseProblem(body)
    const retryAfterMs = readRetryAfter(answer.header('retry-after'), Date.now())
    const told = tell(problem?.message ?? body)
    const next = problem?.next === undefined ? '' : `; ${tell(problem.next)}`
    return new GatewayError(
      `the gateway at ${base.host} answered ${status}${told === '' ? '' : `: ${told}`}${next}`,
      {
        status,
        retryable: status === 408 || status === 425 || status === 429 || status >= 500,
        ...(problem?.code === undefined ? {} : { gatewayCode: tell(problem.code) }),
        ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
      },
    )
  }

  // Whatever stands in front of the gateway may echo our own header back to us, or write to the reader's terminal.
  function tell(text: string): string {
    const hidden = token === undefined ? text : text.replaceAll(token, '[token]')
    return hidden
      .replace(/\p{Cc}+/gu, ' ')
      .trim()
      .slice(0, tellAtMost)
  }

  function failure(error: unknown, call: Call, deadline: Deadline, timeoutMs: number): unknown {
    if (PincerError.isInstance(error)) return error
    if (closed) return isClosed()
    if (deadline.expired()) {
      return new GatewayError(`the gateway at ${base.host} did not answer within ${timeoutMs} ms`, {
        retryable: true,
        gatewayCode: 'timeout',
      })
    }
    if (call.signal?.aborted === true) return call.signal.reason
    const why = codeOf(error)
    return new GatewayError(
      `the gateway at ${base.host} could not be reached, or broke off${why === '' ? '' : `: ${why}`}`,
      {
        retryable: true,
        gatewayCode: 'unreachable',
        cause: error,
      },
    )
  }

  return {
    async text(call) {
      const timeoutMs = call.timeoutMs ?? defaultTimeoutMs
      const deadline = startDeadline(timeoutMs, call.signal, call.background ?? false)
      underWay.add(deadline.giveUp)
      try {
        return await readText(await send(call, deadline), longestAnswer)
      } catch (error) {
        throw failure(error, call, deadline, timeoutMs)
      } finally {
        underWay.delete(deadline.giveUp)
        deadline.release()
      }
    },
    async *stream(call) {
      const timeoutMs = call.timeoutMs ?? defaultTimeoutMs
      const head = startDeadline(timeoutMs, call.signal, false)
      const reading = new AbortController()
      const stop = (): void => reading.abort(call.signal?.reason)
      let silence: ReturnType<typeof setTimeout> | undefined
      head.signal.addEventListener('abort', stop, { once: true })
      call.signal?.addEventListener('abort', stop, { once: true })
      underWay.add(stop)
      try {
        const answer = await send(call, { ...head, signal: reading.signal })
        head.release()
        const decoder = new TextDecoder()
        silence = setTimeout(stop, longestSilenceMs)
        for await (const chunk of answer.chunks()) {
          // While the reader is busy with a piece, silence is not the gateway's.
          clearTimeout(silence)
          yield decoder.decode(chunk, { stream: true })
          silence = setTimeout(stop, longestSilenceMs)
        }
      } catch (error) {
        throw failure(error, call, head, timeoutMs)
      } finally {
        head.release()
        clearTimeout(silence)
        underWay.delete(stop)
        call.signal?.removeEventListener('abort', stop)
        // Breaks the connection of a stream that is left before its end.
        reading.abort()
      }
    },
    close() {
      closed = true
      for (const stop of underWay) stop()
      http.close()
    },
  }
}

function isClosed(): PincerError {
  return new PincerError('closed', 'this gateway client is closed; make a new one')
}

async function readText(answer: HttpAnswer, limit: number): Promise<string> {
  const decoder = new TextDecoder()
  let text = ''
  for await (const chunk of answer.chunks()) {
    text += decoder.decode(chunk, { stream: true })
    if (text.length > limit)
      throw new GatewayError(`the gateway answered more than ${limit} characters`, {
        gatewayCode: 'too_large',
      })
  }
  return text + decoder.decode()
}

// `fetch` hides the reason one level down.
function codeOf(error: unknown): string {
  for (const at of [error, error instanceof Error ? error.cause : undefined]) {
    if (at instanceof Error && 'code' in at && typeof at.code === 'string') return at.code
  }
  return error instanceof Error ? error.message.slice(0, tellAtMost) : ''
}
