import { wrapAnthropic } from '@pincer/anthropic'
import { type Claw, createClient } from '@pincer/core'
import { localGateway } from '@pincer/local-gateway'

import { makeAnthropic, request } from './anthropic/messages-client.ts'
import { call, makeClients } from './clients.ts'

// Started by heap.ts: 20,000 calls of one client, then what the heap holds more than before.
const [name, variant, gatewayUrl] = process.argv.slice(2)
if (name === undefined || variant === undefined || gatewayUrl === undefined)
  throw new Error('heap-child.ts <openai|anthropic> <bare|wrapped> <gateway url>')

const calls = 20_000
const { claw, ask } = name === 'openai' ? useOpenAI(gatewayUrl) : useAnthropic(gatewayUrl)
const heap = async (): Promise<number> => {
  // Whatever is due soon is done, so that only what is kept remains.
  await new Promise((resolve) => setTimeout(resolve, 50))
  globalThis.gc?.()
  return process.memoryUsage().heapUsed
}

for (let index = 0; index < 500; index++) await ask()
const before = await heap()
const start = performance.now()
for (let index = 0; index < calls; index++) await ask()
const usPerCall = ((performance.now() - start) * 1_000) / calls
const grownMb = ((await heap()) - before) / 1024 / 1024
const { queued, delivered, dropped } = claw.stats()
process.send?.({ grownMb, usPerCall, queued, delivered, dropped })
// What waits for a gateway that is down is not waited for.
process.exit(0)

interface Asking {
  readonly claw: Claw
  readonly ask: () => Promise<unknown>
}

function useOpenAI(url: string): Asking {
  const { bare, wrapped, claw: recording } = makeClients(url)
  const openai = variant === 'bare' ? bare : wrapped
  return { claw: recording, ask: () => call(openai) }
}

function useAnthropic(url: string): Asking {
  const recording = createClient({ gateway: localGateway({ url }) })
  const bare = makeAnthropic()
  const anthropic = variant === 'bare' ? bare : wrapAnthropic(bare, recording)
  return { claw: recording, ask: () => anthropic.messages.create(request) }
}
