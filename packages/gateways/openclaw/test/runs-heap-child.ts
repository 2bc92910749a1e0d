import type { GatewayEvent } from '@pincer/protocol'
import { openclaw } from '../src/gateway/openclaw-gateway.ts'
import { OpenClaw } from '../src/openclaw.ts'
import type { ConnectionChange, OpenClawTransport } from '../src/transport/transport.ts'

// Run as a process of its own: ten thousand runs, one after the other, and what they leave behind; nothing is waited for at the end.
const listeners = new Set<(event: GatewayEvent) => void>()
const changes = new Set<(change: ConnectionChange) => void>()
let seq = 0
let started = ''

function emit(runId: string, stream: string, data: object): void {
  const payload = { runId, sessionKey: 'agent:main:x', stream, data, seq: ++seq, ts: Date.now() }
  for (const listener of listeners) listener({ event: 'agent', payload, seq })
}

function play(runId: string): void {
  emit(runId, 'lifecycle', { phase: 'start', startedAt: Date.now() })
  emit(runId, 'tool', { phase: 'start', toolCallId: `${runId}-1`, name: 'ls', args: { path: '/' } })
  emit(runId, 'tool', { phase: 'result', toolCallId: `${runId}-1`, name: 'ls', result: { content: [] } })
  for (const delta of ['Hel', 'lo']) emit(runId, 'assistant', { delta, itemId: 'm' })
  emit(runId, 'lifecycle', { phase: 'end', endedAt: Date.now() })
}

const transport: OpenClawTransport = {
  async request(method: string, params: unknown) {
    if (method === 'agent') {
      const { idempotencyKey } = params as { readonly idempotencyKey: string }
      started = idempotencyKey
      setImmediate(play, idempotencyKey)
      return { runId: idempotencyKey, status: 'accepted', acceptedAt: Date.now() }
    }
    if (method === 'agent.wait') return { runId: started, status: 'ok' }
    if (method === 'agents.list') return { defaultId: 'main', agents: [{ id: 'main' }] }
    return { messages: [], events: [], tasks: [], sessions: [] }
  },
  async *events() {},
  subscribe(listener) {
    listeners.add(listener)
    return () => listeners.delete(listener)
  },
  onConnection(listener) {
    changes.add(listener)
    listener({
      status: 'connected',
      hello: {
        bootId: 'b',
        version: '1',
        protocol: 4,
        scopes: [],
        defaultAgentId: 'main',
        mainSessionKey: 'agent:main:main',
        methods: [],
      },
    })
    return () => changes.delete(listener)
  },
}

const rejections: unknown[] = []
process.on('unhandledRejection', (reason) => rejections.push(reason))
const client = new OpenClaw({ transport })
const gateway = openclaw({ client })
const heaps: number[] = []
const seen: number[] = []

for (let round = 0; round < 5; round += 1) {
  for (let n = 0; n < 2000; n += 1) {
    const signal = new AbortController().signal
    const run = await gateway.agents.run({ agentId: 'main', input: 'x', sessionKey: 'agent:main:x', signal })
    // Some readers are left where they are, and some runs never looked at.
    const reader = run.events()[Symbol.asyncIterator]()
    if (n % 3 === 0) await reader.next()
    if (n % 3 === 1) void run.wait({ signal })
    await run.wait()
  }
  globalThis.gc?.()
  await new Promise((resolve) => setImmediate(resolve))
  globalThis.gc?.()
  heaps.push(process.memoryUsage().heapUsed)
  seen.push(listeners.size + changes.size)
}
await gateway.close()
await client.close()
const left = listeners.size + changes.size
const timers = process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length
console.log(JSON.stringify({ heaps, seen, left, timers, rejections: rejections.length }))
