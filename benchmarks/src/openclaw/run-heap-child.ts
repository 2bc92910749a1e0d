import { openPincer } from './pincer-client.ts'

// Started by run-heap.ts: events of 1,000 runs through one client, and what the heap holds on the way.
const [url] = process.argv.slice(2)
if (url === undefined) throw new Error('run-heap-child.ts <gateway url>')

const heap = async (): Promise<number> => {
  await new Promise((resolve) => setTimeout(resolve, 200))
  globalThis.gc?.()
  return process.memoryUsage().heapUsed
}
const client = await openPincer(url, 'normalized, one reader')
client.onEvent(() => {})
const before = await heap()
const samples: { events: number; grownMb: number }[] = []
for (let step = 1; step <= 10; step++) {
  await client.request('bench.events', { runs: 100, eventsPerRun: 100 })
  if ([1, 5, 10].includes(step))
    samples.push({ events: step * 10_000, grownMb: ((await heap()) - before) / 1024 / 1024 })
}
process.send?.(samples)
await client.close()
