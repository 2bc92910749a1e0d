import type { DatabaseSync } from 'node:sqlite'
import type { RequestOptions, Usage } from '@pincer/protocol'
import { convertUsageRow } from './convert-usage-row.ts'

/** What usage can be summed by. */
export type UsageGrouping = 'model' | 'agent' | 'day'

/** Which usage is summed, and how. */
export interface UsageQuery extends RequestOptions {
  readonly groupBy: UsageGrouping
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

/** Sums of usage over all runs. */
export interface UsageRecord {
  /** At most 1,000 groups: days in order, models and agents by tokens, most first. */
  summarize(query: UsageQuery): Promise<readonly UsageGroup[]>
}

const groups: Readonly<
  Record<UsageGrouping, { readonly key: string; readonly by: string; readonly order: string }>
> = {
  model: { key: 'model', by: 'provider, model', order: 'total_tokens DESC, key, provider' },
  agent: {
    key: `coalesce((SELECT agent_id FROM runs WHERE runs.run_id = usage.run_id), '')`,
    by: 'key',
    order: 'total_tokens DESC, key',
  },
  day: { key: `coalesce(strftime('%Y-%m-%d', ts / 1000, 'unixepoch'), '')`, by: 'key', order: 'key' },
}

/** Prepares sums over the usage of a database. */
export function createUsageRecord(database: DatabaseSync): UsageRecord {
  return {
    async summarize({ groupBy, from, to, signal }) {
      signal?.throwIfAborted()
      const { key, by, order } = groups[groupBy]
      const rows = database
        .prepare(
          `SELECT ${key} AS key, count(*) AS calls, count(*) - count(cost_usd) AS unpriced,
             CASE WHEN min(provider) = max(provider) THEN min(provider) ELSE '' END AS provider,
             CASE WHEN min(model) = max(model) THEN min(model) ELSE '' END AS model,
             sum(input_tokens) AS input_tokens, sum(cache_read_tokens) AS cache_read_tokens,
             sum(cache_write_tokens) AS cache_write_tokens, sum(output_tokens) AS output_tokens,
             sum(reasoning_tokens) AS reasoning_tokens, sum(total_tokens) AS total_tokens, sum(cost_usd) AS cost_usd
           FROM usage WHERE ts >= ? AND ts < ? GROUP BY ${by} ORDER BY ${order} LIMIT 1000`,
        )
        .all(from ?? 0, to ?? Number.MAX_VALUE)
      return rows.map((row) => ({
        key: String(row['key']),
        usage: convertUsageRow(row),
        callCount: Number(row['calls']),
        unpricedCount: Number(row['unpriced']),
      }))
    },
  }
}
