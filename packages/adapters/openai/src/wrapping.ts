import type { Claw, Parent, Placement } from '@pincer/core'
import type { CallWatch } from '@pincer/core/wrapping'

/** How a client is wrapped. */
export interface WrapOpenAIOptions {
  /**
   * `inject` (default) asks chat and completion streams for their usage where the caller did not say, and keeps the
   * additional chunk to itself; `off` leaves requests as they are, so that such streams have no usage.
   */
  readonly streamUsage?: 'inject' | 'off'
  /** The run or action that every call belongs to; found by itself where the runtime has `AsyncLocalStorage`. */
  readonly parent?: Parent
  /** Name of the run that is made for a call, or a tool loop, outside any run. */
  readonly runName?: string
  /** Who runs the models, such as `groq`; told from the client's class and address when absent. */
  readonly provider?: string
}

/** What all calls of one wrapped client share. */
export interface Wrapping {
  readonly claw: Claw
  readonly placement: Placement
  readonly provider: string
  /** Carries the place of a tool loop's model calls on their request options. */
  readonly placeKey: symbol
  /** Calls whose answer is made in the background, by the id of the response, until a `retrieve` shows their end. */
  background?: Map<unknown, CallWatch>
  /** False where streams are not asked for their usage, or the service has refused to be asked. */
  injectsUsage: boolean
}

/** What a tool loop tells the model calls it makes: what they belong to, for runtimes without `AsyncLocalStorage`, too. */
interface LoopPlace extends Placement {
  /** Settles when what watches the loop is there; the loop gets no answer before. */
  readonly ready: Promise<unknown>
}

/** The request options that every method of the client takes, as far as they matter here. */
export interface RequestOptions {
  readonly signal?: AbortSignal | null
  readonly [placeKey: symbol]: LoopPlace
}
