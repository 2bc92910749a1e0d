import type { BodyTap } from '@pincer/core/wrapping'

import { BatchReport } from './batch-report.ts'
import type { Purpose, startCall, StartedCall } from './call-model.ts'
import { convertFailure, convertThrown } from './convert-failure.ts'
import type { CallOptions } from './parse-attempt.ts'
import type { SentRequest } from './pincer-middleware.ts'
import { tapResults } from './tap-results.ts'
import type { Wrapping } from './wrapping.ts'

// The client's own default, and how long it waits at most before it tries again.
const defaultRetries = 2
const longestWaitMs = 8_000
const slackMs = 1_000

/** The model calls of a client by their requests, of which each may be sent several times. */
export class Attempts {
  readonly #start: typeof startCall
  readonly #tap: BodyTap
  readonly #maxRetries: number | undefined
  readonly #calls = new WeakMap<CallOptions, StartedCall>()
  // Failures that the client may follow by another attempt.
  readonly #held = new WeakMap<CallOptions, ReturnType<typeof setTimeout>>()

  constructor(start: typeof startCall, tap: BodyTap, maxRetries: number | undefined) {
    this.#start = start
    this.#tap = tap
    this.#maxRetries = maxRetries
  }

  /** Asks for the result file of a batch, and reports its answers as the client reads them. */
  async sendForResults(told: Wrapping, batchId: string, send: () => Promise<Response>): Promise<Response> {
    return tapResults(this.#tap, await send(), new BatchReport(told, batchId))
  }

  /** Sends one attempt, and follows its call. */
  async send(
    told: Wrapping,
    purpose: Purpose,
    options: CallOptions,
    request: SentRequest,
    send: () => Promise<Response>,
  ): Promise<Response> {
    let started: StartedCall
    try {
      started = this.#callOf(told, purpose, options)
    } catch (error) {
      told.claw.report(error, 'anthropic')
      return send()
    }
    let response: Response
    try {
      response = await send()
    } catch (error) {
      this.#hold(started, options, request, convertThrown(error, options.signal?.aborted === true))
      throw error
    }
    const { tapBody, tapResponse, withBody } = this.#tap
    const { call, watch } = started
    if (response.ok) {
      void watch.arrived({ response, controller: new AbortController() })
      return tapResponse(response, watch)
    }
    const fail = (text: string): void => {
      if (!call.ended) watch.fail(convertFailure(response, text))
    }
    if (!response.body) {
      this.#hold(started, options, request, convertFailure(response, ''))
      return response
    }
    // The client reads the body of a failure that is the last word, and cancels that of one it will follow by another
    // attempt.
    const decoder = new TextDecoder()
    let text = ''
    const tapped = tapBody(response.body, {
      piece(bytes) {
        text += decoder.decode(bytes, { stream: true })
        return bytes
      },
      end() {
        fail(text)
        return new Uint8Array()
      },
      stop() {},
      fail: () => fail(text),
    })
    return withBody(response, tapped)
  }

  #callOf(told: Wrapping, purpose: Purpose, options: CallOptions): StartedCall {
    clearTimeout(this.#held.get(options))
    const known = this.#calls.get(options)
    if (known?.call.ended === false) return known
    const started = this.#start(told, purpose, options.body, options.signal)
    this.#calls.set(options, started)
    return started
  }

  // A failure without a response: whether another attempt follows shows only in time.
  #hold({ watch }: StartedCall, options: CallOptions, { headers }: SentRequest, error: unknown): void {
    const attempt = Number(headers.get('x-stainless-retry-count') ?? 0)
    if (options.signal?.aborted || attempt >= (options.maxRetries ?? this.#maxRetries ?? defaultRetries))
      return watch.fail(error)
    const waitMs = Math.min(500 * 2 ** attempt, longestWaitMs) + slackMs
    const timer = setTimeout(() => watch.fail(error), waitMs)
    // A process must not stay for this.
    if (typeof timer === 'object') timer.unref?.()
    this.#held.set(options, timer)
  }
}
