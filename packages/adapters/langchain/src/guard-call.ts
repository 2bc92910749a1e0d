import { ToolMessage } from '@langchain/core/messages'
import type { Authorization, Claw, Parent, Run, ToolCall } from '@pincer/core'
import { isRefusal } from '@pincer/core/tools'
import type { Risk } from '@pincer/protocol'

import { convertOutput } from './convert-message.ts'
import type { GuardToolOptions, ToolInput } from './guard-options.ts'
import { LateValue } from './late-value.ts'
import { distinguishCall, noteOpenCall } from './open-calls.ts'
import { toolCallsOf } from './tool-calls.ts'

/** A tool call before it is guarded. */
export interface WantedCall {
  /** The model's id of the call; undefined where a program calls the tool. */
  readonly toolCallId: string | undefined
  readonly name: string
  readonly input: ToolInput
  /** LangGraph's thread, which is the session of a call outside any run. */
  readonly threadId: string | undefined
  /** The message or node that makes the call, which tells it from others of the thread with the same id. */
  readonly origin: string | undefined
  /** The run of LangChain's in which it is made. */
  readonly langchainRunId: string | undefined
}

/** How permission is asked. */
interface Question {
  readonly signal?: AbortSignal | undefined
  /** False where a person is not waited for. */
  readonly wait?: boolean
  /** Finds the question that was put to a person about this call by a process that has ended. */
  readonly find?: (() => Promise<string | undefined>) | undefined
}

/** One tool call on its way through the guard: asked about once, however often a graph runs its node again. */
export class GuardedCall {
  readonly wanted: WantedCall
  /** The question that was put to a person about it, where one was. */
  approvalId: string | undefined
  readonly #claw: Claw
  readonly #options: GuardToolOptions
  #toolCall: ToolCall | undefined
  #written: string | undefined
  #ownRun: Run | undefined
  #answer: Promise<Authorization> | undefined

  constructor(claw: Claw, options: GuardToolOptions, wanted: WantedCall) {
    this.#claw = claw
    this.#options = options
    this.wanted = wanted
  }

  /** The recorded call; a new one where the last one has ended, as after an interrupt inside the tool. */
  get toolCall(): ToolCall {
    if (this.#toolCall === undefined || this.#toolCall.ended) this.#toolCall = this.#start()
    return this.#toolCall
  }

  /** Tells whether this is the call that is wanted: of the same tool, with the arguments that were asked about. */
  isFor({ name, input }: WantedCall): boolean {
    return this.#written !== undefined && name === this.wanted.name && this.#written === write(input)
  }

  /** True once the guard or a person has answered. */
  get isAnswered(): boolean {
    return this.#answer !== undefined
  }

  /**
   * Asks the guard; asking again gives the same answer, until there is one.
   *
   * @throws what `ToolCall.authorize` throws
   */
  async authorize(question: Question = {}): Promise<Authorization> {
    this.#answer ??= this.#ask(question)
    try {
      const authorization = await this.#answer
      this.approvalId = authorization.approvalId
      return authorization
    } catch (error) {
      if (!isRefusal(error)) this.#answer = undefined
      this.approvalId = readApprovalId(error) ?? this.approvalId
      throw error
    }
  }

  /**
   * Runs the tool inside the call: what it starts finds the call as its parent.
   *
   * @param key what the handler finds the call by: its tool call id, or LangChain's run id where it has none
   */
  async perform<Result>(key: string, work: () => Promise<Result>): Promise<Result> {
    const calls = toolCallsOf(this.#claw)
    const { toolCall } = this
    calls.handOver(key, toolCall)
    try {
      return await toolCall.within(work)
    } finally {
      // Nobody took it: the tool was never reached, or no handler listens.
      calls.takeBack(toolCall)
    }
  }

  /** Ends the call with what the tool gave, where the handler has not; a message with status `error` is a failure. */
  endWith(answer: unknown): void {
    const failure = this.#readFailure(answer)
    if (failure !== undefined) return this.fail(new Error(failure))
    // Converted where it is recorded, since a value of the host's may throw when it is looked at.
    if (this.#toolCall?.ended === false) this.#toolCall.end({ output: new LateValue(answer, convertOutput) })
    this.#ownRun?.end()
  }

  /** Ends the call with what went wrong, where nobody has. */
  fail(error: unknown, signal?: AbortSignal): void {
    if (this.#toolCall?.ended === false) {
      if (signal?.aborted === true) this.#toolCall.cancel('aborted')
      else this.#toolCall.fail(error)
    }
    if (signal?.aborted === true) this.#ownRun?.cancel('aborted')
    else this.#ownRun?.end()
  }

  #ask({ signal, wait = true, find }: Question): Promise<Authorization> {
    // The arguments are the host's, which may change them after they were asked about.
    this.#written = write(this.wanted.input)
    const approvalId = this.approvalId ?? find
    const { approvalTimeoutMs } = this.#options
    const options = {
      ...(signal !== undefined && { signal }),
      ...(approvalTimeoutMs !== undefined && { approvalTimeoutMs }),
      ...(approvalId !== undefined && { approvalId }),
      wait,
    }
    return this.toolCall.authorize(options)
  }

  #start(): ToolCall {
    const { toolCallId: givenId, name, input, threadId } = this.wanted
    const risk = this.#rate()
    const parent = this.#findParent(name, threadId)
    // A run may hold several calls of one id, each of which is a question of its own.
    const toolCallId =
      givenId === undefined || parent === undefined ? givenId : distinguishCall(givenId, parent)
    const toolCall = this.#claw.startToolCall({
      name,
      input,
      ...(toolCallId !== undefined && { toolCallId }),
      ...(risk !== undefined && { risk }),
      ...(parent !== undefined && { parent }),
    })
    noteOpenCall(toolCall)
    return toolCall
  }

  // A call outside any run gets one of its own, so that the guard knows its session.
  #findParent(name: string, threadId: string | undefined): Parent | undefined {
    const { toolCallId, langchainRunId } = this.wanted
    const known = toolCallsOf(this.#claw).parentOf(toolCallId, threadId, langchainRunId)
    const found = known ?? this.#claw.current()
    if (found !== undefined || threadId === undefined) return found
    if (this.#ownRun === undefined || this.#ownRun.ended)
      this.#ownRun = this.#claw.startRun({ name, sessionKey: threadId })
    return this.#ownRun
  }

  #readFailure(answer: unknown): string | undefined {
    try {
      return ToolMessage.isInstance(answer) && answer.status === 'error' ? answer.text : undefined
    } catch (error) {
      this.#claw.report(error, 'langchain')
      return undefined
    }
  }

  // What cannot be rated is rated highest.
  #rate(): Risk | undefined {
    const { risk } = this.#options
    if (typeof risk !== 'function') return risk
    try {
      return risk(this.wanted.name, this.wanted.input)
    } catch (error) {
      this.#claw.report(error, 'langchain')
      return 'critical'
    }
  }
}

function write(input: ToolInput): string | undefined {
  try {
    return JSON.stringify(input)
  } catch {
    return undefined
  }
}

function readApprovalId(error: unknown): string | undefined {
  const isGiven = typeof error === 'object' && error !== null && 'approvalId' in error
  return isGiven && typeof error.approvalId === 'string' ? error.approvalId : undefined
}
