import type { Anthropic } from '@anthropic-ai/sdk'
import type { BaseChatModel } from '@langchain/core/language_models/chat_models'
import type { Claw } from '@pincer/core'
import { askAgent } from '@pincer/example-ai-sdk-chat'
import { runOrderAgent } from '@pincer/example-langchain-agent'
import { type ModelAddress, runParcelAgent } from '@pincer/example-mastra-tools'
import type { OpenAI } from 'openai'

import { deleteCustomer, lookUpOrder, readWarehouse, refundOrder } from './tools.ts'

/** One model, as the clients that the agent works with. */
export interface AgentModel {
  readonly model: string
  readonly openai: OpenAI
  readonly anthropic: Anthropic
  /** The model that the Anthropic client asks for. */
  readonly anthropicModel: string
  readonly langchain: BaseChatModel
  /** Where the agent of Mastra finds its model. */
  readonly mastra: ModelAddress
}

/** What the agent does, one task after the other, a task that fails not stopping the next; returns the id of its run. */
export async function runAgent(
  claw: Claw,
  { model, openai, anthropic, anthropicModel, langchain, mastra }: AgentModel,
): Promise<string> {
  const ask = (content: string) => ({ model, messages: [{ role: 'user' as const, content }] })
  const tasks: Record<string, (signal: AbortSignal) => Promise<unknown>> = {
    'answer in one piece': () => openai.chat.completions.create(ask('Hello! Who are you?')),

    'answer as a stream': async () => {
      let text = ''
      const stream = await openai.chat.completions.create({ ...ask('Say: three small waves'), stream: true })
      for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? ''
      return text
    },

    'use a tool': () =>
      openai.chat.completions
        .runTools({ ...ask('Look up order 1007, please.'), tools: [lookUpOrder] })
        .finalContent(),

    'use a tool that fails': () =>
      openai.chat.completions
        .runTools({ ...ask('Read the warehouse, please.'), tools: [readWarehouse] })
        .finalContent(),

    'stop a stream half-way': async (signal) => {
      const stream = await openai.chat.completions.create(
        { ...ask('Tell a long story. [[words:400]] [[slow:5]]'), stream: true },
        { signal },
      )
      for await (const chunk of stream) if (chunk.choices[0]?.delta.content) stream.controller.abort()
      return 'stopped'
    },

    'try what a policy forbids': () =>
      openai.chat.completions
        .runTools({ ...ask('Delete customer Ada, please.'), tools: [deleteCustomer] })
        .finalContent(),

    'do what a person must allow': () =>
      openai.chat.completions
        .runTools({ ...ask('Refund order 1007, please.'), tools: [refundOrder] })
        .finalContent(),

    'answer through an Anthropic client': () => {
      const messages = [{ role: 'user' as const, content: 'Say: the tide is out' }]
      return anthropic.messages.stream({ model: anthropicModel, max_tokens: 1_024, messages }).finalText()
    },

    'hand over to LangChain': () =>
      runOrderAgent(claw, langchain, 'Look up order 1008, then refund order 1008.'),

    'hand over to Mastra': () => runParcelAgent(claw, mastra, 'Look up parcel 1010, then refund order 1010.'),

    'ask an agent of the gateway': () => askAgent(claw, 'clerk', 'Refund parcel 1009, please.'),
  }
  const run = claw.startRun({ name: 'support agent', input: Object.keys(tasks) })
  let done = 0
  for (const [name, work] of Object.entries(tasks)) {
    const signal = AbortSignal.timeout(60_000)
    const task = claw.run({ name, parent: run }, () => work(signal))
    await task.then(() => done++).catch(() => {})
  }
  run.end({ output: `${done} of ${Object.keys(tasks).length} tasks done` })
  return run.runId
}
