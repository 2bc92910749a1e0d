import type { JSONObject, LanguageModelV4Usage } from '@ai-sdk/provider'
import type { Usage } from '@pincer/protocol'

/** Turns usage into that of the AI SDK; where nothing was counted, every count is unknown. */
export function convertUsage(usage: Usage | undefined): LanguageModelV4Usage {
  if (usage === undefined || usage.totalTokens === 0) return unknownUsage()
  const { inputTokens, outputTokens } = usage
  // Details that cannot be right are cut, so that they add up; `raw` keeps them as they were told.
  const cacheRead = Math.min(usage.cacheReadTokens, inputTokens)
  const cacheWrite = Math.min(usage.cacheWriteTokens, inputTokens - cacheRead)
  const reasoning = Math.min(usage.reasoningTokens, outputTokens)
  return {
    inputTokens: {
      total: inputTokens,
      noCache: inputTokens - cacheRead - cacheWrite,
      cacheRead,
      cacheWrite,
    },
    outputTokens: { total: outputTokens, text: outputTokens - reasoning, reasoning },
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
