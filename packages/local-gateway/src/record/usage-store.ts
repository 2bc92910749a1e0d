import type { DatabaseSync } from 'node:sqlite'
import type { RequestOptions, Usage } from '@pincer/protocol'
import { convertUsageRow } from './convert-usage-row.ts'
import { createUsageSums, hour, hourMs, scales, summands } from './usage-sums.ts'

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
  agent: { key: 'agent_id', by: 'key', order: 'total_tokens DESC, key' },
  day: {
    key: `coalesce(strftime('%Y-%m-%d', hour * ${hourMs / 1000}, 'unixepoch'), '')`,
    by: 'key',
    order: 'key',
  },
}

const tokens = (column: string): string => `total(${column}) / ${scales.tokens} AS ${column}`

// Whole hours come from the kept sums, the rest of a range from the usage itself.
const found = `
  SELECT * FROM usage_sums WHERE hour >= $first AND hour < $last AND calls > 0
  UNION ALL
  SELECT ${hour},
    coalesce((SELECT agent_id FROM runs WHERE runs.run_id = usage.run_id), ''), ${summands}
  FROM usage WHERE ts >= $from AND ts < $fromEnd OR ts >= $toStart AND ts < $to`

/** Prepares sums over the usage of a database. */
export function createUsageRecord(database: DatabaseSync): UsageRecord {
  const sums = createUsageSums(database)
  const select = (groupBy: UsageGrouping): ReturnType<DatabaseSync['prepare']> => {
    const { key, by, order } = groups[groupBy]
    return database.prepare(
      `SELECT ${key} AS key, total(calls) AS calls, total(calls) - total(priced) AS unpriced,
         CASE WHEN min(provider) = max(provider) THEN min(provider) ELSE '' END AS provider,
         CASE WHEN min(model) = max(model) THEN min(model) ELSE '' END AS model,
         ${tokens('input_tokens')}, ${tokens('cache_read_tokens')}, ${tokens('cache_write_tokens')},
         ${tokens('output_tokens')}, ${tokens('reasoning_tokens')}, ${tokens('total_tokens')},
         CASE WHEN total(priced) > 0 THEN total(cost) / ${scales.cost} END AS cost_usd
       FROM (${found}) GROUP BY ${by} ORDER BY ${order} LIMIT 1000`,
    )
  }
  const byGroup = { model: select('model'), agent: select('agent'), day: select('day') }

  return {
    async summarize({ groupBy, from, to, signal }) {
      signal?.throwIfAborted()
      if (groupBy === 'agent') sums.settle()
      return byGroup[groupBy].all(hoursOf(from ?? 0, to ?? Infinity)).map((row) => ({
        key: String(row['key']),
        usage: convertUsageRow(row),
        callCount: Number(row['calls']),
        unpricedCount: Number(row['unpriced']),
      }))
    },
  }
}

/** The whole hours of a range, and what is left of it before and after them. */
function hoursOf(from: number, to: number): Record<string, number> {
  const first = Math.ceil(from / hourMs)
  const last = Math.floor(to / hourMs)
  // Within one hour there is no whole one.
  if (first > last) return { $first: 0, $last: 0, $from: from, $fromEnd: to, $toStart: 0, $to: 0 }
  return {
    $first: first,
    $last: last,
    $from: from,
    $fromEnd: first * hourMs,
    $toStart: last * hourMs,
    $to: to,
  }
}
