import type { DatabaseSync } from 'node:sqlite'
import type { ClawEventOf } from '@pincer/protocol'
import type { PriceUsage } from './price.ts'
import { createUsageSums } from './usage-sums.ts'

/** Prepares the statements that keep the usage of an action: that of the latest place wins. */
export function createUsageProjection(
  database: DatabaseSync,
  price: PriceUsage,
): (event: ClawEventOf<'usage.reported'>, runId: string, actionId: string, place: string) => void {
  const sums = createUsageSums(database)
  const placeOf = database.prepare('SELECT reported_place FROM usage WHERE run_id = ? AND action_id = ?')
  const report = database.prepare(
    `INSERT OR REPLACE INTO usage (run_id, action_id, reported_place, ts, provider, model, input_tokens,
       cache_read_tokens, cache_write_tokens, output_tokens, reasoning_tokens, total_tokens, details, cost_usd,
       price_source, price_date)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  )
  const forgetSum = database.prepare('UPDATE runs SET usage = NULL WHERE run_id = ?')

  return ({ data, ts }, runId, actionId, place) => {
    const known = placeOf.get(runId, actionId)?.['reported_place']
    if (typeof known === 'string' && known >= place) return
    if (known !== undefined) sums.takeBack(runId, actionId)
    const cost = price(data, ts)
    report.run(
      runId,
      actionId,
      place,
      ts,
      data.provider,
      data.model,
      data.inputTokens,
      data.cacheReadTokens,
      data.cacheWriteTokens,
      data.outputTokens,
      data.reasoningTokens,
      data.totalTokens,
      data.details === undefined ? null : JSON.stringify(data.details),
      cost?.usd ?? null,
      cost?.source ?? null,
      cost?.date ?? null,
    )
    sums.add(runId, actionId)
    forgetSum.run(runId)
  }
}
