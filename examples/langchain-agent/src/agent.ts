import type { BaseChatModel } from '@langchain/core/language_models/chat_models'
import type { Claw } from '@pincer/core'
import { PincerCallbackHandler } from '@pincer/langchain'
import { guardMiddleware } from '@pincer/langchain/guard'
import { createAgent, tool } from 'langchain'
import { z } from 'zod'

const lookUpOrder = tool(({ order }) => `Order ${order} was lost by Snail Mail.`, {
  name: 'look_up_order',
  description: 'Looks up what is known about an order.',
  schema: z.object({ order: z.int() }),
})

const refundOrder = tool(({ order }) => `Order ${order} is refunded.`, {
  name: 'refund_order',
  description: 'Refunds what a customer paid for an order.',
  schema: z.object({ order: z.int() }),
})

/** Asks an agent of LangChain about an order, recorded and guarded by `claw`; returns what it answers. */
export async function runOrderAgent(claw: Claw, model: BaseChatModel, question: string): Promise<string> {
  const agent = createAgent({
    name: 'order agent',
    model,
    tools: [lookUpOrder, refundOrder],
    middleware: [guardMiddleware(claw)],
  })
  const { messages } = await agent.invoke(
    { messages: [{ role: 'user', content: question }] },
    { callbacks: [new PincerCallbackHandler(claw)] },
  )
  return messages.at(-1)?.text ?? ''
}
