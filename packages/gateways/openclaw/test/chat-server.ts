import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'

type Fields = Readonly<Record<string, unknown>>

/** One request for a turn, and ways to answer it. */
interface ChatServerTurn {
  readonly runId: string
  readonly headers: IncomingMessage['headers']
  readonly body: Fields
  send(choice: Fields): void
  write(text: string): void
  end(): void
  refuse(status: number, body: unknown): void
  isBroken(): boolean
}

/** The HTTP side of a scripted Gateway. */
export interface ChatServer {
  readonly url: string
  readonly turns: readonly ChatServerTurn[]
  answer: (turn: ChatServerTurn) => void | Promise<void>
  close: () => Promise<void>
}

/** Chat completions as the Gateway streams them. */
export async function startChatServer(tls?: {
  readonly cert: string
  readonly key: string
}): Promise<ChatServer> {
  const turns: ChatServerTurn[] = []
  const listen = (request: IncomingMessage, response: ServerResponse): void => void serve(request, response)
  const http = tls === undefined ? createServer(listen) : createTlsServer(tls, listen)
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
  const { port } = http.address() as AddressInfo

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let text = ''
    for await (const chunk of request) text += String(chunk)
    const runId = `chatcmpl_${turns.length}`
    const write = (data: string): void => {
      if (!response.headersSent) response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.write(data)
    }
    const turn: ChatServerTurn = {
      runId,
      headers: request.headers,
      body: JSON.parse(text) as Fields,
      send: (choice) =>
        write(
          `data: ${JSON.stringify({ id: runId, choices: [{ index: 0, finish_reason: null, ...choice }] })}\n\n`,
        ),
      write(data) {
        write(data)
        response.end()
      },
      end() {
        write('data: [DONE]\n\n')
        response.end()
      },
      refuse(status, body) {
        response.writeHead(status)
        response.end(typeof body === 'string' ? body : JSON.stringify(body))
      },
      isBroken: () => response.destroyed && !response.writableFinished,
    }
    turns.push(turn)
    await started.answer(turn)
  }

  const started = {
    url: `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}`,
    turns,
    answer: (turn: ChatServerTurn): void | Promise<void> => {
      turn.send({ delta: { content: 'ok' }, finish_reason: 'stop' })
      turn.end()
    },
    async close() {
      http.closeAllConnections()
      if (http.listening) await new Promise((resolve) => http.close(resolve))
    },
  }
  return started
}
