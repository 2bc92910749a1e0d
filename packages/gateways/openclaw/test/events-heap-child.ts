import { createEventFeed } from '../src/events/create-event-feed.ts'
import { createSentConnection } from './events-connection.ts'
import { agentFrame } from './events-frames.ts'

// Tells 1,000 runs in 100,000 events several times, and what the heap held after each time.
const runs = 1000
const pieces = 98
const rounds = 4

const connection = createSentConnection()
const feed = createEventFeed(connection)
const heaps: number[] = []
for (let round = 0; round < rounds; round += 1) {
  for (let from = 0; from < runs; from += 20) tell(round, from)
  await new Promise((resolve) => setImmediate(resolve))
  globalThis.gc?.()
  heaps.push(process.memoryUsage().heapUsed)
}
process.stdout.write(JSON.stringify({ heaps, isCollected: globalThis.gc !== undefined }))
feed.close()

function tell(round: number, from: number): void {
  const runIds = Array.from({ length: 20 }, (_, index) => `run-${round}-${from + index}`)
  for (const [index, runId] of runIds.entries()) {
    if (index % 2 === 0) feed.follow({ runId })
    connection.send(agentFrame(runId, 'lifecycle', { phase: 'start', startedAt: 1 }))
  }
  let text = ''
  for (let index = 0; index < pieces; index += 1) {
    text += ` word ${index}`
    for (const runId of runIds)
      connection.send(
        // Every frame of a Gateway holds strings of its own.
        JSON.parse(
          JSON.stringify(agentFrame(runId, 'assistant', { text, delta: ` word ${index}`, itemId: 'm:1' })),
        ),
      )
  }
  for (const runId of runIds) connection.send(agentFrame(runId, 'lifecycle', { phase: 'end', endedAt: 2 }))
}
