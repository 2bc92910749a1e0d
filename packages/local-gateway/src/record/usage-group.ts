import type { RequestOptions, Usage } from '@pincer/protocol'

/** What usage can be summed by. */
export type UsageGrouping = 'model' | 'agent' | 'day'

/** Which usage is summed, and how. */
export interface UsageQuery extends RequestOptions {
  /** `model` where absent. */
  readonly groupBy?: UsageGrouping
  /** Epoch milliseconds, inclusive. */
  readonly from?: number
  /** Epoch milliseconds, exclusive. */
  readonly to?: number
}

/** The usage of one model, agent or day. */
export interface UsageGroup {
  /** The model, the agent id, or the UTC day as `YYYY-MM-DD`; empty where unknown. */
  readonly key: string
  /** Sum over the group; its cost is the sum of the known costs. */
  readonly usage: Usage
  /** Model calls that reported usage. */
  readonly callCount: number
  /** Those of them whose price is not known: the cost says nothing about them. */
  readonly unpricedCount: number
}
