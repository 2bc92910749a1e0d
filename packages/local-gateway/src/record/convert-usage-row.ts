import type { Usage } from '@pincer/protocol'
import type { Cost } from './cost.ts'

/** The columns of `usage` that one usage is read from. */
export const usageColumns =
  'provider, model, input_tokens, cache_read_tokens, cache_write_tokens, output_tokens, reasoning_tokens, total_tokens, details, cost_usd, price_source, price_date'

/** A row of `usage`, or a sum over several, as SQLite gives it. */
export type UsageRow = Readonly<Record<string, any>>

/** Makes usage from its row. */
export function convertUsageRow(row: UsageRow): Usage {
  return {
    provider: row['provider'],
    model: row['model'],
    inputTokens: row['input_tokens'],
    cacheReadTokens: row['cache_read_tokens'],
    cacheWriteTokens: row['cache_write_tokens'],
    outputTokens: row['output_tokens'],
    reasoningTokens: row['reasoning_tokens'],
    totalTokens: row['total_tokens'],
    ...(row['cost_usd'] === null ? {} : { costUsd: row['cost_usd'] }),
    ...(typeof row['details'] === 'string' ? { details: JSON.parse(row['details']) } : {}),
  }
}

/** Makes the cost, with where its price comes from, from the same row; `undefined` where no price was known. */
export function convertCost(row: UsageRow): Cost | undefined {
  if (row['cost_usd'] === null) return undefined
  return { usd: row['cost_usd'], source: row['price_source'], date: row['price_date'] }
}
