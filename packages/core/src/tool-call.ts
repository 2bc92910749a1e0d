import type { Risk } from '@pincer/protocol'

import { ActionHandle } from './action.ts'
import type { Authorization } from './authorization.ts'
import type { Handle } from './handle.ts'
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

/** One call of a tool. */
export class ToolCall extends ActionHandle<ToolCallResult> {
  readonly kind = 'tool_call'
  readonly name: string
  /** The model's id of the call. */
  readonly toolCallId: string
  /** @internal */
  protected override readonly family = 'tool.call'
  readonly #options: ToolCallOptions

  /** @internal */
  constructor(services: Services, parent: Handle, options: ToolCallOptions, ownsRun?: boolean) {
    super(services, parent, ownsRun, options.actionId)
    this.name = options.name
    this.toolCallId = options.toolCallId ?? this.actionId
    this.#options = options
    this.open(parent, () => ({
      toolCallId: this.toolCallId,
      name: this.name,
      input: this.captureInput(options.input),
      risk: options.risk,
    }))
  }

  /**
   * Asks the guard about this call and waits for a person where the guard says so.
   *
   * In observe mode it answers at once and only records. In enforce mode a refusal ends this call and is thrown.
   *
   * @returns the arguments to call the tool with, which the approver may have changed
   * @throws GuardBlockedError, ApprovalDeniedError, ApprovalTimeoutError, GuardUnavailableError, or the signal's reason
   */
  async authorize(options: { readonly signal?: AbortSignal } = {}): Promise<Authorization> {
    const { name, run, actionId, toolCallId } = this
    const { input, risk } = this.#options
    try {
      const action = { kind: this.kind, name, run, actionId, toolCallId, input, risk } as const
      const authorization = await this.services.guardGate.authorize(action, options.signal)
      // The wait for a person was no idling.
      this.lastActivity = this.services.clock.monotonic()
      return authorization
    } catch (error) {
      if (options.signal?.aborted === true) this.cancel('aborted while waiting for permission')
      else this.fail(error)
      throw error
    } finally {
      // What was decided after the end is not kept for another call of the same id.
      if (this.ended) this.services.guardGate.forget(toolCallId)
    }
  }

  /** Adds a piece of the tool's output as it runs. */
  delta(text: string): void {
    const { services } = this
    this.lastActivity = services.clock.monotonic()
    if (this.ended || !this.identity.recorded || !services.recordDeltas) return
    this.emit('tool.call.delta', { toolCallId: this.toolCallId, delta: services.capture.text(text) })
  }

  /** @internal */
  protected override settle(): void {
    this.services.guardGate.forget(this.toolCallId)
  }

  /** @internal */
  protected override describe(result: ToolCallResult | undefined): object {
    return { toolCallId: this.toolCallId, name: this.name, output: this.captureOutput(result?.output) }
  }
}
