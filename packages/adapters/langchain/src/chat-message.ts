import {
  AIMessage,
  AIMessageChunk,
  type AIMessageFields,
  type ContentBlock,
  type UsageMetadata,
} from '@langchain/core/messages'
import { ChatGenerationChunk, type ChatResult } from '@langchain/core/outputs'
import type { JsonValue, ToolCallRequest, Usage } from '@pincer/protocol'

import type { ServerToolCall } from './chat-activity.ts'
import { type ChatText, messageBreak, type Part, type Piece } from './chat-text.ts'

/** What is told of a run beside its text. */
export interface ChatEnd {
  readonly toolCalls: readonly ToolCallRequest[]
  readonly usage: UsageMetadata | undefined
  readonly response_metadata: ClawMetadata
  readonly additional_kwargs: ClawDetails
}

/** What a message tells of where it comes from. */
type ClawMetadata = {
  readonly model_name: string
  /** Name of the gateway. */
  readonly model_provider: string
  readonly finish_reason: string
  /** Id of the run on the gateway. */
  readonly run_id: string
  /** The session that goes on with what the message says. */
  readonly session_key?: string
  /** In US dollars. */
  readonly cost_usd?: number
}

/** What a message tells of the gateway's own tools. */
type ClawDetails = {
  readonly claw_tool_calls?: readonly ServerToolCall[]
}

/** Makes the chunks of one streamed answer: text stays text until the agent thinks, then everything comes in blocks. */
export class ChunkMaker {
  #isInBlocks: boolean
  readonly #begun = new Set<number>()

  /** @param isInBlocks whether text comes in blocks from the start. */
  constructor(isInBlocks: boolean) {
    this.#isInBlocks = isInBlocks
  }

  pieces({ kind, text, index }: Piece): ChatGenerationChunk[] {
    this.#isInBlocks ||= kind === 'reasoning'
    if (!this.#isInBlocks) return [chunkOf({ content: text }, text)]
    const chunk = chunkOf({ content: [{ ...block(kind, text), index }] }, kind === 'text' ? text : '')
    if (this.#begun.has(index)) return [chunk]
    this.#begun.add(index)
    // Readers of block events are shown what is added to a block, not what it begins with.
    return [chunkOf({ content: [{ ...block(kind, ''), index }] }, ''), chunk]
  }

  end({ toolCalls, usage, ...about }: ChatEnd, nextIndex: number): ChatGenerationChunk[] {
    const content = this.#isInBlocks ? [] : ''
    const calls = toolCalls.map(({ toolCallId: id, name, input }, position) => {
      const index = nextIndex + position
      const call = { type: 'tool_call_chunk', index, id, name, args: JSON.stringify(input) } as const
      return chunkOf({ content, tool_call_chunks: [call] }, '')
    })
    return [...calls, chunkOf({ content, ...about, ...withUsage(usage) }, '')]
  }
}

/** The whole answer. */
export function toChatResult(text: ChatText, { toolCalls, usage, ...about }: ChatEnd): ChatResult {
  const calls = toolCalls.map(({ toolCallId: id, name, input }) => ({ id, name, input }))
  const message = new AIMessage({
    content: contentOf(text.parts),
    ...about,
    tool_calls: calls.flatMap(({ input, ...call }) =>
      isArguments(input) ? [{ ...call, type: 'tool_call' as const, args: input }] : [],
    ),
    invalid_tool_calls: calls.flatMap(({ input, ...call }) =>
      isArguments(input)
        ? []
        : [{ ...call, type: 'invalid_tool_call' as const, args: JSON.stringify(input), error: notArguments }],
    ),
    ...withUsage(usage),
  })
  return { generations: [{ text: message.text, message }] }
}

/** Turns usage into that of LangChain, whose totals contain their details too; `undefined` where nothing was counted. */
export function toUsageMetadata(usage: Usage | undefined): UsageMetadata | undefined {
  if (usage === undefined || (usage.totalTokens === 0 && usage.costUsd === undefined)) return undefined
  const { details = {} } = usage
  const audioIn = details['audioInputTokens']
  const audioOut = details['audioOutputTokens']
  return {
    input_tokens: usage.inputTokens,
    output_tokens: usage.outputTokens,
    total_tokens: usage.totalTokens,
    input_token_details: {
      cache_read: usage.cacheReadTokens,
      cache_creation: usage.cacheWriteTokens,
      ...(audioIn !== undefined && { audio: audioIn }),
    },
    output_token_details: {
      reasoning: usage.reasoningTokens,
      ...(audioOut !== undefined && { audio: audioOut }),
    },
  }
}

// The types of LangChain do not let exact optional properties have it.
function withUsage(usage: UsageMetadata | undefined): AIMessageFields {
  return (usage === undefined ? {} : { usage_metadata: usage }) as AIMessageFields
}

const notArguments = 'the arguments are no object'

function isArguments(input: JsonValue): input is Record<string, JsonValue> {
  return typeof input === 'object' && input !== null && !Array.isArray(input)
}

function contentOf(parts: readonly Part[]): string | ContentBlock[] {
  const texts = parts.filter((part) => part.kind === 'text')
  if (texts.length === parts.length) return texts.map((part) => part.text).join(messageBreak)
  return parts.map((part) =>
    block(part.kind, part.kind === 'text' && part !== texts[0] ? messageBreak + part.text : part.text),
  )
}

function block(kind: Piece['kind'], text: string): ContentBlock {
  return kind === 'text' ? { type: 'text', text } : { type: 'reasoning', reasoning: text }
}

function chunkOf(fields: ConstructorParameters<typeof AIMessageChunk>[0], text: string): ChatGenerationChunk {
  return new ChatGenerationChunk({ text, message: new AIMessageChunk(fields) })
}
