import type { Usage } from '@pincer/protocol'

/**
 * Converts the usage of LangChain's messages to ours; `undefined` where there is none.
 *
 * Takes what the chunks of a stream say, in order, since LangChain adds up what they repeat. The totals contain their
 * details already, as ours do.
 */
export function convertUsage(parts: readonly any[], provider: string, model: string): Usage | undefined {
  let usage: Record<string, any> | undefined
  let details: Record<string, number> | undefined
  for (const part of parts) {
    if (Object(part) !== part) continue
    const input = part.input_token_details ?? {}
    const output = part.output_token_details ?? {}
    usage ??= { provider, model, inputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0 }
    // The rest is what models that write text only, and classes of LangChain's first years, say.
    const inputTokens = count(part.input_tokens ?? part.promptTokens ?? part.prompt_tokens)
    const outputTokens = count(part.output_tokens ?? part.completionTokens ?? part.completion_tokens)
    add(usage, 'inputTokens', inputTokens)
    add(usage, 'cacheReadTokens', input.cache_read)
    add(usage, 'cacheWriteTokens', input.cache_creation)
    add(usage, 'outputTokens', outputTokens)
    add(usage, 'reasoningTokens', output.reasoning)
    add(usage, 'totalTokens', count(part.total_tokens ?? part.totalTokens) || inputTokens + outputTokens)
    for (const kind of ['audio', 'image', 'text', 'video']) {
      if (count(input[kind])) add((details ??= {}), `${kind}InputTokens`, input[kind])
      if (count(output[kind])) add((details ??= {}), `${kind}OutputTokens`, output[kind])
    }
  }
  return usage && ({ ...usage, ...(details && { details }) } as Usage)
}

function add(counts: Record<string, any>, name: string, value: unknown): void {
  counts[name] = (counts[name] ?? 0) + count(value)
}

function count(value: any): number {
  return value > 0 && value < Infinity ? +value : 0
}
