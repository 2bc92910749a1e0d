import type { ModelMessage } from '@ai-sdk/provider-utils'
import {
  type Authorization,
  type AuthorizeOptions,
  type Claw,
  isAbort,
  type Parent,
  type Run,
  type ToolCall,
} from '@pincer/core'
import { writeInput } from '@pincer/core/tools'

import { type GuardOptions, rate } from './approval-options.ts'
import { type CallAnswer, type ToolCalls, toolCallsOf } from './tool-calls.ts'

/** A tool call before it is guarded. */
export interface WantedCall {
  readonly toolCallId: string
  readonly name: string
  readonly input: unknown
  /** The list of messages that the AI SDK hands to the approval function and to the tool: one list for each step. */
  readonly messages: readonly ModelMessage[]
}

/** One tool call on its way through the guard: asked about once, by the approval function or by the tool. */
export class GuardedCall {
  readonly wanted: WantedCall
  /** The question that was put to a person about it, where one was. */
  approvalId: string | undefined
  readonly #claw: Claw
  readonly #options: GuardOptions
  readonly #onAnswer: ((answer: CallAnswer) => void) | undefined
  readonly #written: string | undefined
  #toolCall: ToolCall | undefined
  #ownRun: Run | undefined
  #isWatched = false
  #isAdopted = false
  #granted: Authorization | undefined

  /** `onAnswer` is told of an answer in the chat that the AI SDK does not ask us about. */
  constructor(
    claw: Claw,
    options: GuardOptions,
    wanted: WantedCall,
    onAnswer?: (answer: CallAnswer) => void,
  ) {
    this.#claw = claw
    this.#options = options
    this.wanted = wanted
    this.#onAnswer = onAnswer
    this.#written = writeInput(wanted.input)
  }

  /** Tells whether this is the call that is wanted: of the same tool, with the arguments that were asked about. */
  isFor({ toolCallId, name, input }: Omit<WantedCall, 'messages'>): boolean {
    const { wanted } = this
    const isSame = toolCallId === wanted.toolCallId && name === wanted.name
    return isSame && this.#written !== undefined && this.#written === writeInput(input)
  }

  /** The session that the program has given for it. */
  get sessionKey(): string | undefined {
    return this.#options.sessionKey
  }

  /** The permission that was given, where one was. */
  get granted(): Authorization | undefined {
    return this.#granted
  }

  /** The recorded call; a new one where the last one has ended, as with the run that a chat was left in. */
  get toolCall(): ToolCall {
    if (this.#toolCall === undefined || this.#toolCall.ended) this.#toolCall = this.#start()
    return this.#toolCall
  }

  /** True where telemetry sees the call, and ends it. */
  get isWatched(): boolean {
    return this.#isWatched
  }

  /**
   * Asks the guard; what was permitted is not asked about again.
   *
   * @throws what `ToolCall.authorize` throws
   */
  async authorize(question: AuthorizeOptions): Promise<Authorization> {
    const { approvalTimeoutMs } = this.#options
    const options = { ...(approvalTimeoutMs !== undefined && { approvalTimeoutMs }), ...question }
    const { toolCall } = this
    this.#granted ??= await (this.#isAdopted
      ? this.#authorizeAdopted(toolCall, options)
      : toolCall.authorize(options))
    return this.#granted
  }

  /** Goes on with the call that telemetry has started, as the AI SDK started the tool. */
  adopt(toolCall: ToolCall): void {
    this.#toolCall = toolCall
    this.#isAdopted = this.#isWatched = true
  }

  /** Goes on in the place of a later call of the AI SDK, such as the one that brings the answer. */
  resume(wanted: WantedCall): GuardedCall {
    const resumed = new GuardedCall(this.#claw, this.#options, wanted, this.#onAnswer)
    const run = toolCallsOf(this.#claw).runOf(wanted.toolCallId, wanted.messages)
    if (this.#toolCall?.ended !== false) return resumed
    // A run that telemetry has opened for the answer has a call of its own.
    if (run !== undefined && run !== this.#toolCall.run) {
      this.cancel('goes on in another run')
      return resumed
    }
    resumed.approvalId = this.approvalId
    resumed.#toolCall = this.#toolCall
    resumed.#ownRun = this.#ownRun
    resumed.#isWatched = run !== undefined
    return resumed
  }

  /** Does work inside the call: what it starts stands below it. */
  within<Result>(work: () => Result): Result {
    // Telemetry has opened its call around the tool.
    return this.#isWatched ? work() : this.toolCall.within(work)
  }

  /** Ends the call with what the tool gave, where telemetry does not. */
  endWith(output: unknown): void {
    if (!this.#isWatched) this.end({ output })
  }

  /** Ends the call, with no more known than that it was permitted. */
  end(result: { readonly output?: unknown } = {}): void {
    if (this.#toolCall?.ended === false) this.#toolCall.end(result)
    this.#ownRun?.end()
  }

  /** Ends the call with what the tool threw, where telemetry does not. */
  failWith(error: unknown, signal: AbortSignal | undefined): void {
    if (!this.#isWatched) this.fail(error, signal)
  }

  /** Ends the call with why it did not happen, where nobody has. */
  fail(error: unknown, signal?: AbortSignal): void {
    if (signal?.aborted === true || isAbort(error)) return this.cancel('aborted')
    if (this.#toolCall?.ended === false) this.#toolCall.fail(error)
    this.#ownRun?.end()
  }

  /** Ends the call because it will not go on. */
  cancel(reason: string): void {
    if (this.#toolCall?.ended === false) this.#toolCall.cancel(reason)
    this.#ownRun?.cancel(reason)
  }

  // Telemetry may hide the arguments, and knows of no risk: the guard is told both.
  #authorizeAdopted(toolCall: ToolCall, options: AuthorizeOptions): Promise<Authorization> {
    const { name, input } = this.wanted
    const { toolCallId, actionId } = toolCall
    const risk = rate(this.#claw, this.#options, name, input)
    const action = { kind: 'tool_call' as const, name, toolCallId, actionId, input, parent: toolCall }
    return this.#claw.guard({ ...action, ...(risk !== undefined && { risk }) }, options)
  }

  #start(): ToolCall {
    const { toolCallId, name, input, messages } = this.wanted
    const calls = toolCallsOf(this.#claw)
    const run = calls.runOf(toolCallId, messages)
    this.#isWatched = run !== undefined
    const parent = run ?? this.#claw.current() ?? this.#openRun()
    const risk = rate(this.#claw, this.#options, name, input)
    const toolCall = this.#claw.startToolCall({
      name,
      input,
      toolCallId: run === undefined ? toolCallId : distinguish(calls, toolCallId, run),
      ...(risk !== undefined && { risk }),
      ...(parent !== undefined && { parent }),
    })
    calls.add(toolCall, this.#onAnswer)
    return toolCall
  }

  // So that the guard knows the session; a call without one gets a run of core's making.
  #openRun(): Parent | undefined {
    const { sessionKey } = this.#options
    if (sessionKey === undefined) return undefined
    return (this.#ownRun = this.#claw.startRun({ name: this.wanted.name, sessionKey }))
  }
}

// A model may give several calls of one step the same id, each of which is a question of its own.
function distinguish(calls: ToolCalls, toolCallId: string, run: Run): string {
  for (let count = 1; ; count++) {
    const id = count === 1 ? toolCallId : `${toolCallId}#${count}`
    if (calls.find(id, run)?.ended !== false) return id
  }
}
