import type {
  LanguageModelV4,
  LanguageModelV4CallOptions,
  LanguageModelV4Content,
  LanguageModelV4GenerateResult,
  LanguageModelV4StreamPart,
  LanguageModelV4StreamResult,
  LanguageModelV4Usage,
} from '@ai-sdk/provider'

/** What a model answers: content, and what it says of itself. */
export interface Answer {
  readonly content: readonly LanguageModelV4Content[]
  readonly finish?: LanguageModelV4GenerateResult['finishReason']
  readonly usage?: LanguageModelV4Usage
  readonly providerMetadata?: LanguageModelV4GenerateResult['providerMetadata']
}

/** What a scripted model does when it is called: answers, streams, fails, or decides at that moment. */
export type Turn =
  | Answer
  | Error
  | ReadableStream<LanguageModelV4StreamPart>
  | ((options: LanguageModelV4CallOptions) => Promise<Answer | ReadableStream<LanguageModelV4StreamPart>>)

/** Tokens of one answer, with parts that were read from and written to a cache, and spent on reasoning. */
export const usage: LanguageModelV4Usage = {
  inputTokens: { total: 10, noCache: 6, cacheRead: 3, cacheWrite: 1 },
  outputTokens: { total: 5, text: 3, reasoning: 2 },
}

/** An answer in words. */
export function say(text: string, more: Partial<Answer> = {}): Answer {
  return { content: [{ type: 'text', text }], ...more }
}

/** An answer that asks for tools: name, arguments and id of each call. */
export function call(...calls: readonly (readonly [name: string, input: object, id: string])[]): Answer {
  return {
    content: calls.map(([toolName, input, toolCallId]) => ({
      type: 'tool-call',
      toolCallId,
      toolName,
      input: JSON.stringify(input),
    })),
    finish: { unified: 'tool-calls', raw: 'tool_use' },
  }
}

/** The parts in which an answer is streamed, a word at a time. */
export function partsOf(answer: Answer): LanguageModelV4StreamPart[] {
  const { content, finish = stop, providerMetadata } = answer
  return [
    { type: 'stream-start', warnings: [] },
    { type: 'response-metadata', id: 'resp_1', modelId: 'model-2026' },
    ...content.flatMap((part, index): LanguageModelV4StreamPart[] => {
      const id = String(index)
      if (part.type !== 'text' && part.type !== 'reasoning') return [part as LanguageModelV4StreamPart]
      const words = part.text.split(/(?<= )/)
      return [
        { type: `${part.type}-start`, id },
        ...words.map((delta) => ({ type: `${part.type}-delta`, id, delta }) as const),
        { type: `${part.type}-end`, id },
      ]
    }),
    {
      type: 'finish',
      finishReason: finish,
      usage: answer.usage ?? usage,
      ...(providerMetadata !== undefined && { providerMetadata }),
    },
  ]
}

/** A stream of parts; with `isOpen` it does not end. */
export function streamOf(
  parts: readonly LanguageModelV4StreamPart[],
  isOpen = false,
): ReadableStream<LanguageModelV4StreamPart> {
  let index = 0
  return new ReadableStream({
    pull(controller) {
      const part = parts[index++]
      if (part !== undefined) controller.enqueue(part)
      else if (isOpen) return new Promise(() => {})
      else controller.close()
      return undefined
    },
  })
}

/** A model that never answers until it is aborted. */
export const hang: Turn = ({ abortSignal }) =>
  new Promise((_, reject) => {
    if (abortSignal?.aborted === true) reject(abortSignal.reason)
    abortSignal?.addEventListener('abort', () => reject(abortSignal.reason))
  })

const stop = { unified: 'stop', raw: 'end_turn' } as const

/** A language model that answers by a script; everything around it is the AI SDK. */
export class ScriptedModel implements LanguageModelV4 {
  readonly specificationVersion = 'v4'
  readonly provider: string
  readonly modelId = 'model'
  readonly supportedUrls = {}
  /** What it was called with. */
  readonly heard: LanguageModelV4CallOptions[] = []
  readonly #turns: Turn[]

  constructor(turns: readonly Turn[], provider = 'scripted.chat') {
    this.#turns = [...turns]
    this.provider = provider
  }

  async doGenerate(options: LanguageModelV4CallOptions): Promise<LanguageModelV4GenerateResult> {
    const answer = await this.#next(options)
    if (answer instanceof ReadableStream) throw new TypeError('this turn can only be streamed')
    const { content, finish = stop, providerMetadata } = answer
    return {
      content: [...content],
      finishReason: finish,
      usage: answer.usage ?? usage,
      warnings: [],
      response: { id: 'resp_1', modelId: 'model-2026' },
      ...(providerMetadata !== undefined && { providerMetadata }),
    }
  }

  async doStream(options: LanguageModelV4CallOptions): Promise<LanguageModelV4StreamResult> {
    const answer = await this.#next(options)
    return { stream: answer instanceof ReadableStream ? answer : streamOf(partsOf(answer)) }
  }

  async #next(
    options: LanguageModelV4CallOptions,
  ): Promise<Answer | ReadableStream<LanguageModelV4StreamPart>> {
    this.heard.push(options)
    const turn = this.#turns.shift()
    if (turn === undefined) throw new Error('the script has ended')
    if (turn instanceof Error) throw turn
    return typeof turn === 'function' ? turn(options) : turn
  }
}
