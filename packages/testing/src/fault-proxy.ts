import { once } from 'node:events'
import {
  createServer,
  type IncomingMessage,
  request as requestHttp,
  type Server,
  type ServerResponse,
} from 'node:http'
import type { AddressInfo } from 'node:net'

/** What a fault proxy does to what passes through it. */
export type Fault =
  /** Nothing: everything passes. */
  | { readonly kind: 'none' }
  /** Nothing listens: connections are refused. */
  | { readonly kind: 'down' }
  /** Connections are accepted and broken at once. */
  | { readonly kind: 'refuse' }
  /** Everything passes, `ms` milliseconds late. */
  | { readonly kind: 'slow'; readonly ms: number }
  /** Requests are taken and never answered. */
  | { readonly kind: 'hang' }
  /** Requests are answered with this status, and never passed on. */
  | { readonly kind: 'status'; readonly status: number; readonly retryAfter?: string }
  /** Requests are answered with 200 and this body, and never passed on. */
  | { readonly kind: 'garbage'; readonly body?: string }
  /** Half of the request is passed on, then both sides are cut. */
  | { readonly kind: 'cut-request' }
  /** The request is passed on, and its answer cut in the middle: done, but nobody knows. */
  | { readonly kind: 'cut-response' }

/** A proxy in front of a gateway that breaks things on purpose. */
export interface FaultProxy {
  /** Where it listens; the same for its whole life. */
  readonly url: string
  /** Requests that arrived so far, broken ones included. */
  readonly requests: number
  /** Changes what it does, for open connections too. */
  set(fault: Fault): Promise<void>
  /** Sends what passes to another address from now on. */
  retarget(url: string): void
  close(): Promise<void>
}

/** Starts a proxy on a free port of this machine, in front of the given address. */
export async function startFaultProxy(target: string): Promise<FaultProxy> {
  const proxy = { target: new URL(target), fault: { kind: 'none' } as Fault, requests: 0 }
  let server = createServer(onRequest)
  const { port } = await listen(server, 0)

  function onRequest(request: IncomingMessage, response: ServerResponse): void {
    proxy.requests++
    handle(request, response, proxy.fault, proxy.target).catch(() => request.socket.destroy())
  }

  return {
    url: `http://127.0.0.1:${port}`,
    get requests() {
      return proxy.requests
    },
    async set(fault) {
      const wasDown = proxy.fault.kind === 'down'
      proxy.fault = fault
      server.closeAllConnections()
      if (fault.kind === 'down' && !wasDown) await stop(server)
      if (fault.kind !== 'down' && wasDown) {
        server = createServer(onRequest)
        await listen(server, port)
      }
    },
    retarget(url) {
      proxy.target = new URL(url)
    },
    close: () => stop(server),
  }
}

async function handle(
  request: IncomingMessage,
  response: ServerResponse,
  fault: Fault,
  target: URL,
): Promise<void> {
  if (fault.kind === 'refuse') return void request.socket.resetAndDestroy()
  const body = await readBody(request)
  if (fault.kind === 'hang') return
  if (fault.kind === 'status') {
    const wait = fault.retryAfter === undefined ? {} : { 'retry-after': fault.retryAfter }
    return void response
      .writeHead(fault.status, { 'content-type': 'text/plain', ...wait })
      .end('broken on purpose')
  }
  if (fault.kind === 'garbage') {
    return void response
      .writeHead(200, { 'content-type': 'application/json' })
      .end(fault.body ?? '<html>not json</html>')
  }
  if (fault.kind === 'slow') await new Promise((resolve) => setTimeout(resolve, fault.ms))
  await pass(request, response, body, fault, target)
}

async function pass(
  request: IncomingMessage,
  response: ServerResponse,
  body: Buffer,
  fault: Fault,
  target: URL,
): Promise<void> {
  const { method = 'GET', url = '/', headers } = request
  const passed = requestHttp(new URL(url, target), {
    method,
    headers: { ...headers, host: target.host },
    agent: false,
  })
  // Whoever leaves takes the other side along.
  response.on('close', () => passed.destroy())
  if (fault.kind === 'cut-request') {
    passed.on('error', () => {})
    passed.write(body.subarray(0, body.length / 2), () => {
      passed.destroy()
      request.socket.destroy()
    })
    return
  }
  passed.end(body)
  const [answer] = (await once(passed, 'response')) as [IncomingMessage]
  response.writeHead(answer.statusCode ?? 502, answer.headers)
  if (fault.kind === 'cut-response') {
    const whole = await readBody(answer)
    response.write(whole.subarray(0, whole.length / 2), () => request.socket.destroy())
    return
  }
  answer.on('error', () => request.socket.destroy())
  answer.pipe(response)
}

async function readBody(message: IncomingMessage): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  for await (const chunk of message) chunks.push(chunk as Uint8Array)
  return Buffer.concat(chunks)
}

async function listen(server: Server, port: number): Promise<AddressInfo> {
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  return server.address() as AddressInfo
}

async function stop(server: Server): Promise<void> {
  if (!server.listening) return
  const closed = once(server, 'close')
  server.close()
  server.closeAllConnections()
  await closed
}
