import {
  ApprovalDeniedError,
  ApprovalTimeoutError,
  type CompletedOutcome,
  type FailedOutcome,
  GuardBlockedError,
  GuardUnavailableError,
  type Risk,
  type ToolCallCompletedData,
  type ToolCallStartedData,
} from '@pincer/protocol'

import { ActionHandle, parentActionId } from './action.ts'
import type { Authorization } from './authorization.ts'
import { isAbort } from './error-info.ts'
import type { Handle } from './handle.ts'
import type { Run } from './run.ts'
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

/** One call of a tool; ends exactly once. */
export class ToolCall extends ActionHandle {
  readonly kind = 'tool_call'
  readonly name: string
  /** The model's id of the call. */
  readonly toolCallId: string
  readonly #input: unknown
  readonly #risk: Risk | undefined

  /** @internal */
  constructor(services: Services, parent: Handle, run: Run, ownsRun: boolean, options: ToolCallOptions) {
    super(services, parent, run, options.actionId, ownsRun)
    this.name = options.name
    this.toolCallId = options.toolCallId ?? this.actionId
    this.#input = options.input
    this.#risk = options.risk
    if (!this.recorded) return
    this.emit('tool.call.started', {
      toolCallId: this.toolCallId,
      name: this.name,
      input: this.captureInput(options.input),
      risk: options.risk,
      parentActionId: parentActionId(parent),
    } as ToolCallStartedData)
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
    try {
      return await this.services.guardGate.authorize(
        {
          kind: 'tool_call',
          name: this.name,
          run: this.run,
          actionId: this.actionId,
          toolCallId: this.toolCallId,
          input: this.#input,
          risk: this.#risk,
        },
        options.signal,
      )
    } catch (error) {
      if (options.signal?.aborted === true) this.cancel('aborted while waiting for permission')
      else this.#fail(refusalOutcome(error), error)
      throw error
    }
  }

  /** Adds a piece of the tool's output as it runs. */
  delta(text: string): void {
    this.lastActivity = this.services.clock.monotonic()
    if (this.ended || !this.recorded || !this.services.recordDeltas || !this.services.recordOutputs) return
    this.emit('tool.call.delta', { toolCallId: this.toolCallId, delta: this.services.capture.text(text) })
  }

  /** Ends the call with what the tool returned. */
  end(result: { readonly output?: unknown; readonly outcome?: CompletedOutcome } = {}): void {
    this.#complete(result.outcome ?? 'ok', undefined, result.output)
  }

  /** Ends the call with what went wrong; an abort is a cancellation, not a failure. */
  fail(error: unknown): void {
    if (isAbort(error)) this.cancel()
    else this.#fail(refusalOutcome(error), error)
  }

  /** Ends the call because somebody stopped it; cancelled is not failed. */
  cancel(reason?: string): void {
    this.#complete('cancelled', reason)
  }

  /** @internal */
  override abandon(reason: string): void {
    this.#complete('abandoned', reason)
  }

  /** @internal */
  override closeWithParent(): void {
    this.abandon('its parent ended')
  }

  #fail(outcome: FailedOutcome, error: unknown): void {
    if (!this.finish()) return
    this.services.guardGate.forget(this.toolCallId)
    if (this.recorded) {
      this.emit('tool.call.failed', {
        toolCallId: this.toolCallId,
        name: this.name,
        outcome,
        error: this.captureError(error),
        durationMs: this.duration(),
      })
    }
    this.ownRun?.fail(error)
  }

  #complete(outcome: CompletedOutcome, reason: string | undefined, output?: unknown): void {
    if (!this.finish()) return
    this.services.guardGate.forget(this.toolCallId)
    if (this.recorded) {
      this.emit('tool.call.completed', {
        toolCallId: this.toolCallId,
        name: this.name,
        outcome,
        output: this.captureOutput(output),
        durationMs: this.duration(),
        reason: this.captureReason(reason),
      } as ToolCallCompletedData)
    }
    if (outcome === 'cancelled') this.ownRun?.cancel(reason)
    else if (outcome === 'abandoned') this.ownRun?.timeOut(reason)
    else this.ownRun?.end()
  }
}

function refusalOutcome(error: unknown): FailedOutcome {
  if (error instanceof GuardBlockedError || error instanceof GuardUnavailableError) return 'blocked'
  if (error instanceof ApprovalDeniedError) return 'denied'
  return error instanceof ApprovalTimeoutError ? 'timed_out' : 'error'
}
