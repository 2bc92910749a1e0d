import type { Run, ToolCall } from '@pincer/core'
import { ApprovalDeniedError } from '@pincer/protocol'

import {
  type ApprovalAnswer,
  type AskedCall,
  convertPending,
  convertQuestion,
  convertUnmade,
  type PendingCall,
  type UnmadeCall,
} from './convert-approval.ts'
import { convertError, convertStop } from './convert-error.ts'
import type { Recorded } from './convert-model-call.ts'
import type { ToolCalls } from './tool-calls.ts'

/** A call that is going to be executed. */
interface ToolStart {
  readonly toolCallId: string
  readonly toolName: string
  readonly input?: unknown
}

/** What came of it. */
interface ToolEnd {
  readonly toolCallId: string
  readonly type?: unknown
  readonly output?: unknown
  readonly error?: unknown
}

/** The tool calls of an operation, and the questions about them. */
export class OperationTools {
  /** What the run waits for, by the ids of the questions; it goes on to a later operation. */
  readonly pending: Map<string, PendingCall>
  readonly #run: Run
  readonly #known: ToolCalls
  readonly #recorded: Recorded
  readonly #executed = new Map<string, ToolCall>()
  readonly #expected: string[] = []

  constructor(run: Run, known: ToolCalls, recorded: Recorded, pending: Map<string, PendingCall>) {
    this.#run = run
    this.#known = known
    this.#recorded = recorded
    this.pending = pending
  }

  /** A model is asked with these messages, which approval functions are given too. */
  place(messages: unknown): void {
    this.#known.place(messages, this.#run)
  }

  /** A model asks for this call. */
  expect(toolCallId: string): void {
    // Otherwise the guard finds the run by the messages, which is surer.
    if (!this.#recorded.hidesMessages) return
    this.#known.expect(toolCallId, this.#run)
    this.#expected.push(toolCallId)
  }

  /** A tool is going to be executed. */
  start({ toolCallId, toolName, input }: ToolStart): void {
    if (this.#run.ended || this.#executed.has(toolCallId)) return
    // What is executed was approved, also where the messages that say so are hidden.
    for (const { approvalId, toolCallId: asked } of this.pending.values())
      if (asked === toolCallId) this.answer({ approvalId, approved: true, reason: undefined })
    this.#executed.set(toolCallId, this.#call({ toolCallId, name: toolName, input }))
  }

  /** The call that is executed now. */
  get(toolCallId: string): ToolCall | undefined {
    return this.#executed.get(toolCallId)
  }

  /** A tool was executed, or failed. */
  end({ toolCallId, type, output, error }: ToolEnd): void {
    const call = this.#executed.get(toolCallId)
    this.#executed.delete(toolCallId)
    if (call === undefined || call.ended) return
    if (type !== 'tool-error') call.end(this.#recorded.outputs ? { output } : {})
    else if (convertStop(error) === 'aborted') call.cancel('aborted')
    else call.fail(convertError(error ?? new Error('the tool failed'), this.#recorded.hidesErrors))
  }

  /** A step has ended: what came to nothing in it is recorded, and what it asks. */
  endStep(step: unknown): void {
    const run = this.#run
    if (run.ended) return
    for (const unmade of convertUnmade(step)) this.#failUnmade(unmade)
    for (const asked of convertPending(step)) {
      this.pending.set(asked.approvalId, asked)
      // A call that the guard has started was asked about there.
      if (this.#known.find(asked.toolCallId, run)?.ended !== false)
        run.pause(convertQuestion(asked, this.#recorded.inputs))
    }
    this.#known.forgetEnded(run)
    const waiting = new Set([...this.pending.values()].map(({ toolCallId }) => toolCallId))
    for (const toolCallId of this.#expected.splice(0))
      if (!waiting.has(toolCallId)) this.#known.forget(toolCallId, run)
  }

  /** A later call brings an answer to what the run has asked. */
  answer({ approvalId, approved, reason }: ApprovalAnswer): void {
    const asked = this.pending.get(approvalId)
    if (asked === undefined) return
    this.pending.delete(approvalId)
    const { toolCallId, isFar } = asked
    if (this.#known.answer(toolCallId, this.#run, { approved, reason })) return
    const status = approved ? 'approved' : 'denied'
    if (this.#known.find(toolCallId, this.#run)?.ended !== false)
      this.#run.resume({ approvalId, status, ...(reason !== undefined && { reason }) })
    if (!approved && !isFar) this.#failUnmade({ ...asked, reason, error: undefined })
  }

  /** The calls that are executed now. */
  open(): readonly ToolCall[] {
    return [...this.#executed.values()].filter((call) => !call.ended)
  }

  #failUnmade({ approvalId, reason, error, ...asked }: UnmadeCall): void {
    // Whoever refused it has said so.
    if (this.#known.find(asked.toolCallId, this.#run)?.ended === true) return
    const call = this.#call(asked)
    if (error === undefined) call.fail(new ApprovalDeniedError(asked.name, approvalId, reason))
    else call.fail(convertError(error, this.#recorded.hidesErrors))
  }

  // The guard, which is asked before, may have started it.
  #call({ toolCallId, name, input }: AskedCall): ToolCall {
    const known = this.#known.find(toolCallId, this.#run)
    if (known?.ended === false) return known
    const about = this.#recorded.inputs ? { toolCallId, name, input } : { toolCallId, name }
    const call = this.#run.startToolCall(about)
    this.#known.add(call)
    return call
  }
}
