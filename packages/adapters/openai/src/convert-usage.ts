import type { Usage } from '@pincer/protocol'

const detailNames: readonly (readonly [name: string, side: 'input' | 'output', field: string])[] = [
  ['textInputTokens', 'input', 'text_tokens'],
  ['audioInputTokens', 'input', 'audio_tokens'],
  ['imageInputTokens', 'input', 'image_tokens'],
  ['textOutputTokens', 'output', 'text_tokens'],
  ['audioOutputTokens', 'output', 'audio_tokens'],
  ['imageOutputTokens', 'output', 'image_tokens'],
  ['acceptedPredictionTokens', 'output', 'accepted_prediction_tokens'],
  ['rejectedPredictionTokens', 'output', 'rejected_prediction_tokens'],
]

/**
 * Converts every usage object of the OpenAI API, and of the services that imitate it, to ours; `undefined` where there is none.
 *
 * The provider's totals contain their details already, as ours do, so nothing is added or taken away.
 */
export function convertUsage(usage: any, provider: string, model: string): Usage | undefined {
  if (typeof usage !== 'object' || usage === null) return undefined
  const input = usage.input_tokens_details ?? usage.prompt_tokens_details ?? usage.input_token_details
  const output = usage.output_tokens_details ?? usage.completion_tokens_details
  const inputTokens = count(usage.input_tokens ?? usage.prompt_tokens)
  const outputTokens = count(usage.output_tokens ?? usage.completion_tokens)
  const details: Record<string, number> = {}
  for (const [name, side, field] of detailNames) {
    const tokens = count((side === 'input' ? input : output)?.[field])
    if (tokens > 0) details[name] = tokens
  }
  // Transcriptions are billed by time: the field says seconds, or a number or text named duration.
  const seconds = count(usage.seconds)
  if (seconds > 0) details['audioSeconds'] = seconds
  return {
    provider,
    model,
    inputTokens,
    // DeepSeek names its cache beside the totals.
    cacheReadTokens: count(input?.cached_tokens ?? usage.prompt_cache_hit_tokens),
    cacheWriteTokens: count(input?.cache_write_tokens),
    outputTokens,
    reasoningTokens: count(output?.reasoning_tokens),
    totalTokens: count(usage.total_tokens) || inputTokens + outputTokens,
    ...(Object.keys(details).length > 0 && { details }),
  }
}

function count(value: unknown): number {
  const number = Number(value)
  return number > 0 && Number.isFinite(number) ? number : 0
}
