import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import { Mastra } from '@mastra/core'
import { Agent } from '@mastra/core/agent'
import type { MastraModelConfig } from '@mastra/core/llm'
import { createTool } from '@mastra/core/tools'
import { Observability } from '@mastra/observability'
import type { Claw } from '@pincer/core'
import { gatewayTools, requireApproval } from '@pincer/mastra'
import { PincerExporter } from '@pincer/mastra/exporter'
import { z } from 'zod'

/** A model of any server that speaks like OpenAI's. */
export interface ModelAddress {
  readonly baseURL: string
  readonly apiKey: string
  readonly model: string
}

const refundOrder = createTool({
  id: 'refund_order',
  description: 'Refunds what a customer paid for an order.',
  inputSchema: z.object({ order: z.int() }),
  execute: async ({ order }) => `Order ${order} is refunded.`,
})

/**
 * Asks an agent of Mastra, which has the tools of the gateway and one of its own that a person must allow; returns what it
 * answers. All of it is recorded.
 */
export async function runParcelAgent(claw: Claw, address: ModelAddress, question: string): Promise<string> {
  const { model, ...server } = address
  // The AI SDK's types are newer than Mastra's copy of them.
  const brain: object = createOpenAICompatible({ name: 'pincer-demo', ...server })(model)
  const agent = new Agent({
    id: 'parcel-agent',
    name: 'parcel agent',
    instructions: 'You help with parcels and orders.',
    model: brain as MastraModelConfig,
    tools: async () => ({
      ...(await gatewayTools(claw, ['look_up_parcel'])),
      ...requireApproval(claw, { refund_order: refundOrder }, { ask: 'wait' }),
    }),
  })
  const pincer = new PincerExporter(claw)
  const configs = { default: { serviceName: 'parcels', exporters: [pincer], bridge: pincer } }
  const mastra = new Mastra({
    agents: { agent },
    logger: false,
    observability: new Observability({ configs }),
  })
  const { text } = await mastra.getAgent('agent').generate(question)
  return text
}
