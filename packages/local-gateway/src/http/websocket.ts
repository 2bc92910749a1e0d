import { type IncomingMessage, type Server, STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'
import { type WebSocket, WebSocketServer } from 'ws'
import { convertError } from './convert-error.ts'
import { maxBodyBytes } from './json-body.ts'
import { HttpProblem } from './problem.ts'
import type { AccessCheck } from './security.ts'
import { type ConnectionParts, openConnection } from './websocket-connection.ts'

/** Where the WebSocket is. */
const path = '/v1/ws'

/** What a client may name as its subprotocol. */
const protocol = 'pincer.v1'

/** Browsers cannot send headers with a WebSocket: the token may come as a second subprotocol, in base64url. */
const tokenPrefix = 'pincer.bearer.'

/** What the WebSocket side needs. */
export interface WebSocketParts extends ConnectionParts {
  readonly check: AccessCheck
}

/** Serves protocol frames over WebSockets at `/v1/ws`, behind the same checks as every request. */
export function serveWebSocket(server: Server, { check, ...parts }: WebSocketParts): { close(): void } {
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: maxBodyBytes,
    perMessageDeflate: false,
    handleProtocols: (offered) => (offered.has(protocol) ? protocol : false),
  })

  server.on('upgrade', (request, socket, head) => {
    // Without a listener, a client that resets the connection here would end the process.
    socket.on('error', () => socket.destroy())
    let leave: (() => void) | undefined
    try {
      judge(request, check)
      const left = parts.gate.enter()
      leave = left
      sockets.handleUpgrade(request, socket, head, (webSocket) => accept(webSocket, left))
      socket.once('close', left)
    } catch (error) {
      leave?.()
      refuse(socket, convertError(error))
    }
  })

  function accept(webSocket: WebSocket, left: () => void): void {
    webSocket.once('close', left)
    openConnection(webSocket, parts)
  }

  return {
    close() {
      for (const webSocket of sockets.clients) {
        webSocket.close(1001, 'the gateway is closing')
        setTimeout(() => webSocket.terminate(), 1_000).unref()
      }
      sockets.close()
    },
  }
}

function judge(request: IncomingMessage, check: AccessCheck): void {
  const target = request.url ?? '/'
  // Such as `//`, which names no host.
  const pathname = URL.canParse(target, 'http://localhost')
    ? new URL(target, 'http://localhost').pathname
    : ''
  const problem = check({
    method: 'GET',
    path: pathname,
    header: (name) => {
      const value = request.headers[name]
      return Array.isArray(value) ? value[0] : value
    },
    token: readToken(request.headers['sec-websocket-protocol']),
  })
  if (problem !== undefined) throw problem
  if (pathname !== path) {
    throw new HttpProblem(404, 'not_found', 'there is no WebSocket on this path', {
      next: `connect to ${path}`,
    })
  }
}

function readToken(offered: string | undefined): string | undefined {
  const entry = offered?.split(',').find((one) => one.trim().startsWith(tokenPrefix))
  return entry === undefined
    ? undefined
    : Buffer.from(entry.trim().slice(tokenPrefix.length), 'base64url').toString()
}

function refuse(socket: Duplex, problem: HttpProblem): void {
  const body = JSON.stringify(problem.toBody())
  // No clock of the server counts for this socket any more: who does not hang up would hold it for ever.
  socket.once('finish', () => socket.destroy())
  socket.end(
    `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status] ?? 'Error'}\r\nConnection: close\r\n` +
      `Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  )
}
