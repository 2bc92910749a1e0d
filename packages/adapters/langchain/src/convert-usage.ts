import type { Usage } from '@pincer/protocol'

const kinds = ['audio', 'image', 'text', 'video']

interface Counted extends Usage {
  inputTokens: number
  cacheReadTokens: number
  cacheWriteTokens: number
  outputTokens: number
  reasoningTokens: number
  totalTokens: number
  details?: Record<string, number>
}

/**
 * Converts the usage of LangChain's messages to ours; `undefined` where there is none.
 *
 * Takes what the chunks of a stream say, in order, since LangChain adds up what they repeat. The totals contain their
 * details already, as ours do.
 */
export function convertUsage(parts: readonly any[], provider: string, model: string): Usage | undefined {
  let usage: Counted | undefined
  for (const part of parts) {
    if (Object(part) !== part) continue
    const { input_token_details: input, output_token_details: output } = part
    usage ??= {
      provider,
      model,
      inputTokens: 0,
      cacheReadTokens: 0,
      cacheWriteTokens: 0,
      outputTokens: 0,
      reasoningTokens: 0,
      totalTokens: 0,
    }
    // The rest is what models that write text only, and classes of LangChain's first years, say.
    const inputTokens = count(part.input_tokens ?? part.promptTokens ?? part.prompt_tokens)
    const outputTokens = count(part.output_tokens ?? part.completionTokens ?? part.completion_tokens)
    usage.inputTokens += inputTokens
    usage.cacheReadTokens += count(input?.cache_read)
    usage.cacheWriteTokens += count(input?.cache_creation)
    usage.outputTokens += outputTokens
    usage.reasoningTokens += count(output?.reasoning)
    usage.totalTokens += count(part.total_tokens ?? part.totalTokens) || inputTokens + outputTokens
    addKinds(usage, input, 'InputTokens')
    addKinds(usage, output, 'OutputTokens')
  }
  return usage
}

function addKinds(usage: Counted, counts: any, suffix: string): void {
  for (const kind of kinds) {
    const tokens = count(counts?.[kind])
    if (tokens === 0) continue
    const details = (usage.details ??= {})
    details[kind + suffix] = (details[kind + suffix] ?? 0) + tokens
  }
}

function count(value: any): number {
  return value > 0 && value < Infinity ? +value : 0
}
