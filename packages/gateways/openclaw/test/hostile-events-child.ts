import { createEventFeed } from '../src/events/create-event-feed.ts'
import { createSentConnection } from './events-connection.ts'
import { agentFrame } from './events-frames.ts'

// Run as a process of its own: what a hundred thousand of a kind leave behind, in bytes of heap.
const count = 100_000
const connection = createSentConnection()
const feed = createEventFeed(connection)
feed.follow({ runId: 'kept' })
connection.send(agentFrame('kept', 'lifecycle', { phase: 'start', startedAt: 1 }))
const unread = feed.events()
void unread[Symbol.asyncIterator]()

const kinds: Readonly<Record<string, (n: number) => void>> = {
  runs: (n) => connection.send(agentFrame(`run-${n}`, 'lifecycle', { phase: 'start', startedAt: n })),
  tools: (n) =>
    connection.send(
      agentFrame('kept', 'tool', { phase: 'start', toolCallId: `t-${n}`, name: 'x', args: {} }),
    ),
  approvals: (n) => {
    const payload = { id: `approval-${n}`, request: { runId: 'kept', toolName: 'x' }, createdAtMs: n }
    connection.send({ event: 'plugin.approval.requested', payload })
  },
  questions: (n) =>
    connection.send({ event: 'question.requested', payload: { id: `q-${n}`, runId: 'kept' } }),
  injected: (n) => {
    const message = { content: 'x', role: 'assistant' }
    connection.send({ event: 'chat', payload: { runId: `inject-${n}`, state: 'final', message } })
  },
}
const grown: Record<string, number> = {}
for (const [kind, send] of Object.entries(kinds)) {
  globalThis.gc?.()
  const before = process.memoryUsage().heapUsed
  for (let n = 0; n < count; n += 1) send(n)
  globalThis.gc?.()
  grown[kind] = process.memoryUsage().heapUsed - before
}
feed.close()
console.log(JSON.stringify(grown))
