import { readFileSync } from 'node:fs'
import { PincerError } from '@pincer/protocol'
import { beforeAll, describe, expect, it } from 'vitest'
import { checkPrices } from '../src/record/price-list.ts'
import { loadPrices, type PriceUsage, priceTable } from '../src/record/price.ts'
import { createService } from '../src/service.ts'
import { finishedRun, storyStart, storyUsage } from './run-story.ts'

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

describe('prices of the configuration', () => {
  const table = {
    'house-blend': {
      inputPerMillion: 2,
      outputPerMillion: 10,
      cacheReadPerMillion: 0.2,
      cacheWritePerMillion: 2.5,
    },
    'gpt-4o-mini': { inputPerMillion: 1, outputPerMillion: 0 },
    free: { inputPerMillion: 0, outputPerMillion: 0 },
  }
  const configured = loadPrices(checkPrices(table))

  it('go before the price table, for whatever provider', async () => {
    const priceOf = await configured
    const usage = storyUsage(1_000, { model: 'house-blend', provider: 'house' })
    // 1,000 at 2, 100 at 10.
    expect(priceOf(usage, storyStart)).toEqual({ usd: 0.003, source: 'config', date: '2025-10-09' })
    // 500 at 2, 300 at 0.2, 200 at 2.5, 100 at 10.
    const cached = { ...usage, cacheReadTokens: 300, cacheWriteTokens: 200 }
    expect(priceOf(cached, storyStart)?.usd).toBe(0.00256)
    expect(priceOf(storyUsage(1_000, { cacheReadTokens: 500 }), storyStart)).toMatchObject({
      usd: 0.001,
      source: 'config',
    })
    expect(priceOf(storyUsage(1_000, { model: 'free' }), storyStart)?.usd).toBe(0)
  })

  it('leave everything else to the event and to the price table', async () => {
    const priceOf = await configured
    const reported = storyUsage(1_000, { model: 'house-blend', costUsd: 0.5 })
    expect(priceOf(reported, storyStart)?.source).toBe('reported')
    expect(priceOf(storyUsage(1_000, { model: 'gpt-4o' }), storyStart)?.source).toBe(priceTable)
    expect(priceOf(storyUsage(1_000, { model: 'constructor' }), storyStart)).toBeUndefined()
    expect(priceOf(storyUsage(10, { cacheReadTokens: 200 }), storyStart)).toBeUndefined()
  })

  it.each([
    ['house-blend', { 'house-blend': { inputPerMillion: 1 } }],
    ['inputPerMillion', { m: { inputPerMillion: -1, outputPerMillion: 1 } }],
    ['outputPerMillion', { m: { inputPerMillion: 1, outputPerMillion: '1' } }],
    ['inputPerMillion', { m: { inputPerMillion: Number.NaN, outputPerMillion: 1 } }],
    ['inputPerMilion', { m: { inputPerMilion: 1, inputPerMillion: 1, outputPerMillion: 1 } }],
    ['expected record', []],
  ])('are refused where they are not valid, with the place: %s', async (words, prices) => {
    expect(() => checkPrices(prices)).toThrow(PincerError)
    expect(() => checkPrices(prices)).toThrow(new RegExp(`^prices: [^]*${words}`))
    const starting = createService({ databasePath: ':memory:', prices: prices as never })
    await expect(starting).rejects.toThrow(/^prices: /)
  })

  it('are told with each action, and summed', async () => {
    const service = await createService({ databasePath: ':memory:', prices: table })
    await service.events.append(finishedRun('run'))
    expect((await service.runs.get('run'))?.actions[0]).toMatchObject({
      cost: { usd: 0.001, source: 'config', date: '2025-10-09' },
    })
    expect(await service.usage({ groupBy: 'model' })).toMatchObject([{ usage: { costUsd: 0.001 } }])
    await service.close()
  })
})
