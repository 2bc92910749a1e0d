import type { Usage } from '@pincer/protocol'

/**
 * Converts the usage that the AI SDK tells of a model call, or of an embedding, to ours; `undefined` where it tells none.
 *
 * Its totals contain their details already, as ours do. Where the output is unknown, its own total is the input alone.
 */
export function convertCallUsage(usage: any, provider: string, model: string): Usage | undefined {
  if (Object(usage) !== usage) return undefined
  const { inputTokenDetails: input, outputTokenDetails: output } = usage
  // Embeddings have one number.
  const inputTokens = count(usage.inputTokens ?? usage.tokens)
  const outputTokens = count(usage.outputTokens)
  const totalTokens = count(usage.totalTokens) || inputTokens + outputTokens
  // A provider that tells nothing is not one that used nothing.
  if (totalTokens === 0 && !isToldZero(usage)) return undefined
  return {
    provider,
    model,
    inputTokens,
    cacheReadTokens: count(input?.cacheReadTokens),
    cacheWriteTokens: count(input?.cacheWriteTokens),
    outputTokens,
    reasoningTokens: count(output?.reasoningTokens),
    totalTokens,
  }
}

function isToldZero({ inputTokens, outputTokens, totalTokens, tokens }: any): boolean {
  return [inputTokens, outputTokens, totalTokens, tokens].includes(0)
}

function count(value: any): number {
  return value > 0 && value < Infinity ? +value : 0
}
