import type { Claw, Run, ToolCall } from '@pincer/core'

const mostExpected = 10_000

/** What somebody answered, in the messages of a later call, about a tool call that waited. */
export interface CallAnswer {
  readonly approved: boolean
  readonly reason?: string | undefined
}

interface KnownCall {
  readonly call: ToolCall
  readonly onAnswer: ((answer: CallAnswer) => void) | undefined
}

/**
 * What telemetry and the guard know of the tool calls of one client, so that a call which both see is one action.
 *
 * The AI SDK asks for approval before it executes: the guard finds the run by {@link runOf}, starts the call in it and
 * adds it; telemetry finds it there by its id and goes on with it. Whoever comes second starts nothing, unless the call
 * that is there has ended: models that count their calls give the same ids again in a later step.
 */
export class ToolCalls {
  readonly #runsByMessages = new WeakMap<object, Run>()
  readonly #runsById = new Map<string, Run | undefined>()
  readonly #calls = new WeakMap<Run, Map<string, KnownCall>>()

  /** Telemetry says which run a step with these messages belongs to; approval functions are given the same list. */
  place(messages: unknown, run: Run): void {
    // With `recordInputs: false` telemetry sees another list, which is empty.
    if (Array.isArray(messages) && messages.length > 0) this.#runsByMessages.set(messages, run)
  }

  /** Telemetry says in which run a model asked for this call, for where the messages are hidden from it. */
  expect(toolCallId: string, run: Run): void {
    const other = this.#runsById.get(toolCallId)
    // Models that count their calls give the same ids in every conversation: nobody's is better than somebody else's.
    const isUnclear = other !== undefined && !other.ended && other !== run
    this.#runsById.delete(toolCallId)
    this.#runsById.set(toolCallId, isUnclear ? undefined : run)
    if (this.#runsById.size <= mostExpected) return
    for (const oldest of this.#runsById.keys()) {
      this.#runsById.delete(oldest)
      return
    }
  }

  /** Forgets where a call was expected. */
  forget(toolCallId: string, run: Run): void {
    const expected = this.#runsById.get(toolCallId)
    if (expected === undefined || expected === run) this.#runsById.delete(toolCallId)
  }

  /**
   * The run that a call belongs to; undefined where no telemetry watches it, or where nobody can tell.
   *
   * @param messages the list that the AI SDK hands to the approval function or the tool: surer than the id
   */
  runOf(toolCallId: string, messages?: unknown): Run | undefined {
    const run = typeof messages === 'object' && messages !== null && this.#runsByMessages.get(messages)
    const found = run || this.#runsById.get(toolCallId)
    return found?.ended === true ? undefined : found
  }

  /** The call with this id that was started last in a run, by whoever saw it first; it may have ended. */
  find(toolCallId: string, run: Run): ToolCall | undefined {
    return this.#calls.get(run)?.get(toolCallId)?.call
  }

  /**
   * Says that a call was started.
   *
   * @param onAnswer told, by telemetry, what the messages of a later call say about this one: the AI SDK itself asks no
   * approval function about a call that was denied there
   */
  add(call: ToolCall, onAnswer?: (answer: CallAnswer) => void): void {
    let calls = this.#calls.get(call.run)
    if (calls === undefined) this.#calls.set(call.run, (calls = new Map()))
    calls.set(call.toolCallId, { call, onAnswer })
  }

  /** Telemetry tells of an answer; false where nobody waits for it. */
  answer(toolCallId: string, run: Run, answer: CallAnswer): boolean {
    const known = this.#calls.get(run)?.get(toolCallId)
    if (known?.onAnswer === undefined || known.call.ended) return false
    known.onAnswer(answer)
    return true
  }

  /** Forgets the calls of a run that have ended, as a step does, so that the next may use their ids again. */
  forgetEnded(run: Run): void {
    const calls = this.#calls.get(run)
    if (calls === undefined) return
    for (const [toolCallId, { call }] of calls) if (call.ended) calls.delete(toolCallId)
  }
}

const byClient = new WeakMap<Claw, ToolCalls>()

/** The tool calls of this client. */
export function toolCallsOf(claw: Claw): ToolCalls {
  let calls = byClient.get(claw)
  if (calls === undefined) byClient.set(claw, (calls = new ToolCalls()))
  return calls
}
