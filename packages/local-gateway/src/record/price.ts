import type { Usage } from '@pincer/protocol'
import type { Cost } from './cost.ts'
import type { ModelPrice } from './model-price.ts'
import { costOf } from './price-list.ts'

/** Prices one model call; `undefined` where no price is known. `ts` is epoch milliseconds. */
export type PriceUsage = (usage: Usage, ts: number) => Cost | undefined

/** The price table that costs come from, with its version. */
export const priceTable = '@pydantic/genai-prices 0.1.8'

/** Counts that some providers price apart from plain text, by their name in {@link Usage} `details`. */
const pricedDetails: Readonly<Record<string, string>> = {
  audioInputTokens: 'input_audio_tokens',
  audioOutputTokens: 'output_audio_tokens',
  audioCacheReadTokens: 'cache_audio_read_tokens',
}

/** Loads the price table, 830 kB, and gives the function that prices by it; prices of the configuration go first. */
export async function loadPrices(
  configured: ReadonlyMap<string, ModelPrice> = new Map(),
): Promise<PriceUsage> {
  const { calcPrice, findProvider } = await import('@pydantic/genai-prices')
  return (usage, ts) => {
    const date = dayOf(ts)
    if (date === undefined) return undefined
    if (usage.costUsd !== undefined) return { usd: usage.costUsd, source: 'reported', date }
    if (usage.model === '') return undefined
    const ownPrice = configured.get(usage.model)
    if (ownPrice !== undefined) {
      const usd = costOf(usage, ownPrice)
      return usd === undefined ? undefined : { usd: toPicodollars(usd), source: 'config', date }
    }
    // A provider that the table does not know has its own prices: another provider's would be a guess.
    const provider = usage.provider === '' ? undefined : findProvider({ providerId: usage.provider })
    if (usage.provider !== '' && provider === undefined) return undefined
    try {
      const price = calcPrice(convertCounts(usage), usage.model, {
        ...(provider === undefined ? {} : { provider }),
        timestamp: new Date(ts),
      })
      if (price === null || !Number.isFinite(price.total_price)) return undefined
      return { usd: toPicodollars(price.total_price), source: priceTable, date }
    } catch {
      // The table refuses counts that contradict each other, such as more cached than input tokens.
      return undefined
    }
  }
}

// What is smaller is the rounding of the sum, not a price.
function toPicodollars(usd: number): number {
  return Math.round(usd * 1e12) / 1e12
}

function convertCounts(usage: Usage): Record<string, number> {
  const counts: Record<string, number> = {
    input_tokens: usage.inputTokens,
    output_tokens: usage.outputTokens,
  }
  if (usage.cacheReadTokens > 0) counts['cache_read_tokens'] = usage.cacheReadTokens
  if (usage.cacheWriteTokens > 0) counts['cache_write_tokens'] = usage.cacheWriteTokens
  for (const [name, unit] of Object.entries(pricedDetails)) {
    const count = usage.details?.[name]
    if (count !== undefined && count > 0) counts[unit] = count
  }
  return counts
}

function dayOf(ts: number): string | undefined {
  const date = new Date(ts)
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString().slice(0, 10)
}
