import type { Usage } from '@pincer/protocol'

/**
 * Converts every usage object of the OpenAI API, and of the services that imitate it, to ours; `undefined` where there is none.
 *
 * The provider's totals contain their details already, as ours do, so nothing is added or taken away.
 */
export function convertUsage(usage: any, provider: string, model: string): Usage | undefined {
  if (Object(usage) !== usage) return undefined
  const input = usage.input_tokens_details ?? usage.prompt_tokens_details ?? usage.input_token_details ?? {}
  const output = usage.output_tokens_details ?? usage.completion_tokens_details ?? {}
  const inputTokens = count(usage.input_tokens ?? usage.prompt_tokens)
  const outputTokens = count(usage.output_tokens ?? usage.completion_tokens)
  let details: Record<string, number> | undefined
  const add = (name: string, value: unknown): void => {
    if (count(value)) (details ??= {})[name] = count(value)
  }
  for (const kind of ['text', 'audio', 'image']) {
    add(`${kind}InputTokens`, input[`${kind}_tokens`])
    add(`${kind}OutputTokens`, output[`${kind}_tokens`])
  }
  for (const kind of ['accepted', 'rejected'])
    add(`${kind}PredictionTokens`, output[`${kind}_prediction_tokens`])
  // Transcriptions may be billed by time.
  add('audioSeconds', usage.seconds)
  return {
    provider,
    model,
    inputTokens,
    // DeepSeek names its cache beside the totals.
    cacheReadTokens: count(input.cached_tokens ?? usage.prompt_cache_hit_tokens),
    cacheWriteTokens: count(input.cache_write_tokens),
    outputTokens,
    reasoningTokens: count(output.reasoning_tokens),
    totalTokens: count(usage.total_tokens) || inputTokens + outputTokens,
    ...(details && { details }),
  }
}

// Some services tell numbers as text.
function count(value: any): number {
  return value > 0 && value < Infinity ? +value : 0
}
