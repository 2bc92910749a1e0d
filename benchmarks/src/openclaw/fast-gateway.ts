import { type WebSocket, WebSocketServer } from 'ws'

// Started by gateway-process.ts: speaks as much of the OpenClaw wire as the measurements need, as fast as it can.
const hello = {
  type: 'hello-ok',
  protocol: 4,
  server: { version: '2026.9.6', buildId: 'benchmark', bootId: 'benchmark', connId: 'benchmark' },
  features: { methods: ['health', 'agent'], events: ['agent'], capabilities: [] },
  snapshot: {
    presence: [],
    health: {},
    stateVersion: { presence: 0, health: 0 },
    uptimeMs: 1,
    sessionDefaults: {
      defaultAgentId: 'main',
      mainKey: 'main',
      mainSessionKey: 'agent:main:main',
      scope: 'per-sender',
    },
  },
  auth: { role: 'operator', scopes: ['operator.read', 'operator.write', 'operator.admin'], method: 'token' },
  policy: { maxPayload: 26_214_400, maxBufferedBytes: 52_428_800, tickIntervalMs: 30_000 },
}
const health = { ok: true, ts: 1_760_000_000_000, durationMs: 3, channels: {}, agents: [{ agentId: 'main' }] }

interface Request {
  readonly id: string
  readonly method: string
  readonly params?: { readonly runs?: number; readonly eventsPerRun?: number }
}

const server = new WebSocketServer({ host: '127.0.0.1', port: 0 })
server.on('listening', () => process.send?.(server.address()))
server.on('connection', (socket) => {
  const state = { seq: 0 }
  const send = (frame: unknown): void => socket.send(JSON.stringify(frame))
  send({ type: 'event', event: 'connect.challenge', payload: { nonce: 'benchmark', ts: 1 } })
  socket.on('message', (data: Buffer) => {
    const request = JSON.parse(data.toString()) as Request
    const answer = (payload: unknown): void => send({ type: 'res', id: request.id, ok: true, payload })
    if (request.method === 'connect') answer(hello)
    else if (request.method === 'bench.events') {
      const { runs = 1, eventsPerRun = 1 } = request.params ?? {}
      void sendRuns(socket, state, runs, eventsPerRun).then(() => answer({ sent: runs * eventsPerRun }))
    } else answer(health)
  })
})

let burst = 0

/** Sends the events of runs as the Gateway does: a start, deltas, an end, and the runs mixed by tens. */
async function sendRuns(
  socket: WebSocket,
  state: { seq: number },
  runs: number,
  eventsPerRun: number,
): Promise<void> {
  burst += 1
  for (let first = 0; first < runs; first += 10) {
    for (let index = 0; index < eventsPerRun; index++) {
      for (let run = first; run < Math.min(first + 10, runs); run++) {
        state.seq += 1
        socket.send(
          JSON.stringify(eventFrame(`run-${burst}-${run}`, index, index === eventsPerRun - 1, state.seq)),
        )
      }
    }
    // What the socket cannot take yet must not grow here.
    while (socket.bufferedAmount > 4_000_000) await new Promise((resolve) => setImmediate(resolve))
  }
}

function eventFrame(runId: string, index: number, last: boolean, seq: number): unknown {
  const sessionKey = `agent:main:${runId}`
  const stream = index === 0 || last ? 'lifecycle' : 'assistant'
  const delta = `word${index} `
  const data =
    index === 0
      ? { phase: 'start', startedAt: 1_760_000_000_000 }
      : last
        ? { phase: 'end', startedAt: 1_760_000_000_000, endedAt: 1_760_000_001_000, stopReason: 'stop' }
        : { text: `${'the text so far '.repeat(4)}${delta}`, delta, itemId: `${runId}:1` }
  const payload = {
    runId,
    sessionKey,
    sessionId: 'benchmark',
    agentId: 'main',
    stream,
    data,
    seq: index + 1,
    ts: 1_760_000_000_000,
  }
  return { type: 'event', event: 'agent', payload, seq }
}
