import type { Usage } from '@pincer/protocol'

/**
 * Converts the usage object of a message to ours; `undefined` where there is none.
 *
 * The API counts what it did not have to cache apart from what it wrote to and read from the cache: our input is the
 * sum of the three. A compaction on the server is billed and not part of the API's totals, so it is added; what an
 * advisor model used has prices of its own and stands beside them.
 */
export function convertUsage(usage: any, provider: string, model: string): Usage | undefined {
  if (Object(usage) !== usage) return undefined
  const details: Record<string, number> = {}
  const add = (name: string, value: unknown): void => {
    const amount = count(value)
    if (amount > 0) details[name] = (details[name] ?? 0) + amount
  }
  const total = sumOf(usage)
  const tiers = [usage.cache_creation]
  if (Array.isArray(usage.iterations))
    for (const iteration of usage.iterations) {
      const part = sumOf(iteration)
      if (iteration?.type === 'compaction') {
        for (const name of ['input', 'output', 'cacheRead', 'cacheWrite'] as const) total[name] += part[name]
        tiers.push(iteration.cache_creation)
        add('compactionTokens', part.input + part.output)
      } else if (iteration?.type === 'advisor_message') {
        add('advisorInputTokens', part.input)
        add('advisorOutputTokens', part.output)
      }
    }
  for (const tier of tiers) {
    add('cacheWrite5mTokens', tier?.ephemeral_5m_input_tokens)
    add('cacheWrite1hTokens', tier?.ephemeral_1h_input_tokens)
  }
  add('webSearchRequests', usage.server_tool_use?.web_search_requests)
  add('webFetchRequests', usage.server_tool_use?.web_fetch_requests)
  // Words that change the price, as counts of calls, so that sums over many calls still tell them.
  if (isWord(usage.service_tier)) add(`${usage.service_tier}TierCalls`, 1)
  if (usage.speed === 'fast') add('fastCalls', 1)
  return {
    provider,
    model,
    inputTokens: total.input,
    cacheReadTokens: total.cacheRead,
    cacheWriteTokens: total.cacheWrite,
    outputTokens: total.output,
    reasoningTokens: count(usage.output_tokens_details?.thinking_tokens),
    totalTokens: total.input + total.output,
    ...(Object.keys(details).length > 0 && { details }),
  }
}

interface Sum {
  input: number
  output: number
  cacheRead: number
  cacheWrite: number
}

function sumOf(usage: any): Sum {
  const cacheRead = count(usage?.cache_read_input_tokens)
  const cacheWrite = count(usage?.cache_creation_input_tokens)
  const input = count(usage?.input_tokens) + cacheWrite + cacheRead
  return { input, output: count(usage?.output_tokens), cacheRead, cacheWrite }
}

function isWord(value: unknown): value is string {
  return typeof value === 'string' && /^[a-z]{1,20}$/.test(value)
}

// Services that imitate the API may tell numbers as text.
function count(value: any): number {
  return value > 0 && value < Infinity ? +value : 0
}
