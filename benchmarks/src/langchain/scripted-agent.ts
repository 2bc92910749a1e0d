import { setImmediate as nextTurn } from 'node:timers/promises'

import type { CallbackManagerForLLMRun } from '@langchain/core/callbacks/manager'
import { BaseChatModel } from '@langchain/core/language_models/chat_models'
import { AIMessage, AIMessageChunk, type BaseMessage, ToolMessage } from '@langchain/core/messages'
import { ChatGenerationChunk, type ChatResult } from '@langchain/core/outputs'
import { tool } from '@langchain/core/tools'
import { createAgent } from 'langchain'
import { z } from 'zod'

/** How many tokens a stream of the scripted model has. */
export const tokensPerStream: number = 1_000

const usage = { input_tokens: 12, output_tokens: 5, total_tokens: 17 } as never
const asks = {
  content: '',
  tool_calls: [{ name: 'add', args: { a: 1, b: 2 }, id: 'call_1', type: 'tool_call' as const }],
  usage_metadata: usage,
}

/** A model that answers at once, so that only LangChain and what listens to it are measured. */
class InstantModel extends BaseChatModel {
  override _llmType(): string {
    return 'instant'
  }

  override bindTools(): this {
    return this
  }

  override async _generate(messages: BaseMessage[]): Promise<ChatResult> {
    // A real answer comes in a later turn of the event loop, in which timers and sockets have theirs.
    await nextTurn()
    const isAnswered = ToolMessage.isInstance(messages.at(-1))
    const message = isAnswered
      ? new AIMessage({ content: 'Three.', usage_metadata: usage })
      : new AIMessage(asks)
    return { generations: [{ text: message.text, message }] }
  }

  override async *_streamResponseChunks(
    _messages: BaseMessage[],
    _options: this['ParsedCallOptions'],
    runManager?: CallbackManagerForLLMRun,
  ): AsyncGenerator<ChatGenerationChunk> {
    await nextTurn()
    for (let index = 0; index < tokensPerStream; index++) {
      const text = `word${index} `
      const chunk = new ChatGenerationChunk({ text, message: new AIMessageChunk({ content: text }) })
      yield chunk
      await runManager?.handleLLMNewToken(text, undefined, undefined, undefined, undefined, { chunk })
    }
  }
}

/** What LangChain is called with to be watched. */
export type Callbacks = NonNullable<Parameters<BaseChatModel['invoke']>[1]>['callbacks']

const model = new InstantModel({})
const add = tool(({ a, b }) => String(a + b), {
  name: 'add',
  description: 'Adds.',
  schema: z.object({ a: z.number(), b: z.number() }),
})
const agent = createAgent({ model, tools: [add], name: 'adder' })

/** One run of an agent: the model calls a tool, and answers. */
export async function runAgent(callbacks: Callbacks): Promise<void> {
  const messages = [{ role: 'user' as const, content: 'One and two?' }]
  await agent.invoke({ messages }, callbacks === undefined ? {} : { callbacks })
}

/** One stream of a model, read to its end. */
export async function streamModel(callbacks: Callbacks): Promise<void> {
  for await (const _ of await model.stream('Write.', callbacks === undefined ? {} : { callbacks })) void _
}

/** One stream of a model whose reader stops after the first piece. */
export async function abandonStream(callbacks: Callbacks): Promise<void> {
  for await (const _ of await model.stream('Write.', callbacks === undefined ? {} : { callbacks })) break
}
