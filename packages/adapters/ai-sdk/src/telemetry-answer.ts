import type { LanguageModelV4GenerateResult, LanguageModelV4StreamPart } from '@ai-sdk/provider'
import type { ModelCall } from '@pincer/core'

import { convertGatewayRun, convertParentRun, type Recorded } from './convert-model-call.ts'
import { textOf } from './convert-operation.ts'

/** What a model hands to the AI SDK: a whole answer, or a stream of one. */
export interface ModelResult extends Partial<
  Pick<
    LanguageModelV4GenerateResult,
    'content' | 'finishReason' | 'providerMetadata' | 'request' | 'response'
  >
> {
  readonly stream?: unknown
}

/** What is seen of an answer as it passes to the AI SDK, which no hook tells, or not every version's. */
export class ModelAnswer {
  /** What an `error` part of the stream said, in a list of one. */
  error: readonly [unknown] | undefined
  /** True once the model has said that it is finished. */
  isFinished = false
  /** The provider's own word for why. */
  rawReason: string | undefined
  /** The model that answered. */
  modelId: string | undefined
  /** The run on a gateway that made the answer. */
  gatewayRunId: string | undefined
  /** True where that run stands below the operation's, in the same record. */
  isBelow = false
  /** What a stream has written so far. */
  text = ''
  readonly #call: ModelCall
  readonly #recorded: Recorded
  readonly #expect: (toolCallId: string) => void
  #hasBegun = false

  /** @param expect told the id of every call that the model asks for, before anybody is asked about it */
  constructor(call: ModelCall, recorded: Recorded, expect: (toolCallId: string) => void) {
    this.#call = call
    this.#recorded = recorded
    this.#expect = expect
  }

  /** Sees what the model hands over: all of an answer, or what comes with the stream of one. */
  take({ stream, content = [], request, response, ...end }: ModelResult): void {
    this.modelId = response?.modelId
    this.isBelow = convertParentRun(request) === this.#call.runId
    if (stream !== undefined) return
    for (const part of content) if (part.type === 'tool-call') this.#expect(part.toolCallId)
    this.#finish(end)
  }

  /** Sees a part of a stream. */
  see(part: LanguageModelV4StreamPart): void {
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
        this.modelId = part.modelId
        break
      case 'stream-start':
      case 'text-start':
      case 'reasoning-start':
      case 'ping':
      case 'raw':
        break
      case 'tool-call':
        this.#expect(part.toolCallId)
        this.#hasBegun = true
        break
      case 'error':
        this.error = [part.error]
        break
      case 'finish':
        this.#finish(part)
        break
      default:
        this.#hasBegun = true
    }
    // Every part is a sign of life, but not every one is a token.
    if (this.#hasBegun) this.#call.touch()
    else this.#call.awaitReader()
  }

  #seePiece(type: 'text-delta' | 'reasoning-delta', piece: string): void {
    if (type === 'reasoning-delta') {
      this.#call.thinking(piece)
      return
    }
    this.text += piece
    this.#call.delta(piece)
  }

  #finish({ finishReason, providerMetadata }: ModelResult): void {
    this.isFinished = true
    this.rawReason = textOf(finishReason?.raw)
    this.gatewayRunId = convertGatewayRun(providerMetadata)
  }
}
