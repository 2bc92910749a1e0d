import { isAbort, type ModelCall, type ModelCallResult } from '@pincer/core'
import type { ModelOperation } from '@pincer/protocol'

import type { Answer, AnswerReader, Collector } from './answer.ts'
import { convertUsage } from './convert-usage.ts'
import type { ModelMethod } from './resources.ts'
import type { Wrapping } from './wrapping.ts'

/** What a watch has to know of the request. */
export interface WatchedRequest {
  readonly model: string
  readonly signal: AbortSignal | null | undefined
  /** True where the provider goes on when the connection ends. */
  readonly background: boolean
}

/** Follows one model call from its request to its outcome; a fault in here goes to `onError`, never to the host. */
export class CallWatch {
  /** True where the stream was asked for its usage by us, not by the caller. */
  hidesUsage = false
  requestId: string | undefined
  readonly #wrapping: Wrapping
  readonly #operation: ModelOperation
  readonly #reader: AnswerReader
  readonly #call: ModelCall
  readonly #request: WatchedRequest
  #collector: Collector | undefined
  #repeats = false
  #responseId: string | undefined

  constructor(
    wrapping: Wrapping,
    [, operation, , reader]: ModelMethod,
    call: ModelCall,
    request: WatchedRequest,
  ) {
    this.#operation = operation
    this.#reader = reader
    this.#wrapping = wrapping
    this.#call = call
    this.#request = request
    call.onAbandon(() => this.#result(this.#answer()))
  }

  /** True where the answer is bytes, handed out as a `Response`. */
  get binary(): boolean {
    return this.#operation === 'speech'
  }

  /** True once the call has its outcome. */
  get ended(): boolean {
    return this.#call.ended
  }

  /** The response is there and belongs to the caller, who may never read it. */
  arrived(): void {
    if (!this.ended) this.#call.awaitReader()
  }

  /** A whole answer; one without a body says nothing but that it came. */
  whole(value: unknown): void {
    this.guard(() => {
      if (!this.ended) this.#settle(this.#read(value))
    })
  }

  /** A stream begins; one that follows a background response after another tells its text again. */
  open(): void {
    this.#repeats = this.#collector !== undefined
    this.#collector = this.#reader.collect()
  }

  /** One event of the stream. True where the caller must not see it, because only we asked for it. */
  event(event: unknown): boolean {
    try {
      if (this.#repeats) this.#call.touch()
      this.#collector?.add(event, this.#repeats ? undefined : this.#call)
      return this.hidesUsage && hideUsage(event)
    } catch (error) {
      this.#wrapping.claw.report(error, 'openai: a stream event')
      return false
    }
  }

  /** The stream has ended by itself, which an abort by signal looks like too. */
  close(aborted: boolean): void {
    this.#over(
      aborted ? 'aborted' : undefined,
      new Error('the stream ended before the answer was complete'),
      true,
    )
  }

  /** The caller has stopped reading. */
  stop(): void {
    this.#over('the reader stopped', undefined, true)
  }

  /** The request, the body or the stream failed. */
  fail(error: unknown): void {
    this.#over(isAbort(error) ? 'aborted' : undefined, error, false)
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
  #over(reason: string | undefined, error: unknown, mayBeWhole: boolean): void {
    this.guard(() => {
      if (this.ended) return
      const answer = this.#answer()
      if (mayBeWhole && answer.finished) this.#settle(answer)
      else if (this.#keep()) return
      else if (reason !== undefined || this.#request.signal?.aborted)
        this.#call.cancel(reason ?? 'aborted', this.#result(answer))
      else this.#call.fail(error, this.#result(answer))
    })
  }

  #settle(answer: Answer): void {
    const { outcome } = answer
    const result = this.#result(answer)
    if (outcome === 'pending' && this.#keep()) return
    if (outcome === 'failed') this.#call.fail(answer.error, result)
    else if (outcome === 'cancelled') this.#call.cancel('cancelled at the provider', result)
    else this.#call.end({ ...result, outcome: outcome === 'pending' ? 'ok' : outcome })
    this.#wrapping.background.delete(this.#responseId)
  }

  // Leaves a background call open, whose end a later `retrieve` will show; where nobody asks, it stays unread.
  #keep(): boolean {
    if (!this.#request.background || this.#responseId === undefined) return false
    this.#wrapping.background.keep(this.#responseId, this)
    this.#call.awaitReader()
    return true
  }

  #answer(): Answer {
    return this.#collector === undefined
      ? { outcome: 'ok', finished: false }
      : this.#read(this.#collector.value)
  }

  #read(value: unknown): Answer {
    const answer: Answer = value
      ? this.#reader.read(value, this.#operation)
      : { outcome: 'ok', finished: true }
    this.#responseId = answer.responseId ?? this.#responseId
    return answer
  }

  #result({ output, usage, model, finishReason, responseId }: Answer): ModelCallResult {
    return {
      output,
      usage: convertUsage(usage, this.#wrapping.provider, model ?? this.#request.model),
      finishReason: finishReason ?? undefined,
      responseId,
      requestId: this.requestId,
    }
  }
}

// The chunk that we asked for has usage and no choices; every other chunk has gained an empty usage field.
function hideUsage(event: unknown): boolean {
  if (typeof event !== 'object' || event === null || !('usage' in event)) return false
  if (event.usage !== null)
    return 'choices' in event && Array.isArray(event.choices) && event.choices.length === 0
  delete event.usage
  return false
}
