import type { Run, ToolCall } from '@pincer/core'
import type { ApprovalRequest } from '@pincer/protocol'

import { convertAnswer, convertInterrupts, convertQuestions, type Resumed } from './convert-interrupt.ts'
import type { RequestedCall } from './convert-model.ts'
import { RequestedCalls } from './requested-calls.ts'
import type { ToolCalls } from './tool-calls.ts'

interface Waiting {
  readonly run: Run
  readonly actionId: string | undefined
  readonly questions: readonly ApprovalRequest[]
}

/** One use of an agent or chain from outside, with what is paused in it; a resumed one is the same. */
export class Invocation {
  /** The conversation by which a resumed run is found. */
  readonly threadId: string | undefined
  /** What stops it, once a model call has shown it. */
  signal: AbortSignal | undefined
  #calls: readonly RequestedCall[] = []
  // Made when they are needed: most invocations are never interrupted.
  #requested: RequestedCalls | undefined
  #paused: Map<string, Run | ToolCall> | undefined
  #waiting: Map<string, Waiting> | undefined
  #asked: Map<string, number> | undefined

  constructor(threadId: string | undefined) {
    this.threadId = threadId
  }

  /** Takes what a model has asked for. */
  request(calls: readonly RequestedCall[]): void {
    this.#calls = calls
    if (calls.length > 0) (this.#requested ??= new RequestedCalls()).add(calls)
  }

  /** Says that a tool starts; returns the id of its call, also where LangChain told none but a model has asked for it. */
  begin(toolCallId: string | undefined, name: string, input: unknown): string | undefined {
    return this.#requested === undefined ? toolCallId : this.#requested.begin(toolCallId, name, input)
  }

  /** True while an interrupt waits for its answer. */
  get isWaiting(): boolean {
    return this.#waiting !== undefined && this.#waiting.size > 0
  }

  /**
   * Pauses a run for the interrupts in an error, each once, however many steps it passes on its way up.
   *
   * @param about the tool, or the node, that was interrupted
   */
  pause(run: Run, error: unknown, about: ToolCall | { readonly name: string }, known: ToolCalls): void {
    const tool = 'kind' in about ? about : undefined
    const waiting = (this.#waiting ??= new Map())
    const asked = (this.#asked ??= new Map())
    for (const interrupt of convertInterrupts(error)) {
      const { id } = interrupt
      if (waiting.has(id)) continue
      // One node may ask several times, and all its interrupts have one id.
      const times = (asked.get(id) ?? 0) + 1
      asked.set(id, times)
      const approvalId = times === 1 ? id : `${id}#${times}`
      const questions = known.isNotedInterrupt(interrupt.value)
        ? []
        : convertQuestions(approvalId, interrupt, about, this.#calls)
      waiting.set(id, { run, actionId: tool?.actionId, questions })
      for (const question of questions) run.pause(question, tool?.actionId)
    }
  }

  /** Records what a person answered. */
  resume(resumed: Resumed): void {
    for (const [id, { run, actionId, questions }] of this.#waiting ?? []) {
      const value = resumed.valueFor(id)
      if (value === undefined) continue
      this.#waiting?.delete(id)
      for (const [index, { approvalId }] of questions.entries())
        run.resume(convertAnswer(approvalId, value, index), actionId)
    }
  }

  /** Keeps what is paused inside until the same place is entered again. */
  keep(key: string, paused: Run | ToolCall): void {
    this.#paused ??= new Map()
    this.#paused.set(key, paused)
    if (paused.kind === 'tool_call') this.#requested?.interrupt(paused.toolCallId)
  }

  /** Takes out the tool call that was paused there. */
  takeTool(key: string): ToolCall | undefined {
    const paused = this.#take(key)
    return paused?.kind === 'tool_call' ? paused : undefined
  }

  /** Takes out the run that was paused there. */
  takeRun(key: string): Run | undefined {
    const paused = this.#take(key)
    return paused?.kind === 'run' ? paused : undefined
  }

  /** Ends what is paused where nothing here will be asked to go on with it; the questions stay open. */
  leave(): void {
    this.#release((paused) => {
      if (paused.kind === 'run') paused.end({ stopReason: 'interrupted' })
      else paused.cancel('interrupted')
    })
  }

  /** Ends what is still paused, since nobody will resume it. */
  drop(reason: string): void {
    for (const { run, actionId, questions } of this.#waiting?.values() ?? [])
      for (const { approvalId } of questions)
        run.resume({ approvalId, status: 'cancelled', reason }, actionId)
    this.#release((paused) => paused.cancel(reason))
  }

  #release(end: (paused: Run | ToolCall) => void): void {
    for (const paused of this.#paused?.values() ?? []) if (!paused.ended) end(paused)
    this.#waiting = this.#paused = undefined
  }

  #take(key: string): Run | ToolCall | undefined {
    const paused = this.#paused?.get(key)
    this.#paused?.delete(key)
    return paused?.ended === false ? paused : undefined
  }
}
