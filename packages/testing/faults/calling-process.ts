// A program as a user would write it: calls a model through the wrapped client, and then ends in one way or another.
import { writeSync } from 'node:fs'
import { createClient } from '@pincer/core'
import { sqliteOutbox } from '@pincer/core/durable'
import { demoModelFetch, localGateway } from '@pincer/local-gateway'
import { wrapOpenAI } from '@pincer/openai'
import OpenAI from 'openai'
import type { CallingPlan, CallingReport } from './calling-plan.ts'

const plan = JSON.parse(process.argv[2] ?? '') as CallingPlan
let dropped = 0

const claw = createClient({
  gateway: localGateway({ url: plan.url, timeoutMs: 3000 }),
  recordDeltas: false,
  outbox: {
    requestTimeoutMs: 3000,
    ...(plan.outboxPath === undefined ? {} : { store: sqliteOutbox({ path: plan.outboxPath }) }),
  },
  onDrop: (drop) => (dropped += drop.count),
})
const openai = wrapOpenAI(
  new OpenAI({ apiKey: 'none', maxRetries: 0, fetch: (url, init) => demoModelFetch(new Request(url, init)) }),
  claw,
)

if (plan.hold !== undefined) {
  await makeCalls(0, plan.hold)
  await claw.flush({ timeoutMs: 20_000 })
  report('held', 0)
  await new Promise((resolve) => process.stdin.once('data', resolve))
  process.stdin.destroy()
}
const startedAt = performance.now()
await makeCalls(plan.hold ?? 0, plan.calls)
const callMs = performance.now() - startedAt
report('made', callMs)

if (plan.end === 'kill') process.kill(process.pid, 'SIGKILL')
if (plan.end === 'exit') process.on('exit', () => report('done', callMs))
else {
  // The next process after a crash makes no calls: what it delivers is what it took over.
  const { drained } = await claw.flush({ timeoutMs: 30_000 })
  await claw.close({ timeoutMs: drained ? 1000 : 1 })
  report('done', callMs)
}

async function makeCalls(from: number, to: number): Promise<void> {
  const width = 50
  for (let first = from; first < to; first += width) {
    const batch = Array.from({ length: Math.min(width, to - first) }, (_, at) => makeCall(first + at))
    await Promise.all(batch)
  }
}

async function makeCall(number: number): Promise<void> {
  const messages = [{ role: 'user' as const, content: `Say ${plan.name} call-${number}.` }]
  if (number % 4 !== 0) {
    await openai.chat.completions.create({ model: 'pincer-demo', messages })
    return
  }
  const stream = await openai.chat.completions.create({ model: 'pincer-demo', messages, stream: true })
  for await (const chunk of stream)
    if (chunk.choices.length === 0) throw new Error('a chunk nobody asked for')
}

// Written at once, whatever happens to the process after it.
function report(at: CallingReport['at'], ms: number): void {
  const { queued, delivered, rejected, retried } = claw.stats()
  const told: CallingReport = { at, queued, delivered, rejected, retried, dropped, callMs: ms }
  writeSync(1, `${JSON.stringify(told)}\n`)
}
