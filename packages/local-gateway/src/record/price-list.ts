import { PincerError, type Usage } from '@pincer/protocol'
import { z } from 'zod'
import { tellIssues } from '../issues.ts'
import type { ModelPrice } from './model-price.ts'

const price = z.number().min(0).max(1e9)
const list = z
  .record(
    z.string().min(1).max(512),
    z.strictObject({
      inputPerMillion: price,
      outputPerMillion: price,
      cacheReadPerMillion: price.optional(),
      cacheWritePerMillion: price.optional(),
    }),
  )
  .refine((found) => Object.keys(found).length <= 10_000, 'at most 10,000 models')

/**
 * Checks the prices of the configuration, by model id.
 *
 * @throws PincerError `invalid_option` naming the model, the field and what was expected.
 */
export function checkPrices(found: unknown): ReadonlyMap<string, ModelPrice> {
  const checked = list.safeParse(found)
  if (!checked.success) throw new PincerError('invalid_option', `prices: ${tellIssues(checked.error)}`)
  return new Map(Object.entries(checked.data))
}

/** What one model call cost in US dollars; `undefined` for counts that contradict each other. */
export function costOf(usage: Usage, model: ModelPrice): number | undefined {
  const { inputPerMillion, outputPerMillion } = model
  const { cacheReadPerMillion = inputPerMillion, cacheWritePerMillion = inputPerMillion } = model
  const plain = usage.inputTokens - usage.cacheReadTokens - usage.cacheWriteTokens
  if (plain < 0) return undefined
  const millionths =
    plain * inputPerMillion +
    usage.cacheReadTokens * cacheReadPerMillion +
    usage.cacheWriteTokens * cacheWritePerMillion +
    usage.outputTokens * outputPerMillion
  return millionths / 1e6
}
