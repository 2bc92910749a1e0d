/**
 * Tokens (and cost) of one model call, counted at the leaf only; all counts are tokens.
 *
 * `inputTokens` includes what was read from or written to a cache, `outputTokens` includes reasoning:
 * the details are parts of the totals and are never added to them.
 */
export interface Usage {
  /** Provider that billed the call, such as `openai`; empty where unknown. */
  readonly provider: string
  /** Model that answered, as the provider named it; empty where unknown. */
  readonly model: string
  /** All input tokens, cached ones included. */
  readonly inputTokens: number
  /** Part of `inputTokens` that was read from a prompt cache. */
  readonly cacheReadTokens: number
  /** Part of `inputTokens` that was written to a prompt cache. */
  readonly cacheWriteTokens: number
  /** All output tokens, reasoning included. */
  readonly outputTokens: number
  /** Part of `outputTokens` that was spent on reasoning. */
  readonly reasoningTokens: number
  /** `inputTokens + outputTokens`, or the provider's own total where it gives one. */
  readonly totalTokens: number
  /** Cost in US dollars; absent, not zero, where no price is known. */
  readonly costUsd?: number
  /** Counts that only some providers report, such as `audioInputTokens` or `audioSeconds`. */
  readonly details?: Readonly<Record<string, number>>
}

/** The usage of nothing: every count zero, provider and model empty, no cost. */
export const emptyUsage: Usage = Object.freeze({
  provider: '',
  model: '',
  inputTokens: 0,
  cacheReadTokens: 0,
  cacheWriteTokens: 0,
  outputTokens: 0,
  reasoningTokens: 0,
  totalTokens: 0,
})

/**
 * Adds the usage of two model calls; provider and model are kept where both agree and emptied where they differ.
 *
 * The cost of the sum is the sum of the known costs; it is absent only where neither side has one.
 */
export function addUsage(left: Usage, right: Usage): Usage {
  const costUsd =
    left.costUsd === undefined && right.costUsd === undefined
      ? undefined
      : (left.costUsd ?? 0) + (right.costUsd ?? 0)
  const details = addDetails(left.details, right.details)
  return {
    provider: agreed('provider', left, right),
    model: agreed('model', left, right),
    inputTokens: left.inputTokens + right.inputTokens,
    cacheReadTokens: left.cacheReadTokens + right.cacheReadTokens,
    cacheWriteTokens: left.cacheWriteTokens + right.cacheWriteTokens,
    outputTokens: left.outputTokens + right.outputTokens,
    reasoningTokens: left.reasoningTokens + right.reasoningTokens,
    totalTokens: left.totalTokens + right.totalTokens,
    ...(costUsd === undefined ? {} : { costUsd }),
    ...(details === undefined ? {} : { details }),
  }
}

function agreed(name: 'provider' | 'model', left: Usage, right: Usage): string {
  if (left === emptyUsage) return right[name]
  return right === emptyUsage || left[name] === right[name] ? left[name] : ''
}

function addDetails(left: Usage['details'], right: Usage['details']): Usage['details'] {
  if (left === undefined) return right
  const sum = new Map(Object.entries(left))
  for (const [name, count] of Object.entries(right ?? {})) sum.set(name, (sum.get(name) ?? 0) + count)
  return Object.fromEntries(sum)
}
