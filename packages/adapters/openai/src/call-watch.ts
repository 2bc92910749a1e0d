import { isAbort, type ModelCall, type ModelCallResult } from '@pincer/core'
import type { ModelOperation } from '@pincer/protocol'

import type { Answer, AnswerReader, Collector, TextTaker } from './answer.ts'
import { hideUsage } from './convert-chat.ts'
import { convertUsage } from './convert-usage.ts'
import type { ResponseProps } from './parse-sdk.ts'
import type { Wrapping } from './wrapping.ts'

/** What a watch has to know of the request. */
export interface WatchedRequest {
  readonly model: string
  readonly operation: ModelOperation
  /** True where the provider goes on when the connection ends. */
  readonly background: boolean
  readonly signal: AbortSignal | null | undefined
}

const maxBackgroundCalls = 1_000

/** Follows one model call from its request to its outcome; a fault in here goes to `onError`, never to the host. */
export class CallWatch {
  /** True where the stream was asked for its usage by us, not by the caller. */
  hidesUsage = false
  /** The head of the answer, once it is there. */
  response: Response | undefined
  /** True where the answer is bytes, handed out as a `Response`. */
  readonly binary: boolean
  readonly #wrapping: Wrapping
  readonly #call: ModelCall
  readonly #request: WatchedRequest
  #reader: AnswerReader | undefined
  #loading: Promise<void> | undefined
  #collector: Collector | undefined
  #taker: TextTaker
  #signal: AbortSignal | undefined
  #last: Answer = { outcome: 'ok', finished: false }

  constructor(
    wrapping: Wrapping,
    call: ModelCall,
    request: WatchedRequest,
    reader: AnswerReader | undefined,
  ) {
    this.binary = request.operation === 'speech'
    this.#wrapping = wrapping
    this.#call = this.#taker = call
    this.#request = request
    this.#reader = reader
    call.onAbandon(() => this.#result(this.#answer()))
    // Loaded while the request is on its way.
    if (reader === undefined) {
      this.#loading = import('./other-readers.ts').then(
        ({ createReader }) => {
          this.#reader = createReader(request)
          this.#loading = undefined
        },
        (error: unknown) => this.fail(error),
      )
    }
  }

  /** True once the call has its outcome. */
  get ended(): boolean {
    return this.#call.ended
  }

  /** The response is there and belongs to the caller, who may never read it; it is handed on once it can be read here. */
  arrived(props: ResponseProps): ResponseProps | Promise<ResponseProps> {
    if (!this.ended) this.#call.awaitReader()
    return this.#loading?.then(() => props) ?? props
  }

  /** A whole answer; one without a body says nothing but that it came. */
  whole(value: unknown): void {
    this.guard(() => {
      if (!this.ended) this.#settle(value ? this.#read(value) : { outcome: 'ok', finished: true })
    })
  }

  /** A stream begins that `signal` may end; one that follows a background response after another tells its text again. */
  open(signal: AbortSignal): void {
    const touch = (): void => this.#call.touch()
    if (this.#collector !== undefined) this.#taker = { delta: touch, thinking: touch, touch }
    this.#collector = this.#reader?.collect()
    this.#signal = signal
  }

  /** One event of the stream. True where the caller must not see it, because only we asked for it. */
  event(event: unknown): boolean {
    try {
      this.#collector?.add(event, this.#taker)
      return this.hidesUsage && hideUsage(event)
    } catch (error) {
      this.#wrapping.claw.report(error, 'openai: a stream event')
      return false
    }
  }

  /** The stream has ended by itself, which an abort by signal looks like too. */
  close(): void {
    this.#over(true, this.#signal?.aborted ? 'aborted' : undefined)
  }

  /** The caller has stopped reading. */
  stop(): void {
    this.#over(true, 'the reader stopped')
  }

  /** The request, the body or the stream failed. */
  fail(error: unknown): void {
    this.#over(false, isAbort(error) || this.#request.signal?.aborted ? 'aborted' : undefined, error)
  }

  /** The same, for the rejection of a promise, which goes on to the caller. */
  readonly reject = (error: unknown): never => {
    this.fail(error)
    throw error
  }

  /** Runs what must never throw into the host. */
  guard(work: () => void): void {
    try {
      work()
    } catch (error) {
      this.#wrapping.claw.report(error, 'openai: a model call')
    }
  }

  // What had come to its own end by then is neither cancelled nor cut.
  #over(mayBeWhole: boolean, reason: string | undefined, error?: unknown): void {
    this.guard(() => {
      if (this.ended) return
      const answer = this.#answer()
      const result = this.#result(answer)
      if (answer.outcome === 'pending' || (mayBeWhole && answer.finished)) this.#settle(answer)
      else if (reason !== undefined) this.#call.cancel(reason, result)
      else
        this.#call.fail(
          mayBeWhole ? new Error('the stream ended before the answer was complete') : error,
          result,
        )
    })
  }

  #settle(answer: Answer): void {
    const { outcome, responseId } = answer
    const { background } = this.#wrapping
    const result = this.#result(answer)
    background.delete(responseId)
    if (outcome === 'failed') this.#call.fail(answer.error, result)
    else if (outcome === 'cancelled') this.#call.cancel('cancelled at the provider', result)
    else if (outcome !== 'pending') this.#call.end({ ...result, outcome })
    else {
      // A later `retrieve` will show its end; where nobody asks, it stays unread.
      this.#call.awaitReader()
      background.set(responseId, this)
      if (background.size > maxBackgroundCalls) background.delete(background.keys().next().value)
    }
  }

  #answer(): Answer {
    return this.#collector === undefined ? this.#last : this.#read(this.#collector.value)
  }

  #read(value: unknown): Answer {
    if (this.#reader !== undefined) this.#last = this.#reader.read(value)
    return this.#last
  }

  #result({ output, usage, model, finishReason, responseId }: Answer): ModelCallResult {
    return {
      output,
      usage: convertUsage(usage, this.#wrapping.provider, model ?? this.#request.model),
      finishReason: finishReason ?? undefined,
      responseId,
      requestId: this.response?.headers.get('x-request-id') ?? undefined,
    }
  }
}
