import type { Claw, Parent, ToolCall } from '@pincer/core'

const mostHandedOver = 10_000

/** Where Mastra makes a tool call. */
export interface CallPlace {
  /** The model's id of the call. */
  readonly toolCallId: string
  /** The span in which it is going to be made, or in which it is made. */
  readonly parentSpanId: string | undefined
  /** Mastra's own id of the run. */
  readonly mastraRunId: string | undefined
}

/**
 * What the exporter and the guard of one client know of its tool calls, so that a call which both see is one action.
 *
 * A hook asks the guard before Mastra tells the exporter: the guard starts the call where {@link at} says and hands it over;
 * the exporter takes it and ends it. A guard inside a tool finds the exporter's call by the tool's own span. Where the tool
 * suspends the run to ask a person, the guard holds the call, so that it stays open until the run goes on.
 */
export class ToolCalls {
  readonly #handedOver = new Map<string, ToolCall>()
  readonly #held = new WeakSet<ToolCall>()
  readonly #watched = new WeakSet<ToolCall>()
  #find: ((spanId: string) => Parent | undefined) | undefined

  /** The exporter says how to find what it records, by the id of a span. */
  watch(find: (spanId: string) => Parent | undefined): void {
    this.#find = find
  }

  /** What a span is recorded as, or stands under; undefined where no exporter watches, or it has ended. */
  at(spanId: string | undefined): Parent | undefined {
    const place = spanId === undefined ? undefined : this.#find?.(spanId)
    return place?.ended === true ? undefined : place
  }

  /** The guard gives its call to the exporter, for the tool starts now. */
  handOver(place: CallPlace, call: ToolCall): void {
    // Without an exporter nobody would take it.
    if (place.parentSpanId === undefined || this.#find === undefined || this.#watched.has(call)) return
    this.#handedOver.set(keyOf(place), call)
    if (this.#handedOver.size <= mostHandedOver) return
    for (const oldest of this.#handedOver.keys()) {
      this.#handedOver.delete(oldest)
      return
    }
  }

  /** The exporter takes the call that was handed over to it. */
  take(place: CallPlace): ToolCall | undefined {
    const key = keyOf(place)
    const call = this.#handedOver.get(key)
    this.#handedOver.delete(key)
    return call?.ended === true ? undefined : call
  }

  /** The guard takes a call back that nobody took. */
  takeBack(place: CallPlace, call: ToolCall): void {
    const key = keyOf(place)
    if (this.#handedOver.get(key) === call) this.#handedOver.delete(key)
  }

  /** The guard waits for a person: the call stays open past the end of its span. */
  hold(_place: CallPlace, call: ToolCall): void {
    this.#held.add(call)
  }

  /** The guard waits no longer. */
  release(_place: CallPlace, call: ToolCall): void {
    this.#held.delete(call)
  }

  /** True while the guard waits for a person. */
  isHeld(call: ToolCall): boolean {
    return this.#held.has(call)
  }

  /** The exporter says that it ends this call. */
  follow(call: ToolCall): void {
    this.#watched.add(call)
  }

  /** The exporter says that the span of this call has ended. */
  leave(call: ToolCall): void {
    this.#watched.delete(call)
  }

  /** True where the exporter ends this call. */
  isWatched(call: ToolCall): boolean {
    return this.#watched.has(call)
  }
}

const byClient = new WeakMap<Claw, ToolCalls>()

/** The tool calls of this client. */
export function toolCallsOf(claw: Claw): ToolCalls {
  let calls = byClient.get(claw)
  if (calls === undefined) byClient.set(claw, (calls = new ToolCalls()))
  return calls
}

function keyOf({ toolCallId, parentSpanId }: CallPlace): string {
  return `${parentSpanId ?? ''}/${toolCallId}`
}
