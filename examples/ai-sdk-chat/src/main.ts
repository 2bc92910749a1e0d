import { parseArgs } from 'node:util'

import { createChatHandler } from '@pincer/ai-sdk'
import { createClient } from '@pincer/core'
import { startLocalGateway } from '@pincer/local-gateway'

import { bundlePage } from './bundle-page.ts'
import { serve } from './serve.ts'
import { lookUpOrder, refundOrder } from './tools.ts'

const { values } = parseArgs({ options: { port: { type: 'string', default: '3000' } } })

// A gateway of this machine with one agent; its scripted demo model answers where there is no key.
const gateway = await startLocalGateway({
  port: 0,
  databasePath: ':memory:',
  agents: [{ id: 'main', instructions: 'You are a friendly clerk who looks up and refunds orders.' }],
  tools: [lookUpOrder, refundOrder],
  policies: [
    {
      id: 'ask-for-refunds',
      match: { tool: 'refund_*' },
      action: 'require_approval',
      reason: 'refunds cost money',
    },
  ],
})
const claw = createClient({ gateway: gateway.gateway, onError: console.error })

// The whole server side of the chat.
const chat = createChatHandler({ claw, agent: 'main' })

const server = await serve(Number(values.port), { chat, page: await bundlePage() })
console.log(`The chat is at ${server.url}`)

const close = async (): Promise<void> => {
  await server.close()
  await claw.close()
  await gateway.close()
}
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void close())
