import type { LanguageModelV4StreamPart } from '@ai-sdk/provider'
import type { Claw, ModelCall, ModelCallOptions, ModelCallResult } from '@pincer/core'

import { convertError, convertStop } from './convert-error.ts'
import { convertModelEnd, convertOutcome, type Recorded } from './convert-model-call.ts'
import { textOf } from './convert-operation.ts'
import { ModelAnswer, type ModelResult } from './telemetry-answer.ts'
import { type StreamWatch, watchModelStream } from './telemetry-stream.ts'

/** Is told of what an operation must know of its attempts. */
export interface AttemptListener {
  /** The model asks for this call, about which nobody has been asked yet. */
  readonly expect: (toolCallId: string) => void
  /** Nobody reads the stream any further. */
  readonly abandoned: () => void
  /** Runs of a gateway below the operation's, which count for themselves what they use. */
  readonly counted: Set<string>
}

/** One request to a language model; the AI SDK may make several for one step, as attempts. */
export class Attempt implements StreamWatch {
  readonly call: ModelCall
  /** True once the request is made; before, another integration of the same client may tell of it again. */
  isMade = false
  readonly #claw: Claw
  readonly #options: ModelCallOptions
  readonly #recorded: Recorded
  readonly #listener: AttemptListener
  readonly #answer: ModelAnswer
  #isStreamed = false

  constructor(
    claw: Claw,
    call: ModelCall,
    options: ModelCallOptions,
    recorded: Recorded,
    listener: AttemptListener,
  ) {
    this.#claw = claw
    this.call = call
    this.#options = options
    this.#recorded = recorded
    this.#listener = listener
    this.#answer = new ModelAnswer(call, recorded, listener.expect)
    call.onAbandon(() => this.#abandoned())
  }

  /** What an `error` part of the stream said, in a list of one. */
  get streamError(): readonly [unknown] | undefined {
    return this.#answer.error
  }

  /** Makes the request inside the model call, so that what it starts stands under it. */
  async make<Result>(execute: () => PromiseLike<Result>): Promise<Result> {
    this.isMade = true
    try {
      const result = await this.call.within(execute)
      this.#safely(() => this.#take(Object(result)))
      return result
    } catch (error) {
      this.failed(error)
      throw error
    }
  }

  /** Ends it as the AI SDK tells of its end; whatever it has used is told there, and nowhere else. */
  end(event: { readonly finishReason?: unknown }): void {
    const { provider, model } = this.#options
    const { modelId, rawReason, gatewayRunId } = this.#answer
    const { finishReason } = event
    const answered = modelId === undefined ? event : { ...event, modelId }
    const told = convertModelEnd(answered, provider, model, this.#recorded)
    const usage = this.#isCounted() ? undefined : told.usage
    const result = {
      ...told,
      usage,
      finishReason: rawReason ?? textOf(finishReason),
      // Our own provider's answer was made by a run, which has the steps that led to it.
      responseId: gatewayRunId ?? told.responseId,
    }
    if (finishReason === 'error') this.call.fail(this.#error('the model ended with an error'), result)
    else if (finishReason === 'interrupted') this.call.cancel(rawReason, result)
    else this.call.end({ ...result, outcome: convertOutcome(finishReason) })
  }

  /** Ends it without an answer. */
  fail(error: unknown): void {
    if (this.call.ended) return
    if (convertStop(error) === 'aborted') this.call.cancel('aborted', this.#soFar())
    else this.call.fail(convertError(error, this.#recorded.hidesErrors), this.#soFar())
  }

  /** Ends it because somebody stopped it. */
  cancel(reason: string): void {
    if (!this.call.ended) this.call.cancel(reason, this.#soFar())
  }

  /** Ends it where the stream came to its end but the model did not say so. */
  cutOff(): void {
    if (this.call.ended) return
    this.call.fail(this.#error('the stream ended before the answer was complete'), this.#soFar())
  }

  part(part: LanguageModelV4StreamPart): void {
    // Called for every piece of a stream, so without a closure.
    try {
      this.#answer.see(part)
    } catch (error) {
      this.#claw.report(error, 'ai-sdk')
    }
  }

  done(): void {
    // What is finished is ended by the hook that tells its usage.
    this.#safely(() => this.#answer.isFinished || this.cutOff())
  }

  failed(error: unknown): void {
    this.#safely(() => this.fail(error))
  }

  cancelled(): void {
    this.#safely(() => {
      if (this.streamError === undefined) this.cancel('the reader stopped')
      else this.cutOff()
    })
  }

  // A stream is handed on and read later.
  #take(result: ModelResult): void {
    this.#answer.take(result)
    if (result.stream === undefined) return
    this.#isStreamed = true
    this.call.awaitReader()
    watchModelStream(result.stream, this)
  }

  // A run below this one stands in the same record, and so does what it has used; it may be gone on with in a later call.
  #isCounted(): boolean {
    const { counted } = this.#listener
    const { gatewayRunId, isBelow } = this.#answer
    if (gatewayRunId === undefined) return false
    if (isBelow) counted.add(gatewayRunId)
    return counted.has(gatewayRunId)
  }

  // Time ends it, or its run.
  #abandoned(): ModelCallResult {
    if (this.#isStreamed) queueMicrotask(() => this.#safely(this.#listener.abandoned))
    return this.#soFar()
  }

  #soFar(): ModelCallResult {
    const { text } = this.#answer
    return text === '' ? {} : { output: text }
  }

  #error(otherwise: string): unknown {
    const { streamError } = this
    if (streamError === undefined) return new Error(otherwise)
    return convertError(streamError[0], this.#recorded.hidesErrors)
  }

  #safely(work: () => void): void {
    try {
      work()
    } catch (error) {
      this.#claw.report(error, 'ai-sdk')
    }
  }
}
