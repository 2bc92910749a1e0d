import type { Usage } from '@pincer/protocol'

interface FoundUsage {
  readonly inputTokens: {
    readonly total: number | undefined
    readonly cacheRead: number | undefined
    readonly cacheWrite: number | undefined
  }
  readonly outputTokens: { readonly total: number | undefined; readonly reasoning: number | undefined }
}

/** Turns the usage of one model call of the AI SDK into ours; `undefined` where the provider told none. */
export function convertUsage(usage: FoundUsage, provider: string, model: string): Usage | undefined {
  const { inputTokens, outputTokens } = usage
  if (inputTokens.total === undefined && outputTokens.total === undefined) return undefined
  const input = inputTokens.total ?? 0
  const output = outputTokens.total ?? 0
  return {
    provider,
    model,
    inputTokens: input,
    cacheReadTokens: inputTokens.cacheRead ?? 0,
    cacheWriteTokens: inputTokens.cacheWrite ?? 0,
    outputTokens: output,
    reasoningTokens: outputTokens.reasoning ?? 0,
    totalTokens: input + output,
  }
}
