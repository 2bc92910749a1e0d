import { setImmediate as nextTurn } from 'node:timers/promises'

import type { LanguageModel } from 'ai'

/** A model of the AI SDK, as an object. */
export type Model = Extract<LanguageModel, { readonly specificationVersion: 'v4' }>
type Answer = Awaited<ReturnType<Model['doGenerate']>>
type Part = Awaited<ReturnType<Model['doStream']>>['stream'] extends ReadableStream<infer Each> ? Each : never

/** How many pieces of text a canned stream has. */
export const piecesPerStream: number = 1_000

const usage = {
  inputTokens: { total: 12, noCache: 8, cacheRead: 4, cacheWrite: 0 },
  outputTokens: { total: 5, text: 5, reasoning: 0 },
}
const stop = { unified: 'stop', raw: 'stop' } as const
const says: Answer = {
  content: [{ type: 'text', text: 'Three.' }],
  finishReason: stop,
  usage,
  warnings: [],
  response: { id: 'resp_1', modelId: 'canned' },
}
const asks: Answer = {
  ...says,
  content: [{ type: 'tool-call', toolCallId: 'call_1', toolName: 'add', input: '{"a":1,"b":2}' }],
  finishReason: { unified: 'tool-calls', raw: 'tool_calls' },
}

/** The parts of a canned stream, made as they are read, as a provider does. */
function streamParts(): ReadableStream<Part> {
  let index = -2
  return new ReadableStream<Part>({
    pull(controller) {
      index++
      if (index === -1) controller.enqueue({ type: 'stream-start', warnings: [] })
      else if (index === 0) controller.enqueue({ type: 'text-start', id: '1' })
      else if (index <= piecesPerStream)
        controller.enqueue({ type: 'text-delta', id: '1', delta: `word${index} ` })
      else if (index === piecesPerStream + 1) controller.enqueue({ type: 'text-end', id: '1' })
      else if (index === piecesPerStream + 2)
        controller.enqueue({ type: 'finish', finishReason: stop, usage })
      else controller.close()
    },
  })
}

/** A model that answers at once, so that only the AI SDK and what listens to it are measured. */
export const cannedModel: Model = {
  specificationVersion: 'v4',
  provider: 'canned.chat',
  modelId: 'canned',
  supportedUrls: {},
  async doGenerate({ tools, prompt }) {
    // A real answer comes in a later turn of the event loop, in which timers and sockets have theirs.
    await nextTurn()
    return tools !== undefined && prompt.at(-1)?.role !== 'tool' ? asks : says
  },
  async doStream() {
    await nextTurn()
    return { stream: streamParts() }
  },
}
