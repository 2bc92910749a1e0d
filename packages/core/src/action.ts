import type { ActionOutcome, ClawEventType, CompletedOutcome, FailedOutcome } from '@pincer/protocol'

import { isAbort } from './error-info.ts'
import { Handle, type Thrown } from './handle.ts'
import { readField } from './read-field.ts'
import type { Run } from './run.ts'
import type { Services } from './services.ts'

const failures: ReadonlyMap<unknown, FailedOutcome> = new Map([
  ['guard_blocked', 'blocked'],
  ['guard_unavailable', 'blocked'],
  ['approval_denied', 'denied'],
  ['approval_timed_out', 'timed_out'],
])

/** The types of an action's first and last events. */
export interface ActionTypes {
  readonly started: ClawEventType
  readonly completed: ClawEventType
  readonly failed: ClawEventType
}

/** Puts the types of a kind of action together, once, so that events of a type share one text. */
export function actionTypes(family: 'model.call' | 'tool.call' | 'retrieval'): ActionTypes {
  return { started: `${family}.started`, completed: `${family}.completed`, failed: `${family}.failed` }
}

/** What model calls, tool calls and retrievals have in common: a run, an id and exactly one end. */
export abstract class ActionHandle<Result extends object> extends Handle {
  declare readonly actionId: string
  /** The run this belongs to. */
  readonly run: Run
  /** True while a stream waits for its reader. @internal */
  protected isUnread = false
  readonly #types: ActionTypes
  readonly #ownsRun: boolean

  /** @internal */
  protected constructor(
    services: Services,
    parent: Handle,
    types: ActionTypes,
    actionId: string | undefined,
  ) {
    super(services, parent, parent.identity, actionId ?? services.newId())
    this.run = parent.run
    this.#types = types
    this.#ownsRun = this.run.claim()
  }

  /** Ends it without failure; `outcome` tells a cut answer, a refusal and the like from `ok`. */
  end(result?: Result & { readonly outcome?: CompletedOutcome }): void {
    this.#close(result?.outcome ?? 'ok', result)
  }

  /** Ends it with what went wrong; an abort is a cancellation, not a failure. */
  fail(error: unknown, result?: Result): void {
    if (isAbort(error)) this.cancel(undefined, result)
    else this.#close(failures.get(readField(error, 'code')) ?? 'error', result, undefined, [error])
  }

  /** Ends it because somebody stopped it; cancelled is not failed. */
  cancel(reason?: string, result?: Result): void {
    this.#close('cancelled', result, reason)
  }

  /** @internal */
  override abandon(reason: string, isOrphan = false): void {
    this.#close(this.isUnread && !isOrphan ? 'unread' : 'abandoned', this.collect(), reason)
  }

  /** The fields of its last event that only its kind has. @internal */
  protected abstract describe(outcome: ActionOutcome, result: Result | undefined): object

  /** What is to be done or recorded right before its last event. @internal */
  protected settle(_result: Result | undefined): void {}

  /** What had arrived when it is ended from outside. @internal */
  protected collect(): Result | undefined {
    return undefined
  }

  #close(outcome: ActionOutcome, result?: Result, reason?: string, thrown?: Thrown): void {
    if (!this.finish()) return
    this.settle(result)
    if (this.recorded) {
      const type = thrown === undefined ? this.#types.completed : this.#types.failed
      this.emitEnd(type, this.describe(outcome, result), reason, thrown)
    }
    const { run } = this
    if (!this.#ownsRun || run.ended) return
    if (thrown !== undefined) run.fail(thrown[0])
    else if (outcome === 'cancelled') run.cancel(reason)
    else if (outcome === 'abandoned' || outcome === 'unread') run.timeOut(reason)
    else run.end({ stopReason: outcome === 'ok' ? 'stop' : outcome })
  }
}
