import type { Claw, Parent, Run, ToolCall } from '@pincer/core'

import { setNewest } from './bounded-map.ts'
import { runOf } from './run-recording.ts'

// Calls that nobody ends must not pile up.
const mostEntries = 10_000

/**
 * What the callback handler and the guard know of the tool calls of one client, so that a call which both see is recorded once.
 *
 * The handler tells where a model asked for a call; the guard starts the call there, asks, and hands it over to the handler,
 * which goes on with it when LangChain starts the tool.
 */
export class ToolCalls {
  readonly #parents = new Map<string, Parent | undefined>()
  readonly #started = new Map<ToolCall, string>()
  readonly #recordedInterrupts = new WeakSet<object>()
  readonly #claw: Pick<Claw, 'current'>
  #findPlace: ((runId: string) => Parent | undefined) | undefined

  constructor(claw: Pick<Claw, 'current'>) {
    this.#claw = claw
  }

  /** Says how the place of a run of LangChain's is found. */
  watch(findPlace: (runId: string) => Parent | undefined): void {
    this.#findPlace = findPlace
  }

  /** Says under which action or run a model asked for this call. */
  expect(toolCallId: string, parent: Parent, threadId?: string): void {
    const key = keyOf(toolCallId, threadId)
    const other = this.#parents.get(key)
    // Models that count their calls give the same ids in every conversation: nobody's is better than somebody else's.
    const isUnclear = other !== undefined && !other.ended && runOf(other) !== runOf(parent)
    setNewest(this.#parents, key, isUnclear ? undefined : parent, mostEntries)
  }

  /**
   * Where the call belongs; undefined where no handler saw the model ask for it.
   *
   * @param langchainRunId the run of LangChain's in which the call is made: surer than the id, which a model makes up
   */
  parentOf(toolCallId: string | undefined, threadId?: string, langchainRunId?: string): Parent | undefined {
    const place = langchainRunId === undefined ? undefined : this.#findPlace?.(langchainRunId)
    if (place !== undefined || toolCallId === undefined) return place
    return this.#parents.get(keyOf(toolCallId, threadId))
  }

  /** Hands over a call that the guard has started and allowed. */
  handOver(key: string, call: ToolCall): void {
    setNewest(this.#started, call, key, mostEntries)
  }

  /** Takes a call back that nobody has taken over. */
  takeBack(call: ToolCall): void {
    this.#started.delete(call)
  }

  /**
   * Takes over a call that the guard has started; undefined where it has not.
   *
   * It is the one inside which the tool is started, since ids repeat and older versions of LangChain tell none; where the
   * runtime does not tell, the one with this key in the run.
   *
   * @param key the tool call id; a tool that is called with plain arguments has none, but the id of LangChain's run
   */
  takeOver(key: string, run: Run): ToolCall | undefined {
    const current = this.#claw.current()
    if (current?.kind === 'tool_call' && this.#started.delete(current)) return current
    for (const [call, itsKey] of this.#started)
      if (itsKey === key && call.run === run) {
        this.#started.delete(call)
        return call
      }
    return undefined
  }

  /** Says that the questions of this interrupt, by its value, are recorded already: the guard records what it asks. */
  noteInterrupt(value: object): void {
    this.#recordedInterrupts.add(value)
  }

  /** Tells an interrupt of the guard, whose questions and answers are recorded already, from any other; by its value. */
  isNotedInterrupt(value: unknown): boolean {
    return typeof value === 'object' && value !== null && this.#recordedInterrupts.has(value)
  }

  /** Forgets what is known of a call that has ended. */
  forget(toolCallId: string, threadId?: string): void {
    this.#parents.delete(keyOf(toolCallId, threadId))
  }
}

const byClient = new WeakMap<Claw, ToolCalls>()

/** The tool calls of this client. */
export function toolCallsOf(claw: Claw): ToolCalls {
  let calls = byClient.get(claw)
  if (calls === undefined) {
    calls = new ToolCalls(claw)
    byClient.set(claw, calls)
  }
  return calls
}

function keyOf(toolCallId: string, threadId: string | undefined): string {
  return JSON.stringify([threadId, toolCallId])
}
