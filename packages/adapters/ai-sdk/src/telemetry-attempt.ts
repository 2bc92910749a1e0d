import type { LanguageModelV4GenerateResult, LanguageModelV4StreamPart } from '@ai-sdk/provider'
import type { Claw, ModelCall, ModelCallOptions, ModelCallResult } from '@pincer/core'

import { convertError, convertStop } from './convert-error.ts'
import {
  convertGatewayRun,
  convertModelEnd,
  convertOutcome,
  convertParentRun,
  type Recorded,
} from './convert-model-call.ts'
import { textOf } from './convert-operation.ts'
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
  /** What an `error` part of the stream said, in a list of one. */
  streamError: readonly [unknown] | undefined
  readonly #claw: Claw
  readonly #options: ModelCallOptions
  readonly #recorded: Recorded
  readonly #listener: AttemptListener
  #isStreamed = false
  #hasBegun = false
  #text = ''
  #rawReason: string | undefined
  #gatewayRunId: string | undefined
  // The model that answered, which early versions of the AI SDK do not tell.
  #modelId: string | undefined
  #isBelow = false
  #isFinished = false

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
    call.onAbandon(() => this.#abandoned())
  }

  /** Makes the request inside the model call, so that what it starts stands under it. */
  async make<Result>(execute: () => PromiseLike<Result>): Promise<Result> {
    this.isMade = true
    try {
      const result = await this.call.within(execute)
      this.#safely(() => this.#take(result))
      return result
    } catch (error) {
      this.failed(error)
      throw error
    }
  }

  /** Ends it as the AI SDK tells of its end; whatever it has used is told there, and nowhere else. */
  end(event: { readonly finishReason?: unknown }): void {
    const { provider, model } = this.#options
    const { finishReason } = event
    const answered = this.#modelId === undefined ? event : { ...event, modelId: this.#modelId }
    const answer = convertModelEnd(answered, provider, model, this.#recorded)
    const usage = this.#isCounted() ? undefined : answer.usage
    const result = {
      ...answer,
      usage,
      finishReason: this.#rawReason ?? textOf(finishReason),
      // Our own provider's answer was made by a run, which has the steps that led to it.
      responseId: this.#gatewayRunId ?? answer.responseId,
    }
    if (finishReason === 'error') this.call.fail(this.#error(), result)
    else if (finishReason === 'interrupted') this.call.cancel(this.#rawReason, result)
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
      this.#see(part)
    } catch (error) {
      this.#claw.report(error, 'ai-sdk')
    }
  }

  done(): void {
    // What is finished is ended by the hook that tells its usage.
    this.#safely(() => this.#isFinished || this.cutOff())
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

  #see(part: LanguageModelV4StreamPart): void {
    const { call } = this
    switch (part.type) {
      case 'text-delta':
      case 'reasoning-delta':
        this.#hasBegun = true
        if (this.#recorded.outputs) {
          this.#seePiece(part.type, part.delta)
          return
        }
        break
      case 'response-metadata':
        this.#modelId = part.modelId
        break
      case 'stream-start':
      case 'text-start':
      case 'reasoning-start':
      case 'ping':
      case 'raw':
        break
      case 'tool-call':
        this.#listener.expect(part.toolCallId)
        this.#hasBegun = true
        break
      case 'error':
        this.streamError = [part.error]
        break
      case 'finish':
        this.#finish(part)
        break
      default:
        this.#hasBegun = true
    }
    // Every part is a sign of life, but not every one is a token.
    if (this.#hasBegun) call.touch()
    else call.awaitReader()
  }

  #seePiece(type: 'text-delta' | 'reasoning-delta', piece: string): void {
    if (type === 'reasoning-delta') {
      this.call.thinking(piece)
      return
    }
    this.#text += piece
    this.call.delta(piece)
  }

  // A stream is handed on and read later; anything else is the whole answer.
  #take(result: unknown): void {
    const { stream, content = [], request, response, ...answer }: Answer = Object(result)
    this.#modelId = response?.modelId
    this.#isBelow = convertParentRun(request) === this.call.runId
    if (stream !== undefined) {
      this.#isStreamed = true
      this.call.awaitReader()
      watchModelStream(stream, this)
      return
    }
    for (const part of content) if (part.type === 'tool-call') this.#listener.expect(part.toolCallId)
    this.#finish(answer)
  }

  #finish({ finishReason, providerMetadata }: Answer): void {
    this.#isFinished = true
    this.#rawReason = textOf(finishReason?.raw)
    this.#gatewayRunId = convertGatewayRun(providerMetadata)
  }

  // A run below this one stands in the same record, and so does what it has used; it may be gone on with in a later call.
  #isCounted(): boolean {
    const { counted } = this.#listener
    if (this.#gatewayRunId === undefined) return false
    if (this.#isBelow) counted.add(this.#gatewayRunId)
    return counted.has(this.#gatewayRunId)
  }

  // Time ends it, or its run.
  #abandoned(): ModelCallResult {
    if (this.#isStreamed) queueMicrotask(() => this.#safely(this.#listener.abandoned))
    return this.#soFar()
  }

  #soFar(): ModelCallResult {
    return this.#text === '' ? {} : { output: this.#text }
  }

  #error(otherwise = 'the model ended with an error'): unknown {
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

interface Answer extends Partial<
  Pick<LanguageModelV4GenerateResult, 'content' | 'finishReason' | 'providerMetadata' | 'request' | 'response'>
> {
  readonly stream?: unknown
}
