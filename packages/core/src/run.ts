import type {
  ApprovalRequest,
  ApprovalResolvedData,
  ClawEventData,
  ClawEventType,
  RunCompletedData,
  RunFailedData,
  RunStartedData,
  RunStoppedData,
  TerminalEventType,
} from '@pincer/protocol'

import { toErrorInfo } from './error-info.ts'
import { Handle } from './handle.ts'
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

/** One agent invocation from input to outcome; ends exactly once. */
export class Run extends Handle {
  readonly kind = 'run'
  #approvals: Set<string> | undefined

  /** @internal */
  constructor(services: Services, parent: Handle | undefined, identity: RunIdentity, options: RunOptions) {
    super(services, parent, identity)
    services.openHandles.add(this)
    if (!identity.recorded) return
    const capture = services.capture
    services.recorder.emit(identity, 'run.started', {
      name: options.name === undefined ? undefined : capture.text(options.name),
      input: services.recordInputs ? capture.value(options.input) : undefined,
      metadata: capture.fields(options.metadata),
      parentActionId: parent !== undefined && 'actionId' in parent ? parent.actionId : undefined,
    } as RunStartedData)
  }

  /** The conversation the run belongs to. */
  get sessionKey(): string | undefined {
    return this.identity.sessionKey
  }

  /** False where sampling left the run out. */
  get recorded(): boolean {
    return this.identity.recorded
  }

  /** @internal */
  override get isWaiting(): boolean {
    return this.#approvals !== undefined && this.#approvals.size > 0
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
    this.lastActivity = this.services.clock.monotonic()
    this.note(type, data)
  }

  /** Records a fact, after the end too, since an answer may come late. @internal */
  note<Type extends ClawEventType>(
    type: Type,
    data: ClawEventData[Type],
    actionId?: string,
    id?: string,
  ): void {
    const { recorder, capture, recordInputs, recordOutputs } = this.services
    if (!this.identity.recorded || (!recordOutputs && /^(?:assistant|thinking)/.test(type))) return
    const shown: Record<string, unknown> = { ...data }
    if (!recordInputs) shown['input'] = shown['query'] = undefined
    if (!recordOutputs) shown['output'] = shown['documents'] = undefined
    const copy = capture.data(shown) as unknown as ClawEventData[Type]
    recorder.emit(this.identity, type, copy, actionId, id)
  }

  /** Ends the run with its outcome. */
  end(result: { readonly output?: unknown; readonly stopReason?: string } = {}): void {
    this.#close('run.completed', (durationMs) => {
      return {
        output: this.#output(result.output),
        stopReason: result.stopReason,
        durationMs,
      } as RunCompletedData
    })
  }

  /** Ends the run with what went wrong. */
  fail(error: unknown, result: { readonly output?: unknown } = {}): void {
    this.#close('run.failed', (durationMs) => {
      const info = toErrorInfo(error, this.services.capture)
      return { error: info, output: this.#output(result.output), durationMs } as RunFailedData
    })
  }

  /** Ends the run because somebody stopped it; cancelled is not failed. */
  cancel(reason?: string, result: { readonly output?: unknown } = {}): void {
    this.#close('run.cancelled', (durationMs) => this.#stopped(reason, durationMs, result.output))
  }

  /** Ends the run because its time was up. */
  timeOut(reason?: string, result: { readonly output?: unknown } = {}): void {
    this.#close('run.timed_out', (durationMs) => this.#stopped(reason, durationMs, result.output))
  }

  /** Says that a person is asked; the run is paused, not failed, until {@link resume}, and does not idle out. */
  pause(approval: ApprovalRequest, actionId?: string): void {
    if (this.ended) return
    this.#approvals ??= new Set()
    this.#approvals.add(approval.approvalId)
    // The gateway that asks announces the same fact under the same id, so that it stands once.
    this.note('approval.requested', approval, actionId, `${approval.approvalId}.requested`)
  }

  /** Says what the person answered. */
  resume(resolved: ApprovalResolvedData, actionId?: string): void {
    this.#approvals?.delete(resolved.approvalId)
    if (this.ended) return
    this.refresh(this.services.clock.monotonic())
    this.note('approval.resolved', resolved, actionId, `${resolved.approvalId}.resolved`)
  }

  /** @internal */
  override abandon(reason: string): void {
    this.timeOut(reason)
  }

  /** @internal */
  override closeWithParent(): void {
    this.cancel('its parent ended')
  }

  #close<Type extends TerminalEventType>(
    type: Type,
    data: (durationMs: number) => ClawEventData[Type],
  ): void {
    if (!this.finish() || !this.identity.recorded) return
    this.services.recorder.emit(this.identity, type, data(this.duration()))
  }

  #stopped(reason: string | undefined, durationMs: number, output: unknown): RunStoppedData {
    const text = reason === undefined ? undefined : this.services.capture.text(reason)
    return { reason: text, output: this.#output(output), durationMs } as RunStoppedData
  }

  #output(output: unknown): RunCompletedData['output'] {
    return this.services.recordOutputs ? this.services.capture.value(output) : undefined
  }
}
