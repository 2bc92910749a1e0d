import type { MastraModelConfig } from '@mastra/core/llm'

const usage = {
  inputTokens: { total: 12, noCache: 12, cacheRead: 0, cacheWrite: 0 },
  outputTokens: { total: 5, text: 5, reasoning: 0 },
}
const stop = { unified: 'stop', raw: 'stop' }
const toolCalls = { unified: 'tool-calls', raw: 'tool_calls' }
const call = { type: 'tool-call', toolCallId: 'call-1', toolName: 'add', input: '{"a":1,"b":2}' }

const asks = [
  { type: 'stream-start', warnings: [] },
  call,
  { type: 'finish', finishReason: toolCalls, usage },
]
const answers = [
  { type: 'stream-start', warnings: [] },
  { type: 'text-start', id: '1' },
  { type: 'text-delta', id: '1', delta: 'three' },
  { type: 'text-end', id: '1' },
  { type: 'finish', finishReason: stop, usage },
]

interface Prompted {
  readonly prompt: readonly { readonly role: string }[]
}

const model: object = {
  specificationVersion: 'v4',
  provider: 'canned',
  modelId: 'canned',
  supportedUrls: {},
  async doGenerate({ prompt }: Prompted) {
    const isDone = hasResult(prompt)
    const content = isDone ? [{ type: 'text', text: 'three' }] : [call]
    return { content, finishReason: isDone ? stop : toolCalls, usage, warnings: [] }
  },
  async doStream({ prompt }: Prompted) {
    return { stream: ReadableStream.from<unknown>(hasResult(prompt) ? answers : asks) }
  },
}

/** A model that asks for one tool call, and answers at once when it has its result. */
export const cannedModel: MastraModelConfig = model as MastraModelConfig

function hasResult(prompt: Prompted['prompt']): boolean {
  return prompt.some(({ role }) => role === 'tool')
}
