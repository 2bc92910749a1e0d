import type { ServerResponse } from 'node:http'
import { type Handler, type RecordingServer, startServer } from './recording-server.ts'

/** A server whose `/api/stream` is written by the test. */
export interface StreamServer extends RecordingServer {
  /** The streams that are open now. */
  readonly streams: Set<ServerResponse>
  /** The `Last-Event-ID` of every connection so far. */
  readonly resumedFrom: (string | undefined)[]
  /** Writes to every open stream. */
  write(text: string): void
  /** Sends one event to every open stream. */
  send(type: string, data: unknown, id?: string): void
  /** Breaks every open stream. */
  breakStreams(): void
}

/** Starts a server that streams events, and answers everything else by `handler`. */
export async function startStreamServer(handler: Handler = () => ({ body: {} })): Promise<StreamServer> {
  const streams = new Set<ServerResponse>()
  const resumedFrom: (string | undefined)[] = []
  const server = await startServer((request, response, incoming) => {
    if (request.path !== '/api/stream') return handler(request, response, incoming)
    resumedFrom.push(request.headers['last-event-id'] as string | undefined)
    streams.add(response)
    response.on('close', () => streams.delete(response))
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.write(`event: connected\ndata: {"status":"connected","orgId":"org_1"}\n\n`)
    return undefined
  })
  const write = (text: string): void => {
    for (const stream of streams) stream.write(text)
  }
  return {
    ...server,
    streams,
    resumedFrom,
    write,
    send: (type, data, id) =>
      write(`${id === undefined ? '' : `id: ${id}\n`}event: ${type}\ndata: ${JSON.stringify(data)}\n\n`),
    breakStreams() {
      for (const stream of streams) stream.destroy()
    },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  }
}
