import type { Claw, ModelCall, ModelCallOptions, ModelCallResult } from '@pincer/core'

import { convertError, convertStop } from './convert-error.ts'
import { convertGatewayRun, convertModelEnd, convertOutcome } from './convert-model-call.ts'
import { textOf } from './convert-operation.ts'
import { type StreamWatch, watchModelStream } from './telemetry-stream.ts'

/** What the caller of an operation wants recorded. */
export interface Recorded {
  readonly inputs: boolean
  readonly outputs: boolean
  /** True where errors are not to be told, since they may repeat what is not to be recorded. */
  readonly hidesErrors: boolean
}

/** Is told of what an operation must know of its attempts. */
export interface AttemptListener {
  /** The model asks for this call, about which nobody has been asked yet. */
  readonly expect: (toolCallId: string) => void
  /** Nobody reads the stream any further. */
  readonly abandoned: () => void
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
  #text = ''
  #rawReason: string | undefined
  #gatewayRunId: string | undefined
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
    const answer = convertModelEnd(event, provider, model, this.#recorded.outputs)
    const result = {
      ...answer,
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

  part(part: unknown): void {
    this.#safely(() => this.#see(part as StreamPart))
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

  #see(part: StreamPart): void {
    const { call } = this
    switch (part.type) {
      case 'text-delta':
        if (!this.#recorded.outputs) break
        this.#text += part.delta
        call.delta(part.delta)
        return
      case 'reasoning-delta':
        if (!this.#recorded.outputs) break
        call.thinking(part.delta)
        return
      case 'tool-call':
        this.#listener.expect(part.toolCallId)
        break
      case 'error':
        this.streamError = [part.error]
        break
      case 'finish':
        this.#finish(part)
        break
      case 'stream-start':
      case 'response-metadata':
        // A sign of life, but no token yet.
        call.awaitReader()
        return
    }
    call.touch()
  }

  // A stream is handed on and read later; anything else is the whole answer.
  #take(result: unknown): void {
    const { stream, content, ...answer } = Object(result) as Answer
    if (stream !== undefined) {
      this.#isStreamed = true
      this.call.awaitReader()
      watchModelStream(stream, this)
      return
    }
    if (Array.isArray(content))
      for (const part of content as readonly StreamPart[]) if (part.type === 'tool-call') this.#listener.expect(part.toolCallId)
    this.#finish(answer)
  }

  #finish({ finishReason, providerMetadata }: Answer): void {
    this.#isFinished = true
    this.#rawReason = textOf(finishReason?.raw)
    this.#gatewayRunId = convertGatewayRun(providerMetadata)
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

interface Answer {
  readonly stream?: unknown
  readonly content?: unknown
  readonly finishReason?: { readonly raw?: unknown }
  readonly providerMetadata?: unknown
}

type StreamPart =
  | { readonly type: 'text-delta' | 'reasoning-delta'; readonly delta: string }
  | { readonly type: 'tool-call'; readonly toolCallId: string }
  | { readonly type: 'error'; readonly error: unknown }
  | ({ readonly type: 'finish' } & Answer)
  | { readonly type: 'stream-start' | 'response-metadata' }
