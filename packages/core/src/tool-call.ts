import type { ActionOutcome, Risk } from '@pincer/protocol'

import { ActionHandle, actionTypes } from './action.ts'
import type { Authorization } from './authorization.ts'
import type { AuthorizeOptions } from './authorize-options.ts'
import type { Handle } from './handle.ts'
import { readField } from './read-field.ts'
import type { Services } from './services.ts'

/** How a tool call is started. */
export interface ToolCallOptions {
  /** The model's id of the call; the action's id when absent. */
  readonly toolCallId?: string
  readonly name: string
  /** The arguments. */
  readonly input?: unknown
  /** How dangerous the tool is, for the guard's policies. */
  readonly risk?: Risk
  /** Own id; made when absent. */
  readonly actionId?: string
}

/** What is known when a tool call ends. */
export interface ToolCallResult {
  readonly output?: unknown
}

const types = actionTypes('tool.call')

/** One call of a tool. */
export class ToolCall extends ActionHandle<ToolCallResult> {
  readonly kind = 'tool_call'
  readonly name: string
  /** The model's id of the call. */
  readonly toolCallId: string
  readonly #options: ToolCallOptions

  /** @internal */
  constructor(services: Services, parent: Handle, options: ToolCallOptions) {
    super(services, parent, types, options.actionId)
    this.name = options.name
    this.toolCallId = options.toolCallId ?? this.actionId
    this.#options = options
    if (!this.recorded) return
    this.emit(types.started, {
      toolCallId: this.toolCallId,
      name: this.name,
      input: services.capture.input(options.input),
      risk: options.risk,
      parentActionId: parent.actionId,
    })
  }

  /**
   * Asks the guard about this call and waits for a person where the guard says so.
   *
   * In observe mode it answers at once and only records. In enforce mode a refusal ends this call and is thrown.
   *
   * @returns the arguments to call the tool with, which the approver may have changed
   * @throws GuardBlockedError, ApprovalDeniedError, ApprovalTimeoutError, GuardUnavailableError, or the signal's reason;
   * with `wait: false` ApprovalPendingError, which does not end this call
   */
  async authorize(options: AuthorizeOptions = {}): Promise<Authorization> {
    const { kind, name, run, actionId, toolCallId } = this
    const { input, risk } = this.#options
    const { guardGate } = this.services
    this.isAlive = true
    try {
      return await guardGate.authorize({ kind, name, run, actionId, toolCallId, input, risk }, options)
    } catch (error) {
      if (options.signal?.aborted === true) this.cancel('aborted while waiting for permission')
      else if (readField(error, 'code') !== 'approval_pending') this.fail(error)
      throw error
    } finally {
      // The wait for a person was no idling.
      this.isAlive = true
      // What was decided after the end is not kept for another call of the same id.
      if (this.ended) guardGate.forget(this)
    }
  }

  /** Adds a piece of the tool's output as it runs. */
  delta(text: string): void {
    this.isAlive = true
    const { capture, recordDeltas } = this.services
    if (this.ended || !this.recorded || !recordDeltas) return
    this.emit('tool.call.delta', { toolCallId: this.toolCallId, delta: capture.text(text) })
  }

  /** @internal */
  protected override settle(): void {
    this.services.guardGate.forget(this)
  }

  /** @internal */
  protected override describe(outcome: ActionOutcome, result: ToolCallResult | undefined): object {
    const { toolCallId, name, services } = this
    return { outcome, toolCallId, name, output: services.capture.output(result?.output) }
  }
}
