import type { ModelCall, ModelCallOptions } from './model-call.ts'
import type { Parent } from './parent.ts'
import type { RunIdentity } from './recorder.ts'
import type { Retrieval, RetrievalOptions } from './retrieval.ts'
import type { Run, RunOptions } from './run.ts'
import type { Services } from './services.ts'
import type { ToolCall, ToolCallOptions } from './tool-call.ts'

/** What runs and actions have in common: a place in the tree, children, exactly one end. */
export abstract class Handle {
  /** What is open under this. @internal */
  protected readonly services: Services
  /** The run this is, or belongs to. @internal */
  readonly identity: RunIdentity
  /** Monotonic milliseconds of the last sign of life. @internal */
  lastActivity: number
  /** @internal */
  protected readonly startedAt: number
  readonly #parent: Handle | undefined
  #children: Set<Handle> | undefined
  #ended = false

  protected constructor(services: Services, parent: Handle | undefined, identity: RunIdentity) {
    this.services = services
    this.identity = identity
    this.startedAt = this.lastActivity = services.clock.monotonic()
    // What is started under something that has ended hangs in the tree by its ids only.
    this.#parent = parent?.ended === false ? parent : undefined
    this.#parent?.adopt(this)
  }

  /** Id of the run this is, or belongs to. */
  get runId(): string {
    return this.identity.runId
  }

  /** True once it has ended; later ends are ignored and counted in `stats().lateEnds`. */
  get ended(): boolean {
    return this.#ended
  }

  /** True while a person is asked: waiting is not idling. @internal */
  get isWaiting(): boolean {
    return false
  }

  /** @internal */
  get hasChildren(): boolean {
    return this.#children !== undefined && this.#children.size > 0
  }

  /** Starts a run under this one. */
  startRun(options: RunOptions = {}): Run {
    return this.services.make.run(options, this)
  }

  /** Starts a model call under this. */
  startModelCall(options: ModelCallOptions): ModelCall {
    return this.services.make.modelCall(options, this)
  }

  /** Starts a tool call under this. */
  startToolCall(options: ToolCallOptions): ToolCall {
    return this.services.make.toolCall(options, this)
  }

  /** Starts a retrieval under this. */
  startRetrieval(options: RetrievalOptions): Retrieval {
    return this.services.make.retrieval(options, this)
  }

  /** Runs `work`; what it starts finds this as its parent, where the runtime has `AsyncLocalStorage`. */
  within<Result>(work: () => Result): Result {
    const context = this.services.context
    return context === undefined ? work() : context.run(this as unknown as Parent, work)
  }

  /** Ends it because nobody will. @internal */
  abstract abandon(reason: string): void

  /** Ends it along with its parent. @internal */
  abstract closeWithParent(): void

  /** @internal */
  protected adopt(child: Handle): void {
    this.#children ??= new Set()
    this.#children.add(child)
    this.lastActivity = child.lastActivity
  }

  /** Says that it, and all that is open under it, is alive. @internal */
  protected refresh(now: number): void {
    this.lastActivity = now
    if (this.#children !== undefined) for (const child of this.#children) child.refresh(now)
  }

  /**
   * Latches the end: false where it had ended before. Open children end first, so that a parent's end is the last word.
   * @internal
   */
  protected finish(): boolean {
    if (this.#ended) {
      this.services.openHandles.lateEnds++
      return false
    }
    this.#ended = true
    if (this.#children !== undefined) for (const child of this.#children) child.closeWithParent()
    this.#children = undefined
    this.services.openHandles.delete(this)
    const parent = this.#parent
    if (parent !== undefined) {
      parent.#children?.delete(this)
      parent.lastActivity = this.services.clock.monotonic()
    }
    return true
  }

  /** Milliseconds since the start, to a tenth. @internal */
  protected duration(): number {
    return roundMs(this.services.clock.monotonic() - this.startedAt)
  }
}

/** Milliseconds to a tenth: finer digits are noise. */
export function roundMs(ms: number): number {
  return Math.round(ms * 10) / 10
}
