import type { Action, Claw, ModelCall, ModelCallOptions, Retrieval, Run, ToolCall } from '@pincer/core'
import { ApprovalDeniedError } from '@pincer/protocol'

import {
  type ApprovalAnswer,
  convertPending,
  convertQuestion,
  convertUnmade,
  type PendingCall,
  type UnmadeCall,
} from './convert-approval.ts'
import { convertError, convertStop } from './convert-error.ts'
import { convertModelStart, convertRanking, convertWholeEnd, type Recorded } from './convert-model-call.ts'
import { convertRunOutput, convertStopReason, type OperationKind } from './convert-operation.ts'
import { Attempt } from './telemetry-attempt.ts'
import type { OperationTable, PausedRun } from './telemetry-table.ts'
import type { ToolCalls } from './tool-calls.ts'

/** What an operation is made of. */
export interface OperationParts {
  readonly callId: string
  readonly claw: Claw
  readonly table: Pick<OperationTable, 'remove'>
  readonly toolCalls: ToolCalls
  readonly kind: OperationKind
  readonly isStream: boolean
  readonly recorded: Recorded
  readonly run: Run
  /** What the run waits for that it goes on with. */
  readonly pending: Map<string, PendingCall>
  /** Runs of a gateway below this one, which count for themselves what they use. */
  readonly counted: Set<string>
}

/** One call of `generateText`, `streamText`, `embed` and the like, between its start and its end. */
export class Operation {
  readonly #parts: OperationParts
  readonly #tools = new Map<string, ToolCall>()
  #attempt: Attempt | undefined
  // Calls of models that are no attempts, by the AI SDK's ids.
  #modelCalls: Map<string, ModelCall> | undefined
  #retrieval: Retrieval | undefined
  #documents: unknown
  readonly #expected: string[] = []
  #lastStep: unknown
  #lastError: readonly [unknown] | undefined

  constructor(parts: OperationParts) {
    this.#parts = parts
  }

  get callId(): string {
    return this.#parts.callId
  }

  get run(): Run {
    return this.#parts.run
  }

  get kind(): OperationKind {
    return this.#parts.kind
  }

  get isStream(): boolean {
    return this.#parts.isStream
  }

  get recorded(): Recorded {
    return this.#parts.recorded
  }

  /** A language model is going to be called; called again for another attempt. */
  startAttempt(event: AttemptStart): Attempt | undefined {
    const { claw, toolCalls, run, isStream, recorded, counted } = this.#parts
    if (this.#attempt?.isMade === false) return undefined
    this.#endAttempt((open) => open.cutOff())
    // Without tools nobody is asked about any.
    if (event.tools !== undefined) toolCalls.place(event.messages, run)
    const options = convertModelStart(event, isStream, recorded.inputs)
    const call = run.startModelCall(options)
    return (this.#attempt = new Attempt(claw, call, options, recorded, {
      expect: (toolCallId) => this.#expect(toolCallId),
      abandoned: () => this.abandon('nobody read it any further'),
      counted,
    }))
  }

  /** The attempt that a request belongs to which is made now; undefined where it is being made already. */
  attemptFor(event: AttemptStart): Attempt | undefined {
    const attempt = this.#attempt
    if (attempt?.isMade === false) return attempt
    // generateText tells once of all its attempts.
    return attempt === undefined || attempt.call.ended ? this.startAttempt(event) : undefined
  }

  /** A language model has answered. */
  endAttempt(event: { readonly finishReason?: unknown }): void {
    this.#endAttempt((open) => open.end(event))
  }

  /** Another model is called, such as one that embeds. */
  startModelCall(id: string, options: ModelCallOptions): void {
    const calls = (this.#modelCalls ??= new Map())
    if (calls.has(id)) return
    const call = this.run.startModelCall(options)
    if (options.stream === true) call.awaitReader()
    calls.set(id, call)
  }

  /** Takes out a call that was started so, to end it. */
  takeModelCall(id: string): ModelCall | undefined {
    const call = this.#modelCalls?.get(id)
    this.#modelCalls?.delete(id)
    return call?.ended === false ? call : undefined
  }

  /** Documents are going to be ranked; called again for another attempt. */
  startRetrieval(name: string, query: unknown, documents: unknown): void {
    if (this.#retrieval?.ended === false) return
    this.#documents = documents
    this.#retrieval = this.run.startRetrieval(this.recorded.inputs ? { name, query } : { name })
  }

  /** Documents were ranked. */
  endRetrieval(event: unknown): void {
    if (this.#retrieval?.ended !== false) return
    const documents = this.recorded.inputs ? this.#documents : undefined
    this.#retrieval.end(this.recorded.outputs ? { documents: convertRanking(event, documents) } : {})
  }

  /** A tool is going to be executed. */
  startTool({ toolCallId, toolName, input }: ToolStart): void {
    if (this.#tools.has(toolCallId)) return
    // What is executed was approved, also where the messages that say so are hidden.
    for (const asked of this.#parts.pending.values())
      if (asked.toolCallId === toolCallId)
        this.answer({ approvalId: asked.approvalId, approved: true, reason: undefined })
    const call = this.#toolCall({ toolCallId, name: toolName, input })
    this.#tools.set(toolCallId, call)
  }

  /** The tool call that is executed now. */
  tool(toolCallId: string): ToolCall | undefined {
    return this.#tools.get(toolCallId)
  }

  /** A tool was executed, or failed. */
  endTool({ toolCallId, type, output, error }: ToolEnd): void {
    const call = this.#tools.get(toolCallId)
    this.#tools.delete(toolCallId)
    if (call === undefined || call.ended) return
    if (type !== 'tool-error') call.end(this.recorded.outputs ? { output } : {})
    else if (convertStop(error) === 'aborted') call.cancel('aborted')
    else call.fail(convertError(error ?? new Error('the tool failed'), this.recorded.hidesErrors))
  }

  /** A step has ended: what came to nothing in it is recorded, and what it asks. */
  endStep(step: { readonly stepNumber?: unknown }): void {
    const { run, toolCalls, pending, recorded } = this.#parts
    if (step.stepNumber === this.#lastStep) return
    this.#lastStep = step.stepNumber
    this.#endAttempt((open) => open.cutOff())
    for (const unmade of convertUnmade(step)) this.#failUnmade(unmade)
    for (const asked of convertPending(step)) {
      pending.set(asked.approvalId, asked)
      // A call that the guard has started was asked about there.
      if (toolCalls.find(asked.toolCallId, run)?.ended !== false)
        run.pause(convertQuestion(asked, recorded.inputs))
    }
    toolCalls.forgetEnded(run)
    const waiting = new Set([...pending.values()].map(({ toolCallId }) => toolCallId))
    for (const toolCallId of this.#expected.splice(0))
      if (!waiting.has(toolCallId)) toolCalls.forget(toolCallId, run)
  }

  /** A later call brings an answer to what the run has asked. */
  answer({ approvalId, approved, reason }: ApprovalAnswer): void {
    const { run, toolCalls, pending } = this.#parts
    const asked = pending.get(approvalId)
    if (asked === undefined) return
    pending.delete(approvalId)
    const answer = { approved, reason }
    if (toolCalls.answer(asked.toolCallId, run, answer)) return
    if (toolCalls.find(asked.toolCallId, run)?.ended !== false)
      run.resume({
        approvalId,
        status: approved ? 'approved' : 'denied',
        ...(reason !== undefined && { reason }),
      })
    if (!approved && !asked.isFar) this.#failUnmade({ ...asked, reason, error: undefined })
  }

  /** It has ended; returns the run where that waits for an answer, to be kept. */
  end(event: OperationEnd): PausedRun | undefined {
    const { run, kind, pending, counted, recorded } = this.#parts
    const whole = this.takeModelCall('whole')
    if (whole !== undefined) whole.end(convertWholeEnd(event, recorded.outputs))
    this.#endAttempt((attempt) => attempt.cutOff())
    // What has not told of its own end was an attempt that failed.
    for (const call of this.#open()) call.fail(new Error('the call was made again'))
    if (run.ended) return undefined
    const { finishReason, rawFinishReason, error } = event
    if (finishReason === 'error' || (kind === 'object' && error !== undefined))
      this.#failRun(this.#lastError?.[0] ?? error ?? new Error('the model ended with an error'))
    else if (finishReason === 'interrupted') this.#interruptRun(rawFinishReason)
    else if (pending.size > 0) return { run, pending, counted }
    else {
      const stopReason = convertStopReason(event)
      run.end({
        ...(recorded.outputs && { output: convertRunOutput(event, kind) }),
        ...(stopReason !== undefined && { stopReason }),
      })
    }
    return undefined
  }

  /** Its caller has stopped it, or its time was up. */
  abort(reason: unknown): void {
    const isTimeout = convertStop(reason) === 'timed out'
    this.#endAttempt((attempt) => (isTimeout ? attempt.fail(reason) : attempt.cancel('aborted')))
    for (const call of this.#open()) call.cancel('aborted')
    if (this.run.ended) return
    if (isTimeout) this.run.timeOut('timed out')
    else this.run.cancel('aborted')
  }

  /** It has failed, which an abort looks like too where nothing streams. */
  fail(error: unknown): void {
    const stop = convertStop(error)
    if (stop !== undefined) {
      this.abort(error)
      return
    }
    this.#endAttempt((attempt) => attempt.fail(error))
    for (const call of this.#open()) call.fail(convertError(error, this.recorded.hidesErrors))
    if (!this.run.ended) this.#failRun(error)
  }

  /** Nobody will end it. */
  abandon(reason: string): void {
    // A tool that is still executed has its own end.
    if (this.#open().length > 0) return
    this.#parts.table.remove(this)
    if (!this.run.ended) this.run.timeOut(reason)
  }

  #expect(toolCallId: string): void {
    // Otherwise the guard finds the run by the messages, which is surer.
    if (!this.recorded.hidesMessages) return
    this.#parts.toolCalls.expect(toolCallId, this.run)
    this.#expected.push(toolCallId)
  }

  // Everything but the attempt.
  #open(): readonly Action[] {
    const open: Action[] = [...this.#tools.values(), ...(this.#modelCalls?.values() ?? [])]
    if (this.#retrieval !== undefined) open.push(this.#retrieval)
    return open.filter((action) => !action.ended)
  }

  #interruptRun(reason: unknown): void {
    if (reason === 'timed_out') this.run.timeOut('timed out')
    else this.run.cancel(typeof reason === 'string' ? reason : 'interrupted')
  }

  #failRun(error: unknown): void {
    this.run.fail(convertError(error, this.recorded.hidesErrors))
  }

  #failUnmade({ toolCallId, name, input, approvalId, reason, error }: UnmadeCall): void {
    const { run, toolCalls } = this.#parts
    // Whoever refused it has said so.
    if (toolCalls.find(toolCallId, run)?.ended === true) return
    const call = this.#toolCall({ toolCallId, name, input })
    if (error === undefined) call.fail(new ApprovalDeniedError(name, approvalId, reason))
    else call.fail(convertError(error, this.recorded.hidesErrors))
  }

  // The guard, which is asked before, may have started it.
  #toolCall({ toolCallId, name, input }: { toolCallId: string; name: string; input: unknown }): ToolCall {
    const { run, toolCalls, recorded } = this.#parts
    const known = toolCalls.find(toolCallId, run)
    if (known?.ended === false) return known
    const call = run.startToolCall(recorded.inputs ? { toolCallId, name, input } : { toolCallId, name })
    toolCalls.add(call)
    return call
  }

  #endAttempt(end: (attempt: Attempt) => void): void {
    const attempt = this.#attempt
    this.#attempt = undefined
    if (attempt === undefined) return
    this.#lastError = attempt.streamError
    if (!attempt.call.ended) end(attempt)
  }
}

interface AttemptStart {
  readonly messages?: unknown
  readonly tools?: unknown
}

interface ToolStart {
  readonly toolCallId: string
  readonly toolName: string
  readonly input?: unknown
}

interface ToolEnd {
  readonly toolCallId: string
  readonly type?: unknown
  readonly output?: unknown
  readonly error?: unknown
}

interface OperationEnd {
  readonly callId: string
  readonly finishReason?: unknown
  readonly rawFinishReason?: unknown
  readonly error?: unknown
}
