import { createRequire } from 'node:module'

import type { MastraModelConfig } from '@mastra/core/llm'

const { version: mastraVersion } = createRequire(import.meta.url)('@mastra/core/package.json') as {
  readonly version: string
}

/** True where Mastra knows models of version 4 of the AI SDK's specification; older ones take version 2. */
const hasNewModels: boolean = Number(mastraVersion.split('.')[1]) >= 47

/** What a model says: a text, calls of tools, or a failure. */
export type Turn =
  | string
  | Error
  | readonly ToolRequest[]
  | ((signal: AbortSignal | undefined) => Promise<string | readonly ToolRequest[]>)

/** A tool that a model asks for. */
interface ToolRequest {
  readonly name: string
  readonly input?: object
  readonly id?: string
}

/** Tokens of one answer, some of them read from a cache, and some spent on reasoning. */
const tokens = hasNewModels
  ? {
      inputTokens: { total: 12, noCache: 9, cacheRead: 2, cacheWrite: 1 },
      outputTokens: { total: 5, text: 4, reasoning: 1 },
    }
  : { inputTokens: 12, outputTokens: 5, totalTokens: 17, cachedInputTokens: 2, reasoningTokens: 1 }

/** A model that never answers until it is aborted. */
export const hang: Turn = (signal) =>
  new Promise((_, reject) => {
    if (signal?.aborted === true) reject(signal.reason)
    signal?.addEventListener('abort', () => reject(signal.reason))
  })

/** A language model that answers by a script; everything around it is Mastra. */
export function scriptedModel(turns: readonly Turn[], during: () => void = () => {}): MastraModelConfig {
  const left = [...turns]
  const next = async (signal: AbortSignal | undefined): Promise<readonly object[]> => {
    during()
    const turn = left.length > 1 ? left.shift() : left[0]
    if (turn === undefined || turn instanceof Error) throw turn ?? new Error('nothing to say')
    const said = typeof turn === 'function' ? await turn(signal) : turn
    if (typeof said === 'string') return [{ type: 'text', text: said }]
    return said.map(({ name, input = {}, id = 'call-1' }) => ({
      type: 'tool-call',
      toolCallId: id,
      toolName: name,
      input: JSON.stringify(input),
    }))
  }
  const model = {
    specificationVersion: hasNewModels ? 'v4' : 'v2',
    provider: 'scripted.chat',
    modelId: 'model',
    supportedUrls: {},
    async doGenerate({ abortSignal }: { abortSignal?: AbortSignal }) {
      const content = await next(abortSignal)
      return { content, finishReason: reasonOf(content), usage: tokens, warnings: [] }
    },
    async doStream({ abortSignal }: { abortSignal?: AbortSignal }) {
      const content = await next(abortSignal)
      return { stream: ReadableStream.from(partsOf(content)) }
    },
  }
  // Mastra's own copies of these types differ in what this model does not use.
  return model as object as MastraModelConfig
}

function* partsOf(content: readonly object[]): Generator<object> {
  yield { type: 'stream-start', warnings: [] }
  yield { type: 'response-metadata', id: 'resp_1', modelId: 'model-2026', timestamp: new Date() }
  for (const part of content) {
    if (!('text' in part)) {
      yield part
      continue
    }
    yield { type: 'text-start', id: '1' }
    yield { type: 'text-delta', id: '1', delta: part.text }
    yield { type: 'text-end', id: '1' }
  }
  yield { type: 'finish', finishReason: reasonOf(content), usage: tokens }
}

function reasonOf(content: readonly object[]): unknown {
  const unified = content.some((part) => !('text' in part)) ? 'tool-calls' : 'stop'
  return hasNewModels ? { unified, raw: unified } : unified
}
