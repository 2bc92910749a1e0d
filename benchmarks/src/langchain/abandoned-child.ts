import { createClient } from '@pincer/core'
import { PincerCallbackHandler } from '@pincer/langchain'

import { takesAll } from './takes-all.ts'
import { abandonStream } from './scripted-agent.ts'

// Started by abandoned-streams.ts: streams whose reader stops after the first piece, then what the heap holds more than before.
const streams = 5_000
const isWatched = process.argv[2] === 'watched'
const claw = createClient({ gateway: takesAll })
const handler = new PincerCallbackHandler(claw, { idleTimeoutMs: 1_000 })
const callbacks = isWatched ? [handler] : undefined

const settle = async (): Promise<number> => {
  // Until nothing is open any more, so that only what is kept for good remains.
  do await new Promise((resolve) => setTimeout(resolve, 50))
  while (claw.stats().open > 0)
  await claw.flush()
  await new Promise((resolve) => setTimeout(resolve, 50))
  globalThis.gc?.()
  return process.memoryUsage().heapUsed
}

for (let index = 0; index < streams; index++) await abandonStream(callbacks)
const before = await settle()
let mostOpen = 0
for (let index = 0; index < streams; index++) {
  await abandonStream(callbacks)
  mostOpen = Math.max(mostOpen, claw.stats().open)
}
const grownMb = ((await settle()) - before) / 1024 / 1024
process.send?.({ grownMb, mostOpen, delivered: claw.stats().delivered, dropped: claw.stats().dropped })
await claw.close()
process.exit(0)
