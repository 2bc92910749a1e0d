import type { Parent, Run } from '@pincer/core'

import type { ChainKind } from './convert-chain.ts'
import type { Invocation } from './invocation.ts'
import type { ModelStream } from './model-stream.ts'

/** A LangChain run between its start and its end: of a chain, a graph, a model call, a tool call or a retrieval. */
export class Step {
  readonly runId: string
  readonly name: string
  readonly invocation: Invocation
  /** What its children stand under: its own handle, else the nearest above it. */
  readonly place: Parent
  /** Its own run or action; plumbing of LangChain has none. */
  handle: Parent | undefined
  /** The run that was made for it alone, and ends with it. */
  ownRun: Run | undefined
  stream: ModelStream | undefined
  /** How a chain with a run of its own is built. */
  kind: ChainKind = 'other'
  /** The agent's name in the metadata of a graph. */
  agent: unknown
  /** What finds it again when it is entered again after an interrupt. */
  key: string | undefined
  /** True on a graph that was interrupted. */
  isPaused = false
  /** How many handlers of ours tell of it. */
  copies = 1
  /** Sweeps since it showed life. */
  quiet = 0
  #above: Step | undefined
  // What is open below: a list that costs nothing where there is nothing.
  #first: Step | undefined
  #next: Step | undefined
  #previous: Step | undefined
  #told = 0
  #event: unknown

  constructor(
    runId: string,
    name: string,
    above: Step | undefined,
    invocation: Invocation,
    place: Parent,
    handle?: Parent,
  ) {
    this.runId = runId
    this.name = name
    this.invocation = invocation
    this.place = place
    this.handle = handle
    this.#above = above
    this.#join()
  }

  /** What it belongs to; absent where LangChain shows nothing above it. */
  get above(): Step | undefined {
    return this.#above
  }

  /** True while something is open below it. */
  get hasChildren(): boolean {
    return this.#first !== undefined
  }

  /** The graph it belongs to or is, else the outermost step. */
  get graph(): Step {
    const above = this.#above
    return this.kind === 'graph' || above === undefined ? this : above.graph
  }

  /** Leaves what is above it, since it has ended. */
  leave(): void {
    const above = this.#above
    if (above === undefined) return
    above.quiet = 0
    if (above.#first === this) above.#first = this.#next
    if (this.#previous !== undefined) this.#previous.#next = this.#next
    if (this.#next !== undefined) this.#next.#previous = this.#previous
    this.#next = this.#previous = undefined
  }

  /** Moves to what is above the step that it belonged to. */
  rise(): void {
    this.leave()
    this.#above = this.#above?.above
    this.#join()
  }

  /** What is open right below it. */
  children(): Step[] {
    const children: Step[] = []
    for (let child = this.#first; child !== undefined; child = child.#next) children.push(child)
    return children
  }

  /** Tells whether a piece was told before by another handler, and that the step lives. */
  repeatsPiece(): boolean {
    this.quiet = 0
    return this.copies > 1 && this.#told++ % this.copies !== 0
  }

  /** The same for an event, which not every handler tells that told of the start. */
  repeatsEvent(event: unknown): boolean {
    const isRepeated = this.copies > 1 && this.#event === event
    this.#event = isRepeated ? undefined : event
    return isRepeated
  }

  #join(): void {
    const above = this.#above
    if (above === undefined) return
    above.quiet = 0
    this.#next = above.#first
    if (this.#next !== undefined) this.#next.#previous = this
    above.#first = this
  }
}
