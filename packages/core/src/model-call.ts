import type { ActionOutcome, ModelOperation, Usage } from '@pincer/protocol'

import { ActionHandle, actionTypes } from './action.ts'
import { DeltaWriter } from './delta-writer.ts'
import type { Handle } from './handle.ts'
import type { Services } from './services.ts'

/** How a model call is started. */
export interface ModelCallOptions {
  /** Who runs the model, such as `openai`. */
  readonly provider: string
  readonly model: string
  /** What the model is asked to make; `chat` when absent. */
  readonly operation?: ModelOperation
  /** Messages or other input, in the provider's shape. */
  readonly input?: unknown
  /** Settings such as `temperature`. */
  readonly parameters?: Readonly<Record<string, unknown>>
  readonly stream?: boolean
  /** Own id; made when absent. */
  readonly actionId?: string
}

/** What is known when a model call ends. */
export interface ModelCallResult {
  readonly output?: unknown
  readonly usage?: Usage | undefined
  /** The provider's own word, such as `stop`. */
  readonly finishReason?: string | undefined
  /** Id of the provider's answer. */
  readonly responseId?: string | undefined
  /** The provider's request id. */
  readonly requestId?: string | undefined
}

const types = actionTypes('model.call')

/** One request to a model; usage is counted here and nowhere else. */
export class ModelCall extends ActionHandle<ModelCallResult> {
  readonly kind = 'model_call'
  #answer: DeltaWriter | undefined
  #thoughts: DeltaWriter | undefined
  #firstTokenMs: number | undefined
  #collect: (() => ModelCallResult) | undefined

  /** @internal */
  constructor(services: Services, parent: Handle, options: ModelCallOptions) {
    super(services, parent, types, options.actionId)
    if (!this.recorded) return
    const { capture } = services
    this.emit(types.started, {
      provider: options.provider,
      model: options.model,
      operation: options.operation,
      input: capture.input(options.input),
      parameters: capture.fields(options.parameters),
      stream: options.stream,
      parentActionId: parent.actionId,
    })
  }

  /** Adds a piece of the answer; pieces are gathered into few `assistant.delta` events. */
  delta(text: string): void {
    this.touch()
    if (this.#takesPieces) (this.#answer ??= this.#startWriter('assistant.delta')).add(text)
  }

  /** Adds a piece of the model's reasoning. */
  thinking(text: string): void {
    this.touch()
    if (this.#takesPieces) (this.#thoughts ??= this.#startWriter('thinking.delta')).add(text)
  }

  /** Says that something arrived that is not text, so that the call has its first token and does not idle out. */
  touch(): void {
    this.isAlive = true
    this.isUnread = false
    this.#firstTokenMs ??= this.elapsedMs()
  }

  /** Says that a stream was handed to the caller: the call is `unread` if nobody reads it in time. */
  awaitReader(): void {
    this.isAlive = true
    this.isUnread = true
  }

  /** Sets what to report when the call is ended by time or with its parent. */
  onAbandon(collect: () => ModelCallResult): void {
    this.#collect = collect
  }

  /** @internal */
  protected override collect(): ModelCallResult | undefined {
    try {
      return this.#collect?.()
    } catch (error) {
      this.services.report(error, 'onAbandon')
      return undefined
    }
  }

  /** @internal */
  protected override settle(result: ModelCallResult | undefined): void {
    this.#answer?.finish()
    this.#thoughts?.finish()
    if (result?.usage !== undefined) this.emit('usage.reported', { ...result.usage })
  }

  /** @internal */
  protected override describe(outcome: ActionOutcome, result: ModelCallResult | undefined): object {
    return {
      outcome,
      output: this.services.capture.output(result?.output),
      firstTokenMs: this.#firstTokenMs,
      finishReason: result?.finishReason,
      responseId: result?.responseId,
      requestId: result?.requestId,
    }
  }

  get #takesPieces(): boolean {
    return this.services.recordDeltas && this.recorded && !this.ended
  }

  #startWriter(type: 'assistant.delta' | 'thinking.delta'): DeltaWriter {
    const { clock, capture } = this.services
    return new DeltaWriter(clock, (text) => this.emit(type, { delta: capture.text(text) }))
  }
}
