import { Agent, type ClientRequest, type IncomingMessage, request as requestHttp } from 'node:http'
import { Agent as SecureAgent, request as requestHttps } from 'node:https'
import type { Socket } from 'node:net'
import type { Http, HttpAnswer, HttpRequest } from './client/http.ts'

// A connection that is still being made keeps the process alive whatever is said about it, so that it has to be short.
const backgroundConnectMs = 3000

/** HTTP by Node's own client: a background request never keeps the process alive. */
export function openHttp(): Http {
  const agent = new Agent({ keepAlive: true })
  const secureAgent = new SecureAgent({ keepAlive: true })

  function begin(request: HttpRequest): ClientRequest {
    const { method, headers, signal, url } = request
    // What must not be sent twice gets a connection of its own: no guessing whether an idle one was still good.
    if (url.protocol === 'https:') {
      return requestHttps(url, { method, headers, signal, agent: request.once ? false : secureAgent })
    }
    return requestHttp(url, { method, headers, signal, agent: request.once ? false : agent })
  }

  function sendOnce(request: HttpRequest): Promise<HttpAnswer> {
    return new Promise((resolve, reject) => {
      const sent = begin(request)
      sent.on('socket', guard)
      sent.on('response', (response) => resolve(answerOf(response)))
      sent.on('error', (error) =>
        reject(isStale(sent, error) && !request.once ? new StaleConnectionError() : error),
      )
      if (request.background) letGo(sent)
      sent.end(request.body)
    })
  }

  return {
    async send(request) {
      try {
        return await sendOnce(request)
      } catch (error) {
        // The server had closed an idle connection just as we took it: not an error of the gateway.
        if (!(error instanceof StaleConnectionError)) throw error
        return await sendOnce({ ...request, once: true })
      }
    },
    close() {
      agent.destroy()
      secureAgent.destroy()
    },
  }
}

const guarded = new WeakSet<Socket>()

// Node lets go of a socket's errors a moment before the agent takes them; a request that is aborted just then would end the process.
function guard(socket: Socket): void {
  if (guarded.has(socket)) return
  guarded.add(socket)
  socket.on('error', () => {})
}

class StaleConnectionError extends Error {}

function isStale(sent: ClientRequest, error: Error): boolean {
  const code = 'code' in error ? error.code : undefined
  return sent.reusedSocket && (code === 'ECONNRESET' || code === 'EPIPE')
}

function letGo(sent: ClientRequest): void {
  sent.on('socket', (socket) => {
    socket.unref()
    if (!socket.connecting) return
    const timer = setTimeout(
      () => sent.destroy(new Error('the connection took too long')),
      backgroundConnectMs,
    ).unref()
    socket.once('connect', () => clearTimeout(timer))
    socket.once('close', () => clearTimeout(timer))
  })
}

function answerOf(response: IncomingMessage): HttpAnswer {
  return {
    status: response.statusCode ?? 0,
    header(name) {
      const value = response.headers[name]
      return Array.isArray(value) ? value.join(', ') : value
    },
    chunks: () => response,
  }
}
