import { readFileSync } from 'node:fs'
import { beforeAll, describe, expect, it } from 'vitest'
import { loadPrices, type PriceUsage, priceTable } from '../src/record/price.ts'
import { storyStart, storyUsage } from './run-story.ts'

let price: PriceUsage

beforeAll(async () => {
  price = await loadPrices()
})

describe('prices', () => {
  it('name the table and the version that is installed, and the day', () => {
    const manifest: unknown = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))
    const { dependencies } = manifest as { dependencies: Record<string, string> }
    expect(priceTable).toBe(`@pydantic/genai-prices ${dependencies['@pydantic/genai-prices']}`)
    // 1,000 tokens at 0.15 dollars a million, 100 at 0.60.
    expect(price(storyUsage(1_000), storyStart)).toEqual({
      usd: 0.00021,
      source: priceTable,
      date: '2025-10-09',
    })
  })

  it('count cached tokens once, at their own price', () => {
    // 800 at 0.15, 200 at 0.075, 100 at 0.60.
    expect(price(storyUsage(1_000, { cacheReadTokens: 200 }), storyStart)?.usd).toBe(0.000195)
  })

  it('find a model by itself where no provider is named, and by the names that frameworks give', () => {
    expect(price(storyUsage(1_000, { provider: '' }), storyStart)?.usd).toBe(0.00021)
    expect(price(storyUsage(1_000, { provider: 'openai.chat' }), storyStart)?.usd).toBe(0.00021)
    expect(
      price(storyUsage(1_000, { provider: 'anthropic', model: 'claude-3-5-haiku-latest' }), storyStart)?.usd,
    ).toBeGreaterThan(0)
  })

  it('are absent, not zero, for unknown models and providers', () => {
    expect(price(storyUsage(1_000, { model: 'house-blend' }), storyStart)).toBeUndefined()
    expect(price(storyUsage(1_000, { model: '' }), storyStart)).toBeUndefined()
    expect(price(storyUsage(1_000, { provider: 'demo' }), storyStart)).toBeUndefined()
    expect(price(storyUsage(1_000, { provider: 'demo', model: 'pincer-demo' }), storyStart)).toBeUndefined()
  })

  it('are absent for counts that contradict each other', () => {
    expect(price(storyUsage(10, { cacheReadTokens: 200 }), storyStart)).toBeUndefined()
  })

  it('give way to a cost that the event itself reports', () => {
    const usage = storyUsage(1_000, { model: 'house-blend', provider: 'house', costUsd: 0.5 })
    expect(price(usage, storyStart)).toEqual({ usd: 0.5, source: 'reported', date: '2025-10-09' })
  })
})
