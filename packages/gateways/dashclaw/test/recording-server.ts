import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** One request as it arrived. */
export interface Recorded {
  readonly method: string
  readonly path: string
  readonly query: Readonly<Record<string, string>>
  readonly headers: IncomingHttpHeaders
  /** The text of the body; empty where none was sent. */
  readonly text: string
  /** The parsed body; `undefined` where none was sent. */
  readonly body: Record<string, unknown> | undefined
}

/** What a server answers; `undefined` leaves the answer to the handler. */
export type Answer = {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body: unknown
} | void

/** A server on loopback that keeps what it was asked. */
export interface RecordingServer extends AsyncDisposable {
  readonly url: string
  readonly requests: Recorded[]
  /** Breaks every open connection. */
  dropConnections(): void
}

/** Answers one request: by what it returns, or by the response itself. */
export type Handler = (
  request: Recorded,
  response: ServerResponse,
  incoming: IncomingMessage,
) => Answer | Promise<Answer>

/** Starts a server that answers by `handler`; texts and bytes are sent as they are, everything else as JSON. */
export async function startServer(handler: Handler = () => ({ body: {} })): Promise<RecordingServer> {
  const requests: Recorded[] = []
  const answer = async (incoming: IncomingMessage, response: ServerResponse): Promise<void> => {
    const chunks: Buffer[] = []
    for await (const chunk of incoming) chunks.push(chunk as Buffer)
    const text = Buffer.concat(chunks).toString('utf8')
    const url = new URL(incoming.url ?? '/', 'http://loopback')
    const request: Recorded = {
      method: incoming.method ?? '',
      path: url.pathname,
      query: Object.fromEntries(url.searchParams),
      headers: incoming.headers,
      text,
      body: text === '' ? undefined : (JSON.parse(text) as Record<string, unknown>),
    }
    requests.push(request)
    const found = await handler(request, response, incoming)
    if (found === undefined) return
    const isPlain = typeof found.body === 'string' || found.body instanceof Uint8Array
    response.writeHead(found.status ?? 200, {
      'content-type': isPlain ? 'text/plain' : 'application/json',
      ...found.headers,
    })
    response.end(isPlain ? found.body : JSON.stringify(found.body))
  }
  const server = createServer((incoming, response) => {
    answer(incoming, response).catch(() => response.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    dropConnections: () => server.closeAllConnections(),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
