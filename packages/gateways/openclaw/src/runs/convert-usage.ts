import type { Usage } from '@pincer/protocol'

/**
 * Converts the Gateway's usage; `undefined` where nothing was used or reported.
 *
 * Its `input` leaves cached tokens out, ours has them in; its `output` includes reasoning, as ours does. A cost of zero for
 * tokens means that the Gateway knows no price.
 */
export function convertUsage(raw: unknown, provider: unknown, model: unknown): Usage | undefined {
  if (typeof raw !== 'object' || raw === null) return undefined
  const found = raw as { readonly [name: string]: any }
  const cacheReadTokens = readCount(found['cacheRead'])
  const cacheWriteTokens = readCount(found['cacheWrite'])
  const inputTokens = readCount(found['input']) + cacheReadTokens + cacheWriteTokens
  const outputTokens = readCount(found['output'])
  if (inputTokens + outputTokens === 0) return undefined
  const costUsd = readAmount(found['cost']?.total)
  return {
    provider: typeof provider === 'string' ? provider : '',
    model: typeof model === 'string' ? model : '',
    inputTokens,
    cacheReadTokens,
    cacheWriteTokens,
    outputTokens,
    reasoningTokens: readCount(found['reasoningTokens']),
    totalTokens: readCount(found['total'] ?? found['totalTokens']) || inputTokens + outputTokens,
    ...(costUsd > 0 ? { costUsd } : {}),
  }
}

function readCount(value: unknown): number {
  return Math.trunc(readAmount(value))
}

function readAmount(value: unknown): number {
  return typeof value === 'number' && Number.isFinite(value) && value > 0 ? value : 0
}
