import type { CallbackManagerForLLMRun } from '@langchain/core/callbacks/manager'
import { BaseChatModel, type BaseChatModelParams } from '@langchain/core/language_models/chat_models'
import {
  AIMessage,
  AIMessageChunk,
  type AIMessageFields,
  type BaseMessage,
  type UsageMetadata,
} from '@langchain/core/messages'
import { ChatGenerationChunk, type ChatResult } from '@langchain/core/outputs'

/** What a scripted model does when it is called: answers, fails, or decides at that moment. */
export type Turn = AIMessage | Error | ((signal: AbortSignal | undefined) => Promise<AIMessage>)

interface CallOptions {
  readonly signal?: AbortSignal | undefined
}

/** A chat model that answers by a script, whole or in words; everything around it is LangChain. */
export class ScriptedModel extends BaseChatModel {
  readonly #turns: Turn[]
  /** What it is called with. */
  readonly heard: BaseMessage[][] = []
  /** Chunks of its next stream; the words of its answer when empty. */
  chunks: AIMessageChunk[] = []

  constructor(turns: readonly Turn[], options: BaseChatModelParams = {}) {
    super(options)
    this.#turns = [...turns]
  }

  override _llmType(): string {
    return 'scripted'
  }

  override bindTools(): this {
    return this
  }

  override getLsParams(): ReturnType<BaseChatModel['getLsParams']> {
    return { ls_provider: 'scripted', ls_model_name: 'scripted-1', ls_model_type: 'chat' }
  }

  override invocationParams(): object {
    return { model: 'scripted-1', temperature: 0.5, tools: [{ type: 'function', function: { name: 'add' } }] }
  }

  override async _generate(messages: BaseMessage[], options: CallOptions): Promise<ChatResult> {
    const message = await this.#next(messages, options)
    return { generations: [{ text: message.text, message }] }
  }

  override async *_streamResponseChunks(
    messages: BaseMessage[],
    options: CallOptions,
    runManager?: CallbackManagerForLLMRun,
  ): AsyncGenerator<ChatGenerationChunk> {
    const message = await this.#next(messages, options)
    const chunks = this.chunks.length > 0 ? this.chunks : splitMessage(message)
    for (const part of chunks) {
      const chunk = new ChatGenerationChunk({ text: part.text, message: part })
      yield chunk
      options.signal?.throwIfAborted()
      await runManager?.handleLLMNewToken(part.text, undefined, undefined, undefined, undefined, { chunk })
    }
  }

  async #next(messages: BaseMessage[], { signal }: CallOptions): Promise<AIMessage> {
    this.heard.push(messages)
    const turn = this.#turns.shift()
    if (turn === undefined) throw new Error('the script is over')
    if (turn instanceof Error) throw turn
    return typeof turn === 'function' ? turn(signal) : turn
  }
}

const usage: UsageMetadata = {
  input_tokens: 12,
  output_tokens: 5,
  total_tokens: 17,
  input_token_details: { cache_read: 4 },
  output_token_details: { reasoning: 2 },
}

/** A message that says something. */
export function say(text: string): AIMessage {
  const fields: AIMessageFields = {
    id: 'msg_1',
    content: text,
    // LangChain's own type for the fields of a message knows no usage.
    usage_metadata: usage as never,
    response_metadata: { finish_reason: 'stop', model_name: 'scripted-1-2026' },
  }
  return new AIMessage(fields)
}

/** A message that calls tools: name, arguments and id of each. */
export function call(...calls: readonly (readonly [string, Record<string, unknown>, string])[]): AIMessage {
  const fields: AIMessageFields = {
    id: 'msg_2',
    content: '',
    tool_calls: calls.map(([name, args, id]) => ({ name, args, id, type: 'tool_call' as const })),
    // LangChain's own type for the fields of a message knows no usage.
    usage_metadata: usage as never,
    response_metadata: { finish_reason: 'tool_calls' },
  }
  return new AIMessage(fields)
}

function splitMessage(message: AIMessage): AIMessageChunk[] {
  const words = message.text.split(/(?<= )/).filter((word) => word !== '')
  const last = new AIMessageChunk({
    content: '',
    tool_call_chunks: (message.tool_calls ?? []).map(({ name, args, id }, index) => ({
      type: 'tool_call_chunk' as const,
      name,
      args: JSON.stringify(args),
      index,
      ...(id !== undefined && { id }),
    })),
    response_metadata: message.response_metadata,
    ...(message.usage_metadata === undefined ? {} : { usage_metadata: message.usage_metadata }),
  })
  return [...words.map((content) => new AIMessageChunk({ content })), last]
}
