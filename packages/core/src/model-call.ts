import type {
  CompletedOutcome,
  ModelCallCompletedData,
  ModelCallFailedData,
  ModelCallStartedData,
  ModelOperation,
  Usage,
} from '@pincer/protocol'

import { ActionHandle, parentActionId } from './action.ts'
import { DeltaWriter } from './delta-writer.ts'
import { isAbort } from './error-info.ts'
import { type Handle, roundMs } from './handle.ts'
import type { Run } from './run.ts'
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

const deltaIntervalMs = 250
const maxDeltaLength = 4_096

/** One request to a model; ends exactly once, and usage is counted here and nowhere else. */
export class ModelCall extends ActionHandle {
  readonly kind = 'model_call'
  #firstTokenMs: number | undefined
  #unread = false
  #text: DeltaWriter | undefined
  #thinking: DeltaWriter | undefined
  #collect: (() => ModelCallResult) | undefined

  /** @internal */
  constructor(services: Services, parent: Handle, run: Run, ownsRun: boolean, options: ModelCallOptions) {
    super(services, parent, run, options.actionId, ownsRun)
    if (!this.recorded) return
    this.emit('model.call.started', {
      provider: options.provider,
      model: options.model,
      operation: options.operation,
      input: this.captureInput(options.input),
      parameters: options.parameters === undefined ? undefined : services.capture.value(options.parameters),
      stream: options.stream,
      parentActionId: parentActionId(parent),
    } as ModelCallStartedData)
  }

  /** Adds a piece of the answer; pieces are gathered into few `assistant.delta` events. */
  delta(text: string): void {
    const now = this.#alive()
    if (!this.#recordsDeltas) return
    this.#text ??= this.#writer('assistant.delta')
    this.#text.add(text, now)
  }

  /** Adds a piece of the model's reasoning. */
  thinking(text: string): void {
    const now = this.#alive()
    if (!this.#recordsDeltas) return
    this.#thinking ??= this.#writer('thinking.delta')
    this.#thinking.add(text, now)
  }

  /** Says that something arrived that is not text, so that the call has its first token and does not idle out. */
  touch(): void {
    this.#alive()
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

  /** Ends the call without failure; `outcome` tells a cut answer, a refusal and the like from `ok`. */
  end(result: ModelCallResult & { readonly outcome?: CompletedOutcome } = {}): void {
    this.#complete(result.outcome ?? 'ok', undefined, result)
  }

  /** Ends the call with what went wrong; an abort is a cancellation, not a failure. */
  fail(error: unknown, result: ModelCallResult = {}): void {
    if (isAbort(error)) return this.cancel(undefined, result)
    if (!this.finish()) return
    if (this.recorded) {
      this.#settle(result.usage)
      this.emit('model.call.failed', {
        outcome: 'error',
        error: this.captureError(error),
        ...this.#ending(undefined, result),
      } as ModelCallFailedData)
    }
    this.ownRun?.fail(error)
  }

  /** Ends the call because somebody stopped it; cancelled is not failed. */
  cancel(reason?: string, result: ModelCallResult = {}): void {
    this.#complete('cancelled', reason, result)
  }

  /** @internal */
  override abandon(reason: string): void {
    this.#complete(this.#unread ? 'unread' : 'abandoned', reason, this.#collected())
  }

  /** @internal */
  override closeWithParent(): void {
    this.#complete('abandoned', 'its parent ended', this.#collected())
  }

  get #recordsDeltas(): boolean {
    return this.recorded && !this.ended && this.services.recordDeltas && this.services.recordOutputs
  }

  #alive(): number {
    const now = this.services.clock.monotonic()
    this.lastActivity = now
    this.#unread = false
    this.#firstTokenMs ??= roundMs(now - this.startedAt)
    return now
  }

  #writer(type: 'assistant.delta' | 'thinking.delta'): DeltaWriter {
    return new DeltaWriter(this.startedAt, deltaIntervalMs, maxDeltaLength, (text) => {
      this.emit(type, { delta: this.services.capture.text(text) })
    })
  }

  #complete(outcome: CompletedOutcome, reason: string | undefined, result: ModelCallResult): void {
    if (!this.finish()) return
    if (this.recorded) {
      this.#finishDeltas()
      this.emit('model.call.completed', {
        outcome,
        ...this.#ending(reason, result),
      } as ModelCallCompletedData)
      this.#reportUsage(result.usage)
    }
    const run = this.ownRun
    if (run === undefined) return
    if (outcome === 'cancelled') run.cancel(reason)
    else if (outcome === 'abandoned' || outcome === 'unread') run.timeOut(reason)
    else run.end({ stopReason: result.finishReason ?? outcome })
  }

  #ending(reason: string | undefined, result: ModelCallResult): Record<string, unknown> {
    return {
      output: this.captureOutput(result.output),
      durationMs: this.duration(),
      firstTokenMs: this.#firstTokenMs,
      finishReason: result.finishReason,
      responseId: result.responseId,
      requestId: result.requestId,
      reason: this.captureReason(reason),
    }
  }

  // The end is the last word about a call.
  #settle(usage: Usage | undefined): void {
    this.#thinking?.finish()
    this.#text?.finish()
    if (usage !== undefined) this.emit('usage.reported', usage)
  }

  #collected(): ModelCallResult {
    try {
      return this.#collect?.() ?? {}
    } catch (error) {
      this.services.report(error, 'onAbandon')
      return {}
    }
  }
}
