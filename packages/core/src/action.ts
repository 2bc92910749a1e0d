import {
  type ActionOutcome,
  type ClawEventData,
  type ClawEventType,
  type CompletedOutcome,
  type FailedOutcome,
  PincerError,
  type PincerErrorCode,
} from '@pincer/protocol'

import { isAbort, toErrorInfo } from './error-info.ts'
import { Handle } from './handle.ts'
import type { Run } from './run.ts'
import type { Services } from './services.ts'

const failures: Partial<Record<PincerErrorCode, FailedOutcome>> = {
  guard_blocked: 'blocked',
  guard_unavailable: 'blocked',
  approval_denied: 'denied',
  approval_timed_out: 'timed_out',
}

/** What model calls, tool calls and retrievals have in common: a run, an id and exactly one end. */
export abstract class ActionHandle<Result extends object> extends Handle {
  readonly actionId: string
  /** The run this belongs to. */
  readonly run: Run
  readonly #ownsRun: boolean | undefined

  /** @internal */
  protected constructor(
    services: Services,
    parent: Handle,
    ownsRun: boolean | undefined,
    actionId: string | undefined,
  ) {
    const run = runOf(parent)
    super(services, parent, run.identity)
    this.actionId = actionId ?? services.newId()
    this.run = run
    this.#ownsRun = ownsRun
    services.openHandles.add(this)
  }

  /** Ends it without failure; `outcome` tells a cut answer, a refusal and the like from `ok`. */
  end(result?: Result & { readonly outcome?: CompletedOutcome }): void {
    this.#close(result?.outcome ?? 'ok', result)
  }

  /** Ends it with what went wrong; an abort is a cancellation, not a failure. */
  fail(error: unknown, result?: Result): void {
    if (isAbort(error)) this.cancel(undefined, result)
    else
      this.#close((PincerError.isInstance(error) && failures[error.code]) || 'error', result, undefined, [
        error,
      ])
  }

  /** Ends it because somebody stopped it; cancelled is not failed. */
  cancel(reason?: string, result?: Result): void {
    this.#close('cancelled', result, reason)
  }

  /** @internal */
  override get isWaiting(): boolean {
    return this.run.isWaiting
  }

  /** @internal */
  override abandon(reason: string): void {
    this.#close(this.idleOutcome, this.collect(), reason)
  }

  /** @internal */
  override closeWithParent(): void {
    this.#close('abandoned', this.collect(), 'its parent ended')
  }

  /** First words of its event types. @internal */
  protected abstract readonly family: 'model.call' | 'tool.call' | 'retrieval'

  /** The fields of its last event that only its kind has. @internal */
  protected abstract describe(result: Result | undefined): object

  /** What is to be done or recorded right before its last event. @internal */
  protected settle(_result: Result | undefined): void {}

  /** What had arrived when it is ended from outside. @internal */
  protected collect(): Result | undefined {
    return undefined
  }

  /** @internal */
  protected get idleOutcome(): CompletedOutcome {
    return 'abandoned'
  }

  /** Records a fact about it; `data` holds captured values only. @internal */
  protected emit(type: ClawEventType, data: object): void {
    this.services.recorder.emit(this.identity, type, data as ClawEventData[typeof type], this.actionId)
  }

  /** Records its first event. @internal */
  protected open(parent: Handle, data: () => object): void {
    if (!this.identity.recorded) return
    const parentActionId = parent instanceof ActionHandle ? parent.actionId : undefined
    this.emit(`${this.family}.started`, { ...data(), parentActionId })
  }

  /** @internal */
  protected captureInput(value: unknown): unknown {
    return this.services.recordInputs ? this.services.capture.value(value) : undefined
  }

  /** @internal */
  protected captureOutput(value: unknown): unknown {
    return this.services.recordOutputs ? this.services.capture.value(value) : undefined
  }

  // The error comes in a list of one, since anything can be thrown, `undefined` too.
  #close(outcome: ActionOutcome, result?: Result, reason?: string, failure?: readonly [unknown]): void {
    if (!this.finish()) return
    this.settle(result)
    if (this.identity.recorded) {
      const { capture } = this.services
      this.emit(`${this.family}.${failure === undefined ? 'completed' : 'failed'}`, {
        outcome,
        ...this.describe(result),
        error: failure && toErrorInfo(failure[0], capture),
        reason: reason && capture.text(reason),
        durationMs: this.duration(),
      })
    }
    if (this.#ownsRun !== true || this.run.ended) return
    if (failure !== undefined) this.run.fail(failure[0])
    else if (outcome === 'cancelled') this.run.cancel(reason)
    else if (outcome === 'abandoned' || outcome === 'unread') this.run.timeOut(reason)
    else this.run.end({ stopReason: outcome === 'ok' ? 'stop' : outcome })
  }
}

/** The run that something is started under. */
export function runOf(parent: Handle): Run {
  return parent instanceof ActionHandle ? parent.run : (parent as Run)
}
