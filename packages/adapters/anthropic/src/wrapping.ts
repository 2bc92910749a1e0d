import type { Claw, Parent, Placement } from '@pincer/core'

import type { AnthropicDialect } from './dialect.ts'

/** How a client is wrapped. */
export interface WrapAnthropicOptions {
  /** The run or action that every call belongs to; found by itself where the runtime has `AsyncLocalStorage`. */
  readonly parent?: Parent
  /** Name of the run that is made for a call, a tool loop or a batch's results, outside any run. */
  readonly runName?: string
  /** Who runs the models, such as `bedrock`; told from the client's class and address when absent. */
  readonly provider?: string
}

/** What all calls of one wrapped client share. */
export interface Wrapping {
  readonly claw: Claw
  readonly placement: Placement
  readonly provider: string
  readonly dialect: AnthropicDialect
}

/** The request options that every method of the client takes, as far as they matter here. */
export interface RequestOptions {
  readonly signal?: AbortSignal | null
  readonly middleware?: readonly unknown[]
  /** The claws that are told of this request already, for the middleware of the same claw. */
  readonly [reportedTo]?: readonly unknown[]
  /** What the model calls of a tool loop belong to, by claw; threads copy no options but those of plain names. */
  readonly pincerPlaces?: ReadonlyMap<Claw, Placement>
}

/** Where a request says who reports it; known to every copy of this package. */
export const reportedTo: unique symbol = Symbol.for('pincer.anthropic.reported')
