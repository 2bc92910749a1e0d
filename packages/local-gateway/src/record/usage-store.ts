import type { DatabaseSync } from 'node:sqlite'
import { GatewayError } from '@pincer/protocol'
import { convertUsageRow } from './convert-usage-row.ts'
import type { UsageGroup, UsageGrouping, UsageQuery } from './usage-group.ts'
import { createUsageSums, hour, hourMs, scales, summands } from './usage-sums.ts'

/** Sums of usage over all runs. */
interface UsageRecord {
  /**
   * At most 1,000 groups: days in order, models and agents by tokens, most first.
   *
   * @throws GatewayError `invalid_request` where the grouping or a time is not valid.
   */
  summarize(query?: UsageQuery): Promise<readonly UsageGroup[]>
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
    async summarize({ groupBy = 'model', from = 0, to = Infinity, signal } = {}) {
      signal?.throwIfAborted()
      if (!Object.hasOwn(groups, groupBy)) throw invalid('groupBy', 'expected model, agent or day')
      if (!(from >= 0)) throw invalid('from', 'expected epoch milliseconds')
      if (!(to >= 0)) throw invalid('to', 'expected epoch milliseconds')
      if (groupBy === 'agent') sums.settle()
      return byGroup[groupBy].all(hoursOf(from, to)).map((row) => ({
        key: String(row['key']),
        usage: convertUsageRow(row),
        callCount: Number(row['calls']),
        unpricedCount: Number(row['unpriced']),
      }))
    },
  }
}

function invalid(field: string, message: string): GatewayError {
  return new GatewayError(`usage query: ${field}: ${message}`, {
    status: 400,
    gatewayCode: 'invalid_request',
  })
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
