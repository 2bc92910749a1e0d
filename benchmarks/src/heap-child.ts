import { call, makeClients } from './clients.ts'

// Started by heap.ts: 20,000 calls of one client, then what the heap holds more than before.
const [variant, gatewayUrl] = process.argv.slice(2)
if (variant === undefined || gatewayUrl === undefined)
  throw new Error('heap-child.ts <bare|wrapped> <gateway url>')

const calls = 20_000
const pair = makeClients(gatewayUrl)
const openai = variant === 'bare' ? pair.bare : pair.wrapped
const heap = async (): Promise<number> => {
  // Whatever is due soon is done, so that only what is kept remains.
  await new Promise((resolve) => setTimeout(resolve, 50))
  globalThis.gc?.()
  return process.memoryUsage().heapUsed
}

for (let index = 0; index < 500; index++) await call(openai)
const before = await heap()
const start = performance.now()
for (let index = 0; index < calls; index++) await call(openai)
const usPerCall = ((performance.now() - start) * 1_000) / calls
const grownMb = ((await heap()) - before) / 1024 / 1024
const { queued, delivered, dropped } = pair.claw.stats()
process.send?.({ grownMb, usPerCall, queued, delivered, dropped })
// What waits for a gateway that is down is not waited for.
process.exit(0)
