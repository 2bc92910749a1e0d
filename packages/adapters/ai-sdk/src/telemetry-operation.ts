import type { Action, Claw, ModelCall, ModelCallOptions, Retrieval, Run } from '@pincer/core'

import { convertError, convertStop } from './convert-error.ts'
import { convertModelStart, convertRanking, convertWholeEnd, type Recorded } from './convert-model-call.ts'
import { convertRunOutput, convertStopReason, type OperationKind } from './convert-operation.ts'
import { Attempt } from './telemetry-attempt.ts'
import type { OperationTable, PausedRun } from './telemetry-table.ts'
import type { OperationTools } from './telemetry-tools.ts'

/** What an operation is made of. */
export interface OperationParts {
  readonly callId: string
  readonly claw: Claw
  readonly table: Pick<OperationTable, 'remove'>
  readonly kind: OperationKind
  readonly isStream: boolean
  readonly recorded: Recorded
  readonly run: Run
  readonly tools: OperationTools
  /** Runs of a gateway below this one, which count for themselves what they use. */
  readonly counted: Set<string>
}

interface AttemptStart {
  readonly messages?: unknown
  readonly tools?: unknown
}

interface OperationEnd {
  readonly callId: string
  readonly finishReason?: unknown
  readonly rawFinishReason?: unknown
  readonly error?: unknown
}

/** One call of `generateText`, `streamText`, `embed` and the like, between its start and its end. */
export class Operation {
  readonly callId: string
  readonly run: Run
  readonly tools: OperationTools
  readonly isStream: boolean
  readonly recorded: Recorded
  readonly #parts: OperationParts
  #attempt: Attempt | undefined
  // Calls of models that are no attempts, by the AI SDK's ids.
  #modelCalls: Map<string, ModelCall> | undefined
  #retrieval: Retrieval | undefined
  #documents: unknown
  #lastStep: unknown
  #lastError: readonly [unknown] | undefined

  constructor(parts: OperationParts) {
    this.#parts = parts
    this.callId = parts.callId
    this.run = parts.run
    this.tools = parts.tools
    this.isStream = parts.isStream
    this.recorded = parts.recorded
  }

  /** A language model is going to be called; called again for another attempt. */
  startAttempt(event: AttemptStart): Attempt | undefined {
    const { run, tools, isStream, recorded } = this
    const { claw, counted } = this.#parts
    if (run.ended || this.#attempt?.isMade === false) return undefined
    this.#endAttempt((open) => open.cutOff())
    // Without tools nobody is asked about any.
    if (event.tools !== undefined) tools.place(event.messages)
    const options = convertModelStart(event, isStream, recorded.inputs)
    const call = run.startModelCall(options)
    return (this.#attempt = new Attempt(claw, call, options, recorded, {
      expect: (toolCallId) => tools.expect(toolCallId),
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
    if (this.run.ended || calls.has(id)) return
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
    if (this.run.ended || this.#retrieval?.ended === false) return
    this.#documents = documents
    this.#retrieval = this.run.startRetrieval(this.recorded.inputs ? { name, query } : { name })
  }

  /** Documents were ranked. */
  endRetrieval(event: unknown): void {
    if (this.#retrieval?.ended !== false) return
    const documents = this.recorded.inputs ? this.#documents : undefined
    this.#retrieval.end(this.recorded.outputs ? { documents: convertRanking(event, documents) } : {})
  }

  /** A step has ended. */
  endStep(step: { readonly stepNumber?: unknown }): void {
    if (step.stepNumber === this.#lastStep) return
    this.#lastStep = step.stepNumber
    this.#endAttempt((open) => open.cutOff())
    this.tools.endStep(step)
  }

  /** It has ended; returns the run where that waits for an answer, to be kept. */
  end(event: OperationEnd): PausedRun | undefined {
    const { run, recorded } = this
    const { pending } = this.tools
    const { kind, counted } = this.#parts
    this.takeModelCall('whole')?.end(convertWholeEnd(event, recorded.outputs))
    this.#endAttempt((attempt) => attempt.cutOff())
    // What has not told of its own end was an attempt that failed.
    for (const call of this.#openModels()) call.fail(new Error('the call was made again'))
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
    for (const action of this.#open()) action.cancel('aborted')
    if (this.run.ended) return
    if (isTimeout) this.run.timeOut('timed out')
    else this.run.cancel('aborted')
  }

  /** It has failed, which an abort looks like too where nothing streams. */
  fail(error: unknown): void {
    if (convertStop(error) !== undefined) {
      this.abort(error)
      return
    }
    this.#endAttempt((attempt) => attempt.fail(error))
    for (const action of this.#open()) action.fail(convertError(error, this.recorded.hidesErrors))
    if (!this.run.ended) this.#failRun(error)
  }

  /** Nobody will end it. */
  abandon(reason: string): void {
    // A tool that is still executed has its own end.
    if (this.#open().length > 0) return
    this.#parts.table.remove(this)
    if (!this.run.ended) this.run.timeOut(reason)
  }

  // Everything but the attempt.
  #open(): readonly Action[] {
    return [...this.tools.open(), ...this.#openModels()]
  }

  #openModels(): readonly (ModelCall | Retrieval)[] {
    const calls: (ModelCall | Retrieval)[] = [...(this.#modelCalls?.values() ?? [])]
    if (this.#retrieval !== undefined) calls.push(this.#retrieval)
    return calls.filter((call) => !call.ended)
  }

  #interruptRun(reason: unknown): void {
    if (reason === 'timed_out') this.run.timeOut('timed out')
    else this.run.cancel(typeof reason === 'string' ? reason : 'interrupted')
  }

  #failRun(error: unknown): void {
    this.run.fail(convertError(error, this.recorded.hidesErrors))
  }

  #endAttempt(end: (attempt: Attempt) => void): void {
    const attempt = this.#attempt
    this.#attempt = undefined
    if (attempt === undefined) return
    this.#lastError = attempt.streamError
    if (!attempt.call.ended) end(attempt)
  }
}
