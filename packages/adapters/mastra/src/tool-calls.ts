import type { Claw, Parent, ToolCall } from '@pincer/core'

// Spans and calls that nobody ends must not pile up.
const mostEntries = 10_000

/** Where Mastra makes a tool call. */
export interface CallPlace {
  readonly toolCallId: string
  /** The span under which Mastra makes the call: the `model_step`. */
  readonly parentSpanId?: string | undefined
  /** Mastra's own id of the run, which stays the same when the run is resumed. */
  readonly mastraRunId?: string | undefined
}

/**
 * What the exporter and the guard know of the tool calls of one client, so that a call which both see is one action.
 *
 * The exporter says which of Mastra's spans stands for what, by {@link place}; the guard starts its calls there. A hook asks
 * before there is a span: the guard hands its call over, and the exporter takes it over when the span starts. A tool asks
 * inside of its span: the guard goes on with what the exporter has placed there. Whoever has the span ends the call, unless
 * the guard has ended it or holds it, as while a person is asked.
 */
export class ToolCalls {
  readonly #places = new Map<string, Parent>()
  readonly #handedOver = new Map<string, ToolCall>()
  readonly #held = new Map<string, ToolCall>()
  readonly #watched = new WeakSet<ToolCall>()
  readonly #waiting = new WeakSet<ToolCall>()

  /** The exporter says what a span stands for: a run, or an action such as a tool call. */
  place(spanId: string, parent: Parent): void {
    setNewest(this.#places, spanId, parent)
    if (parent.kind === 'tool_call') this.#watched.add(parent)
  }

  /** The exporter says that a span has ended. */
  leave(spanId: string): void {
    this.#places.delete(spanId)
  }

  /** What this span stands for; undefined where no exporter watches. */
  at(spanId: string | undefined): Parent | undefined {
    const parent = spanId === undefined ? undefined : this.#places.get(spanId)
    return parent?.ended === true ? undefined : parent
  }

  /** The guard hands a call over that it has started before Mastra has a span for it. */
  handOver(place: CallPlace, call: ToolCall): void {
    const key = keyOfSpan(place)
    if (key !== undefined) setNewest(this.#handedOver, key, call)
  }

  /** The guard takes back what nobody has taken over. */
  takeBack(place: CallPlace, call: ToolCall): void {
    const key = keyOfSpan(place)
    if (key !== undefined && this.#handedOver.get(key) === call) this.#handedOver.delete(key)
  }

  /** The exporter takes over a call that the guard has started, or that waited for a person; undefined where there is none. */
  takeOver(place: CallPlace): ToolCall | undefined {
    const call = take(this.#handedOver, keyOfSpan(place)) ?? this.#find(place)
    if (call === undefined || call.ended) return undefined
    this.#watched.add(call)
    return call
  }

  /** True where the exporter has the span of this call, and ends the call with it. */
  isWatched(call: ToolCall): boolean {
    return this.#watched.has(call)
  }

  /** The guard says that a call waits for a person, and goes on in a later run of its tool: its span is not its end. */
  hold(place: CallPlace, call: ToolCall): void {
    this.#waiting.add(call)
    const key = keyOfRun(place)
    if (key !== undefined) setNewest(this.#held, key, call)
  }

  /** True while a call waits for a person. */
  isHeld(call: ToolCall): boolean {
    return this.#waiting.has(call)
  }

  /** The guard says that a call goes on. */
  release(place: CallPlace, call: ToolCall): void {
    this.#waiting.delete(call)
    const key = keyOfRun(place)
    if (key !== undefined && this.#held.get(key) === call) this.#held.delete(key)
  }

  #find(place: CallPlace): ToolCall | undefined {
    const key = keyOfRun(place)
    return key === undefined ? undefined : this.#held.get(key)
  }
}

const byClient = new WeakMap<Claw, ToolCalls>()

/** The tool calls of this client. */
export function toolCallsOf(claw: Claw): ToolCalls {
  let calls = byClient.get(claw)
  if (calls === undefined) byClient.set(claw, (calls = new ToolCalls()))
  return calls
}

function keyOfSpan({ toolCallId, parentSpanId }: CallPlace): string | undefined {
  return parentSpanId === undefined ? undefined : JSON.stringify([parentSpanId, toolCallId])
}

function keyOfRun({ toolCallId, mastraRunId }: CallPlace): string | undefined {
  return mastraRunId === undefined ? undefined : JSON.stringify([mastraRunId, toolCallId])
}

function take<Value>(map: Map<string, Value>, key: string | undefined): Value | undefined {
  const value = key === undefined ? undefined : map.get(key)
  if (key !== undefined) map.delete(key)
  return value
}

function setNewest<Value>(map: Map<string, Value>, key: string, value: Value): void {
  map.delete(key)
  map.set(key, value)
  if (map.size <= mostEntries) return
  for (const oldest of map.keys()) {
    map.delete(oldest)
    return
  }
}
