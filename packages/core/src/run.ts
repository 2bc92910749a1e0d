import type {
  ApprovalRequest,
  ApprovalResolvedData,
  ClawEventData,
  ClawEventType,
  TerminalEventType,
} from '@pincer/protocol'

import { Handle, type Thrown } from './handle.ts'
import type { Parent } from './parent.ts'
import type { RunIdentity } from './recorder.ts'
import type { Services } from './services.ts'

/** How a run is started. */
export interface RunOptions {
  /** What the run is called in lists, such as the agent's or the task's name. */
  readonly name?: string
  readonly input?: unknown
  /** Own id; made when absent. */
  readonly runId?: string
  /** The conversation the run belongs to; the parent's, then the client's, when absent. */
  readonly sessionKey?: string
  /** The agent that runs; the parent's, then the client's, when absent. */
  readonly agentId?: string
  /** Id of a parent run in another process; within one, give `parent`. */
  readonly parentRunId?: string
  /** The run or action this run is started under; found by itself where the runtime has `AsyncLocalStorage`. */
  readonly parent?: Parent
  readonly metadata?: Readonly<Record<string, unknown>>
}

/** What came of a run. */
interface RunEnd {
  readonly output?: unknown
  readonly stopReason?: string
}

/** One agent invocation from input to outcome; ends exactly once. */
export class Run extends Handle {
  readonly kind = 'run'
  #isClaimed: boolean
  #approvals: Set<string> | undefined

  /** @internal */
  constructor(services: Services, parent: Handle | undefined, options: RunOptions, isForAction = false) {
    super(services, parent, identify(services, parent, options))
    this.#isClaimed = !isForAction
    if (!this.recorded) return
    const { capture } = services
    this.emit('run.started', {
      name: options.name === undefined ? undefined : capture.text(options.name),
      input: capture.input(options.input),
      metadata: capture.fields(options.metadata),
      parentActionId: parent?.actionId,
    })
  }

  /** @internal */
  override get run(): this {
    return this
  }

  /** The conversation the run belongs to. */
  get sessionKey(): string | undefined {
    return this.identity.sessionKey
  }

  /** True while a person is asked. @internal */
  get isWaiting(): boolean {
    return this.#approvals !== undefined && this.#approvals.size > 0
  }

  /** True for the one action that the run was made for, which ends it. @internal */
  claim(): boolean {
    const isFirst = !this.#isClaimed
    this.#isClaimed = true
    return isFirst
  }

  /** Records a whole message of the assistant. */
  message(text: string): void {
    this.record('assistant.message', { text })
  }

  /**
   * Records a fact of any type that does not open or end something.
   *
   * @example
   * run.record('artifact.created', { artifactId: 'report', name: 'report.pdf', bytes: 10_240 })
   */
  record<Type extends Exclude<ClawEventType, TerminalEventType>>(
    type: Type,
    data: ClawEventData[Type],
  ): void {
    if (this.ended) {
      this.services.openHandles.lateEnds++
      return
    }
    this.note(type, data)
  }

  /** Records a fact, after the end too, since an answer may come late. @internal */
  note<Type extends ClawEventType>(
    type: Type,
    data: ClawEventData[Type],
    actionId?: string,
    id?: string,
  ): void {
    this.isAlive = true
    const { record, capture, recordOutputs } = this.services
    if (!this.recorded || (!recordOutputs && /^(?:assistant|thinking)/.test(type))) return
    const copy = capture.data(data) as unknown as ClawEventData[Type]
    record(this.identity, type, copy, actionId, id)
  }

  /** Ends the run with its outcome. */
  end(result: { readonly output?: unknown; readonly stopReason?: string } = {}): void {
    this.#close('run.completed', result)
  }

  /** Ends the run with what went wrong. */
  fail(error: unknown, result: { readonly output?: unknown } = {}): void {
    this.#close('run.failed', result, undefined, [error])
  }

  /** Ends the run because somebody stopped it; cancelled is not failed. */
  cancel(reason?: string, result: { readonly output?: unknown } = {}): void {
    this.#close('run.cancelled', result, reason)
  }

  /** Ends the run because its time was up. */
  timeOut(reason?: string, result: { readonly output?: unknown } = {}): void {
    this.#close('run.timed_out', result, reason)
  }

  /** Says that a person is asked; the run is paused, not failed, until {@link resume}, and does not idle out. */
  pause(approval: ApprovalRequest, actionId?: string): void {
    if (this.ended) return
    this.#approvals ??= new Set()
    if (this.#approvals.has(approval.approvalId)) return
    this.#approvals.add(approval.approvalId)
    // The gateway that asks announces the same fact under the same id, so that it stands once.
    this.note('approval.requested', approval, actionId, `${approval.approvalId}.requested`)
  }

  /** Says what the person answered. */
  resume(resolved: ApprovalResolvedData, actionId?: string): void {
    this.#approvals?.delete(resolved.approvalId)
    if (!this.ended) this.note('approval.resolved', resolved, actionId, `${resolved.approvalId}.resolved`)
  }

  /** @internal */
  override abandon(reason: string, isOrphan = false): void {
    this.#close(isOrphan ? 'run.cancelled' : 'run.timed_out', {}, reason)
  }

  #close(type: TerminalEventType, result: RunEnd, reason?: string, thrown?: Thrown): void {
    if (!this.finish() || !this.recorded) return
    const output = this.services.capture.output(result.output)
    this.emitEnd(type, { output, stopReason: result.stopReason }, reason, thrown)
  }
}

function identify(services: Services, parent: Handle | undefined, options: RunOptions): RunIdentity {
  const above = parent?.identity
  return {
    runId: options.runId ?? services.newId(),
    parentRunId: options.parentRunId ?? above?.runId,
    sessionKey: options.sessionKey ?? (above ?? services).sessionKey,
    agentId: options.agentId ?? (above ?? services).agentId,
    recorded: above?.recorded ?? services.samples(options),
    seq: 0,
  }
}
