// Starts a million actions and drops them, with the gateway down, and tells how much the heap grew.
import { createClient } from '@pincer/core'
import { GatewayError } from '@pincer/protocol'

const claw = createClient({
  gateway: {
    name: 'down',
    events: { append: () => Promise.reject(new GatewayError('down', { retryable: true })) },
    close: () => Promise.resolve(),
  },
  outbox: { maxEvents: 1_000 },
  maxOpen: 1_000,
  // Its losses are what is wanted here.
  onDrop: () => {},
})
const run = claw.startRun()
const drop = (count: number): void => {
  for (let index = 0; index < count; index += 4) {
    run.startModelCall({ provider: 'p', model: 'm' }).delta('x')
    run.startToolCall({ name: 't' })
    run.startRetrieval({ name: 'r' })
    claw.startModelCall({ provider: 'p', model: 'm' })
  }
}
const collect = globalThis.gc ?? (() => {})
const heap = (): number => {
  collect()
  collect()
  return process.memoryUsage().heapUsed
}
drop(100_000)
const before = heap()
for (let round = 0; round < 10; round++) {
  drop(100_000)
  await new Promise((resolve) => setImmediate(resolve))
}
const grown = heap() - before
process.stdout.write(JSON.stringify({ grown, runEnded: run.ended, ...claw.stats() }))
