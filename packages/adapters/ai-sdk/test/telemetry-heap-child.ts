// Started by telemetry-heap.test.ts: streams that nobody reads to their end, then what the heap holds more than before.
import { createClient } from '@pincer/core'
import { createManualClock } from '@pincer/testing'
import { streamText } from 'ai'

import { pincerTelemetry } from '../src/telemetry.ts'
import { partsOf, say, ScriptedModel, streamOf } from './telemetry-model.ts'

const clock = createManualClock()
const claw = createClient({
  gateway: {
    name: 'takes all',
    events: { append: async (events) => events.map(({ id }) => ({ id, status: 'accepted' })) },
    close: () => Promise.resolve(),
  },
  clock,
})
const telemetry = { integrations: [pincerTelemetry(claw)] }
const endless = partsOf(say('One two three four five six')).slice(0, -1)
let mostOpen = 0

async function leave(count: number): Promise<void> {
  const aborts: AbortController[] = []
  for (let index = 0; index < count; index++) {
    const abort = new AbortController()
    const result = streamText({
      model: new ScriptedModel([streamOf(endless, true)]),
      prompt: 'hi',
      telemetry,
      abortSignal: abort.signal,
    })
    if (index % 3 === 0) for await (const _ of result.textStream) break
    if (index % 3 === 1) void result.consumeStream({ onError() {} })
    if (index % 3 === 1) aborts.push(abort)
  }
  await clock.advance(100)
  mostOpen = Math.max(mostOpen, claw.stats().open)
  for (const abort of aborts) abort.abort()
  await clock.advance(3_600_000)
  const flushed = claw.flush()
  await clock.advance(1_000)
  await flushed
}

async function heap(): Promise<number> {
  for (let round = 0; round < 3; round++) {
    await new Promise((resolve) => setTimeout(resolve, 20))
    globalThis.gc?.()
  }
  return process.memoryUsage().heapUsed
}

await leave(1_500)
const before = await heap()
await leave(3_000)
const { open, queued, dropped, lateEnds, delivered } = claw.stats()
const told = { grown: (await heap()) - before, mostOpen, open, queued, dropped, lateEnds, delivered }
process.stdout.write(JSON.stringify(told))
