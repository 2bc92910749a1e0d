import type { CompletedOutcome, ModelOperation, Usage } from '@pincer/protocol'

import { ActionHandle } from './action.ts'
import { DeltaWriter } from './delta-writer.ts'
import { type Handle, roundMs } from './handle.ts'
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

type DeltaType = 'assistant.delta' | 'thinking.delta'

/** One request to a model; usage is counted here and nowhere else. */
export class ModelCall extends ActionHandle<ModelCallResult> {
  readonly kind = 'model_call'
  /** @internal */
  protected override readonly family = 'model.call'
  #writers: Map<DeltaType, DeltaWriter> | undefined
  #firstTokenMs: number | undefined
  #unread = false
  #collect: (() => ModelCallResult) | undefined

  /** @internal */
  constructor(services: Services, parent: Handle, options: ModelCallOptions, ownsRun?: boolean) {
    super(services, parent, ownsRun, options.actionId)
    this.open(parent, () => ({
      provider: options.provider,
      model: options.model,
      operation: options.operation,
      input: this.captureInput(options.input),
      parameters: services.capture.fields(options.parameters),
      stream: options.stream,
    }))
  }

  /** Adds a piece of the answer; pieces are gathered into few `assistant.delta` events. */
  delta(text: string): void {
    this.#write('assistant.delta', text)
  }

  /** Adds a piece of the model's reasoning. */
  thinking(text: string): void {
    this.#write('thinking.delta', text)
  }

  /** Says that something arrived that is not text, so that the call has its first token and does not idle out. */
  touch(): void {
    this.lastActivity = this.services.clock.monotonic()
    this.#unread = false
    this.#firstTokenMs ??= roundMs(this.lastActivity - this.startedAt)
  }

  /** Says that a stream was handed to the caller: the call is `unread` if nobody reads it in time. */
  awaitReader(): void {
    this.#unread = true
    this.lastActivity = this.services.clock.monotonic()
  }

  /** Sets what to report when the call is ended by time or with its parent. */
  onAbandon(collect: () => ModelCallResult): void {
    this.#collect = collect
  }

  /** @internal */
  protected override get idleOutcome(): CompletedOutcome {
    return this.#unread ? 'unread' : 'abandoned'
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
    this.#writers?.forEach((writer) => writer.finish())
    if (result?.usage !== undefined) this.emit('usage.reported', { ...result.usage })
  }

  /** @internal */
  protected override describe(result: ModelCallResult | undefined): object {
    return {
      output: this.captureOutput(result?.output),
      firstTokenMs: this.#firstTokenMs,
      finishReason: result?.finishReason,
      responseId: result?.responseId,
      requestId: result?.requestId,
    }
  }

  #write(type: DeltaType, text: string): void {
    this.touch()
    if (!this.identity.recorded || this.ended || !this.services.recordDeltas) return
    this.#writers ??= new Map()
    let writer = this.#writers.get(type)
    if (writer === undefined) {
      const { capture } = this.services
      writer = new DeltaWriter(this.startedAt, (delta) => this.emit(type, { delta: capture.text(delta) }))
      this.#writers.set(type, writer)
    }
    writer.add(text, this.lastActivity)
  }
}
