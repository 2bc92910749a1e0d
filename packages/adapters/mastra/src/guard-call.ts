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

import type { GuardContext } from './guard-context.ts'
import { type GuardOptions, rate } from './guard-options.ts'
import { type CallPlace, toolCallsOf } from './tool-calls.ts'

/** A tool call before it is guarded. */
export interface WantedCall {
  readonly name: string
  /** The name that the model knows the tool by, where it is another. */
  readonly modelName?: string
  readonly input: unknown
  readonly context: GuardContext
  /** True where the guard asks before Mastra has a span for the call. */
  readonly isAhead?: boolean
}

/** One tool call on its way through the guard: asked about once, however often Mastra enters its tool. */
export class GuardedCall {
  readonly wanted: WantedCall
  /** The question that was put to a person about it, where one was. */
  approvalId: string | undefined
  readonly #claw: Claw
  readonly #options: GuardOptions
  readonly #written: string | undefined
  #toolCall: ToolCall | undefined
  #ownRun: Run | undefined
  #granted: Authorization | undefined
  #isForeign = false
  #unlisten: (() => void) | undefined

  constructor(claw: Claw, options: GuardOptions, wanted: WantedCall) {
    this.#claw = claw
    this.#options = options
    this.wanted = wanted
    this.#written = writeInput(wanted.input)
  }

  /** Tells whether this is the call that is wanted: of the same tool, with the arguments that were asked about. */
  isFor({ name, input }: Pick<WantedCall, 'name' | 'input'>): boolean {
    return name === this.wanted.name && this.#written !== undefined && this.#written === writeInput(input)
  }

  /** The permission that was given, where one was. */
  get granted(): Authorization | undefined {
    return this.#granted
  }

  /** The recorded call; a new one where the last one has ended. */
  get toolCall(): ToolCall {
    if (this.#toolCall === undefined || this.#toolCall.ended) this.#toolCall = this.#start()
    return this.#toolCall
  }

  /** The id under which the gateway is asked: a model may give the same id in another run of the agent, which is another call. */
  get questionId(): string {
    const { mastraRunId } = this.wanted.context
    const { toolCallId } = this.toolCall
    return mastraRunId === undefined ? toolCallId : `${toolCallId}@${mastraRunId}`
  }

  /**
   * Asks the guard; what was permitted is not asked about again.
   *
   * @throws what `ToolCall.authorize` throws
   */
  async authorize(question: AuthorizeOptions = {}): Promise<Authorization> {
    const { approvalTimeoutMs } = this.#options
    const { signal } = this.wanted.context
    const options: AuthorizeOptions = {
      ...(approvalTimeoutMs !== undefined && { approvalTimeoutMs }),
      // One that is aborted already is Mastra's to follow; here it would end what is only observed, too.
      ...(signal?.aborted === false && { signal }),
      ...question,
    }
    this.#granted ??= await this.#ask(options)
    return this.#granted
  }

  /** Goes on in the place of a later entry of the same call, such as the one that brings the answer. */
  resume(wanted: WantedCall): GuardedCall {
    const resumed = new GuardedCall(this.#claw, this.#options, wanted)
    resumed.approvalId = this.approvalId
    resumed.#granted = this.#granted
    const call = this.#toolCall
    if (call === undefined || call.ended) return resumed
    toolCallsOf(this.#claw).release(this.#place, call)
    const placed = resumed.#findPlaced()
    // What the exporter has opened for the new entry is a call of its own.
    if (placed !== undefined && placed !== call) this.cancel('goes on in another run')
    else {
      resumed.#toolCall = call
      resumed.#ownRun = this.#ownRun
      resumed.#isForeign = placed === call
    }
    return resumed
  }

  /** Lets the exporter take the call over, for the tool starts now. */
  handOver(): void {
    toolCallsOf(this.#claw).handOver(this.#place, this.toolCall)
  }

  /** Cancels the call when it is aborted, for Mastra does not always come back to it. */
  endWithSignal(): void {
    const { signal } = this.wanted.context
    const cancel = (): void => this.failWith(undefined)
    signal?.addEventListener('abort', cancel, { once: true })
    this.#unlisten = () => signal?.removeEventListener('abort', cancel)
  }

  /** Keeps the call open past the end of its span. */
  hold(): void {
    if (this.#toolCall?.ended === false) toolCallsOf(this.#claw).hold(this.#place, this.#toolCall)
  }

  /** Does work inside the call: what it starts stands below it. */
  within<Result>(work: () => Result): Result {
    return this.toolCall.within(work)
  }

  /** Ends the call with what the tool gave, where the exporter does not. */
  endWith(output: unknown): void {
    if (!this.#isWatched()) this.end({ output })
  }

  /** Ends the call with what the tool threw, where the exporter does not. */
  failWith(error: unknown): void {
    if (!this.#isWatched()) this.fail(error)
  }

  /** Ends the call, with no more known than that it was permitted. */
  end(result: { readonly output?: unknown } = {}): void {
    this.#close()
    if (this.#toolCall?.ended === false) this.#toolCall.end(result)
    this.#ownRun?.end()
  }

  /** Ends the call with why it did not happen, where nobody has. */
  fail(error: unknown): void {
    if (this.wanted.context.signal?.aborted === true || isAbort(error)) return this.cancel('aborted')
    this.#close()
    if (this.#toolCall?.ended === false) this.#toolCall.fail(error)
    this.#ownRun?.end()
  }

  /** Ends the call because it will not go on. */
  cancel(reason: string): void {
    this.#close()
    if (this.#toolCall?.ended === false) this.#toolCall.cancel(reason)
    this.#ownRun?.cancel(reason)
  }

  get #place(): CallPlace {
    const { spanId, mastraRunId, toolCallId } = this.wanted.context
    return { toolCallId: toolCallId ?? this.toolCall.toolCallId, parentSpanId: spanId, mastraRunId }
  }

  #close(): void {
    this.#unlisten?.()
    if (this.#toolCall === undefined) return
    const calls = toolCallsOf(this.#claw)
    calls.takeBack(this.#place, this.#toolCall)
    calls.release(this.#place, this.#toolCall)
  }

  #isWatched(): boolean {
    return this.#toolCall !== undefined && toolCallsOf(this.#claw).isWatched(this.#toolCall)
  }

  #ask(options: AuthorizeOptions): Promise<Authorization> {
    const { name, input, context } = this.wanted
    const { toolCall } = this
    if (!this.#isForeign && context.mastraRunId === undefined) return toolCall.authorize(options)
    const risk = rate(this.#claw, this.#options, name, input)
    const action = {
      kind: 'tool_call' as const,
      name,
      toolCallId: this.questionId,
      actionId: toolCall.actionId,
      input,
      parent: toolCall,
      ...(risk !== undefined && { risk }),
    }
    return this.#claw.guard(action, options)
  }

  // A tool that another one calls stands in the other's span, which is not its own.
  #findPlaced(): ToolCall | undefined {
    const { context, isAhead, name, modelName = name } = this.wanted
    const place = isAhead === true ? undefined : toolCallsOf(this.#claw).at(context.spanId)
    const isOwn = place?.kind === 'tool_call' && place.toolCallId === context.toolCallId
    return isOwn && (place.name === modelName || place.name === name) ? place : undefined
  }

  #start(): ToolCall {
    const placed = this.#findPlaced()
    if (placed !== undefined) {
      this.#isForeign = true
      return placed
    }
    this.#isForeign = false
    const { name, input, context } = this.wanted
    const parent = toolCallsOf(this.#claw).at(context.spanId) ?? this.#claw.current() ?? this.#openRun()
    const risk = rate(this.#claw, this.#options, name, input)
    return this.#claw.startToolCall({
      name,
      input,
      ...(context.toolCallId !== undefined && { toolCallId: context.toolCallId }),
      ...(risk !== undefined && { risk }),
      ...(parent !== undefined && { parent }),
    })
  }

  // So that the guard knows the session; a call without one gets a run of core's making.
  #openRun(): Parent | undefined {
    const sessionKey = this.#options.sessionKey ?? this.wanted.context.threadId
    if (sessionKey === undefined) return undefined
    return (this.#ownRun = this.#claw.startRun({ name: this.wanted.name, sessionKey }))
  }
}
