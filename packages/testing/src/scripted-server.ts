import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'

/** One request as the server got it. */
interface SeenRequest {
  readonly method: string
  readonly path: string
  readonly headers: IncomingMessage['headers']
  readonly body: Record<string, unknown>
}

/** Answers one request. */
export type ScriptedAnswer = (request: SeenRequest, response: ServerResponse) => void | Promise<void>

/** An HTTP server on the loopback whose answers the test decides chunk by chunk. */
export interface ScriptedServer {
  readonly url: string
  /** What has been asked so far. */
  readonly requests: SeenRequest[]
  /** Answers every request from now on. */
  answer(answer: ScriptedAnswer): void
  /** Answers the next requests one after the other; the last one stays. */
  answers(...answers: readonly ScriptedAnswer[]): void
  reset(): void
  /** Sockets that the client closed before the answer had ended. */
  readonly cut: () => number
  close(): Promise<void>
}

/**
 * Starts a server on a free port of the loopback; every answer carries the request id `req_test` under the given header.
 *
 * @example
 * const server = await startScriptedServer('request-id')
 * server.answers(jsonAnswer({ error: 'busy' }, 529), jsonAnswer({ text: 'Hello!' }))
 */
export async function startScriptedServer(requestIdHeader: string): Promise<ScriptedServer> {
  const requests: SeenRequest[] = []
  const sockets = new Set<Socket>()
  let cut = 0
  let next: ScriptedAnswer[] = []
  const server = createServer((request, response) => {
    void serve(request, response)
  })
  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const text = Buffer.concat(chunks).toString()
    const body = text.startsWith('{') ? (JSON.parse(text) as Record<string, unknown>) : { text }
    const seen = { method: request.method ?? '', path: request.url ?? '', headers: request.headers, body }
    requests.push(seen)
    response.setHeader(requestIdHeader, 'req_test')
    response.on('close', () => {
      if (!response.writableFinished) cut++
    })
    const answer = next.length > 1 ? next.shift() : next[0]
    if (answer === undefined) return void response.writeHead(500).end('nothing scripted')
    await answer(seen, response)
  }
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    answer: (answer) => void (next = [answer]),
    answers: (...answers) => void (next = [...answers]),
    reset() {
      requests.length = 0
      next = []
      cut = 0
    },
    cut: () => cut,
    async close() {
      for (const socket of sockets) socket.destroy()
      await new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
}

/** Answers with JSON. */
export function jsonAnswer(
  value: unknown,
  status = 200,
  headers: Readonly<Record<string, string>> = {},
): ScriptedAnswer {
  return (_request, response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers })
    response.end(JSON.stringify(value))
  }
}

/** Begins an answer of server-sent events. */
export function startEvents(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' })
}

/** Sends one server-sent event; its name is its `type`, where it has one. */
export function sendEvent(response: ServerResponse, event: unknown): void {
  const type = (event as { readonly type?: unknown }).type
  response.write(`${typeof type === 'string' ? `event: ${type}\n` : ''}data: ${JSON.stringify(event)}\n\n`)
}
