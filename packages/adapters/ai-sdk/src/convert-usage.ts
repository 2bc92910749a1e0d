import type { JSONObject, LanguageModelV4Usage } from '@ai-sdk/provider'
import type { Usage } from '@pincer/protocol'

/** Turns usage into that of the AI SDK; where nothing was counted, every count is unknown. */
export function convertUsage(usage: Usage | undefined): LanguageModelV4Usage {
  if (usage === undefined || usage.totalTokens === 0) return unknownUsage()
  const { inputTokens, cacheReadTokens, cacheWriteTokens, outputTokens, reasoningTokens } = usage
  return {
    inputTokens: {
      total: inputTokens,
      noCache: Math.max(inputTokens - cacheReadTokens - cacheWriteTokens, 0),
      cacheRead: cacheReadTokens,
      cacheWrite: cacheWriteTokens,
    },
    outputTokens: {
      total: outputTokens,
      text: Math.max(outputTokens - reasoningTokens, 0),
      reasoning: reasoningTokens,
    },
    raw: rawUsage(usage),
  }
}

function unknownUsage(): LanguageModelV4Usage {
  return {
    inputTokens: { total: undefined, noCache: undefined, cacheRead: undefined, cacheWrite: undefined },
    outputTokens: { total: undefined, text: undefined, reasoning: undefined },
  }
}

// What the AI SDK has no field for: provider, model, cost and special counts.
function rawUsage({ details, ...counts }: Usage): JSONObject {
  return { ...counts, ...(details !== undefined && { details: { ...details } }) }
}
