import type { Claw, Parent, ToolCall } from '@pincer/core'

const mostEntries = 10_000

/**
 * What the callback handler and the guard know of the tool calls of one client, so that a call which both see is recorded once.
 *
 * The handler tells where a model asked for a call; the guard starts the call there, asks, and hands it over to the handler,
 * which goes on with it when LangChain starts the tool.
 */
export class ToolCalls {
  readonly #parents = new Map<string, Parent>()
  readonly #started = new Map<string, ToolCall>()
  readonly #recordedInterrupts = new WeakSet<object>()
  readonly #claw: Pick<Claw, 'current'>

  constructor(claw: Pick<Claw, 'current'>) {
    this.#claw = claw
  }

  /** Says under which action or run a model asked for this call. */
  expect(toolCallId: string, parent: Parent): void {
    keep(this.#parents, toolCallId, parent)
  }

  /** Where the call belongs; undefined where no handler saw the model ask for it. */
  parentOf(toolCallId: string): Parent | undefined {
    return this.#parents.get(toolCallId)
  }

  /** Hands over a call that the guard has started and allowed. */
  handOver(toolCallId: string, call: ToolCall): void {
    keep(this.#started, toolCallId, call)
  }

  /**
   * Takes over a call that the guard has started; undefined where it has not.
   *
   * A tool that is called with plain arguments has no tool call id: such a call is handed over under LangChain's run id.
   */
  takeOver(toolCallId: string): ToolCall | undefined {
    const call = this.#started.get(toolCallId)
    this.#started.delete(toolCallId)
    return call ?? this.#takeCurrent(toolCallId)
  }

  // Older versions of LangChain tell no tool call id: then it is the call inside which the tool is started.
  #takeCurrent(toolCallId: string): ToolCall | undefined {
    const current = this.#claw.current()
    if (current?.kind !== 'tool_call' || current.toolCallId === toolCallId) return undefined
    if (this.#started.get(current.toolCallId) !== current) return undefined
    this.#started.delete(current.toolCallId)
    return current
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
  forget(toolCallId: string): void {
    this.#parents.delete(toolCallId)
    this.#started.delete(toolCallId)
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

// Calls that nobody ends must not pile up: the oldest goes.
function keep<Value>(map: Map<string, Value>, key: string, value: Value): void {
  map.delete(key)
  map.set(key, value)
  if (map.size <= mostEntries) return
  for (const oldest of map.keys()) {
    map.delete(oldest)
    return
  }
}
