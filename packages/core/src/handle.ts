import type { ClawEventData, ClawEventType } from '@pincer/protocol'

import { completeNames } from './action-names.ts'
import { toErrorInfo } from './error-info.ts'
import type { ModelCall, ModelCallOptions } from './model-call.ts'
import type { Parent } from './parent.ts'
import type { RunIdentity } from './recorder.ts'
import type { Retrieval, RetrievalOptions } from './retrieval.ts'
import type { Run, RunOptions } from './run.ts'
import type { Services } from './services.ts'
import type { ToolCall, ToolCallOptions } from './tool-call.ts'

/** What was thrown, in a list of one, since anything can be thrown, `undefined` too. */
export type Thrown = readonly [unknown]

/** What runs and actions have in common: a place in the tree, children, exactly one end. */
export abstract class Handle {
  /** @internal */
  protected readonly services: Services
  /** The run this is, or belongs to. @internal */
  readonly identity: RunIdentity
  /** Absent on runs. @internal */
  readonly actionId: string | undefined
  /** The run this is, or belongs to. @internal */
  abstract readonly run: Run
  /** True where it showed life since it was last looked at. @internal */
  isAlive = false
  /** Monotonic milliseconds of the last known sign of life. @internal */
  lastActivity: number
  readonly #startedAt: number
  #parent: Handle | undefined
  #children: Set<Handle> | undefined
  #ended = false

  protected constructor(
    services: Services,
    parent: Handle | undefined,
    identity: RunIdentity,
    actionId?: string,
  ) {
    this.services = services
    this.identity = identity
    this.actionId = actionId
    this.#startedAt = this.lastActivity = services.clock.monotonic()
    // What is started under something that has ended hangs in the tree by its ids only.
    if (parent?.ended === false) {
      this.#parent = parent
      parent.#adopt(this)
    }
    services.openHandles.add(this)
  }

  /** Id of the run this is, or belongs to. */
  get runId(): string {
    return this.identity.runId
  }

  /** False where sampling left the run out. */
  get recorded(): boolean {
    return this.identity.recorded
  }

  /** True once it has ended; later ends are ignored and counted in `stats().lateEnds`. */
  get ended(): boolean {
    return this.#ended
  }

  /** True while a person is asked, which is no idling, and while something is open below, which ends first. @internal */
  get isHeld(): boolean {
    return this.run.isWaiting || (this.#children !== undefined && this.#children.size > 0)
  }

  /** Starts a run under this one. */
  startRun(options?: RunOptions): Run {
    return new this.services.Run(this.services, this, options ?? {})
  }

  /** Starts a model call under this. */
  startModelCall(options: ModelCallOptions): ModelCall {
    const { services } = this
    const named = completeNames('startModelCall', options, ['provider', 'model'], services)
    return new services.ModelCall(services, this, named)
  }

  /** Starts a tool call under this. */
  startToolCall(options: ToolCallOptions): ToolCall {
    const { services } = this
    const named = completeNames('startToolCall', options, ['name'], services)
    return new services.ToolCall(services, this, named)
  }

  /** Starts a retrieval under this. */
  startRetrieval(options: RetrievalOptions): Retrieval {
    const { services } = this
    const named = completeNames('startRetrieval', options, ['name'], services)
    return new services.Retrieval(services, this, named)
  }

  /** Runs `work`; what it starts finds this as its parent, where the runtime has `AsyncLocalStorage`. */
  within<Result>(work: () => Result): Result {
    const { context } = this.services
    return context === undefined ? work() : context.run(this as unknown as Parent, work)
  }

  /** Ends it because nobody will, or because its parent ended. @internal */
  abstract abandon(reason: string, isOrphan?: boolean): void

  /** Milliseconds since the start, to a tenth: finer digits are noise. @internal */
  protected elapsedMs(): number {
    return Math.round((this.services.clock.monotonic() - this.#startedAt) * 10) / 10
  }

  /** Records an event about it; `data` holds captured values only. @internal */
  protected emit(type: ClawEventType, data: object, id?: string): void {
    this.services.record(this.identity, type, data as ClawEventData[typeof type], this.actionId, id)
  }

  /** Records its last event. @internal */
  protected emitEnd(type: ClawEventType, data: object, reason?: string, thrown?: Thrown): void {
    const { capture } = this.services
    this.emit(type, {
      ...data,
      error: thrown && toErrorInfo(thrown[0], capture),
      reason: reason && capture.text(reason),
      durationMs: this.elapsedMs(),
    })
  }

  /**
   * Latches the end: false where it had ended before. Open children end first, so that a parent's end is the last word.
   * @internal
   */
  protected finish(): boolean {
    const { openHandles } = this.services
    if (this.#ended) {
      openHandles.lateEnds++
      return false
    }
    this.#ended = true
    this.#children?.forEach((child) => child.abandon('its parent ended', true))
    this.#children = undefined
    openHandles.delete(this)
    if (this.#parent !== undefined) this.#parent.#children?.delete(this)
    return true
  }

  #adopt(child: Handle): void {
    this.isAlive = true
    this.#children ??= new Set()
    this.#children.add(child)
  }
}
