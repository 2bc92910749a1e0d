import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type ClawEvent, parseEvent } from '@pincer/protocol'

/** A real server on loopback that takes events, as a gateway does. */
export interface HttpSink {
  readonly url: string
  /** Every event it kept, each once. */
  readonly events: ClawEvent[]
  /** How often each event came. */
  readonly arrivals: Map<string, number>
  requests: number
  /** What it does with a request: take it, refuse it, or never answer. */
  mode: 'up' | 'down' | 'hang'
  close(): Promise<void>
}

/** Starts the server. */
export async function startHttpSink(mode: HttpSink['mode'] = 'up'): Promise<HttpSink> {
  const events: ClawEvent[] = []
  const arrivals = new Map<string, number>()
  const take = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    sink.requests++
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    if (sink.mode === 'hang') return
    if (sink.mode === 'down') {
      response.writeHead(503).end()
      return
    }
    const sent = JSON.parse(Buffer.concat(chunks).toString()) as unknown[]
    const verdicts = sent.map((value) => {
      const event = parseEvent(value)
      const seen = arrivals.get(event.id) ?? 0
      arrivals.set(event.id, seen + 1)
      if (seen === 0) events.push(event)
      return { id: event.id, status: seen === 0 ? 'accepted' : 'duplicate' }
    })
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(verdicts))
  }
  const server = createServer((request, response) => {
    take(request, response).catch(() => response.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const sink: HttpSink = {
    url: `http://127.0.0.1:${port}/`,
    events,
    arrivals,
    requests: 0,
    mode,
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
  return sink
}
