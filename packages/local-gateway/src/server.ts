import { createServer, type Server } from 'node:http'
import { GatewayError } from '@pincer/protocol'
import { getRequestListener } from '@hono/node-server'
import { answerUnreadable, createApi, createApp } from './http/app.ts'
import { assertSafeHost, createAccessCheck } from './http/security.ts'
import { createSubscriberGate } from './http/subscriber-gate.ts'
import { serveWebSocket } from './http/websocket.ts'
import { prepareClose } from './close-server.ts'
import { defaultPort, type LocalGatewayOptions } from './options.ts'
import type { RunningGateway } from './running-gateway.ts'
import { createService } from './service.ts'

/** Opens the service and listens; {@link startLocalGateway} is the light front of it. */
export async function startServer(options: LocalGatewayOptions): Promise<RunningGateway> {
  const host = options.host ?? '127.0.0.1'
  const rules = { ...options, host }
  assertSafeHost(rules)
  const gateway = await createService(options)
  try {
    const check = createAccessCheck(rules)
    const subscribers = createSubscriberGate(options.limits ?? {})
    const api = createApi(gateway, subscribers)
    const app = createApp(api, check)
    const answer = getRequestListener(app.fetch, {
      overrideGlobalObjects: false,
      errorHandler: answerUnreadable,
    })
    const server = createServer(
      {
        // Bound the time a request may take to arrive, so that slow senders hold no connection.
        headersTimeout: 10_000,
        requestTimeout: 30_000,
        connectionsCheckingInterval: 5_000,
        keepAliveTimeout: 5_000,
        maxHeaderSize: 16_384,
      },
      (incoming, outgoing) => void answer(incoming, outgoing),
    )
    server.maxConnections = 1_000
    const closeServer = prepareClose(server)
    const webSocket = serveWebSocket(server, {
      eventLog: gateway.eventLog,
      answer: (request) => api.fetch(request),
      gate: subscribers,
      check,
    })
    const port = await listen(server, options.port ?? defaultPort, host)
    let closed: Promise<void> | undefined
    const stop = async (): Promise<void> => {
      const finished = closeServer()
      webSocket.close()
      await gateway.drain()
      await finished
      await gateway.close()
    }
    return {
      url: `http://${host.includes(':') ? `[${host.replace(/^\[|\]$/g, '')}]` : host}:${port}`,
      port,
      gateway,
      close: () => (closed ??= stop()),
    }
  } catch (error) {
    await gateway.close()
    throw error
  }
}

async function listen(server: Server, port: number, host: string): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  server.once('error', reject)
  server.listen({ port, host: host.replace(/^\[|\]$/g, '') }, resolve)
  try {
    await promise
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown'
    const hint = code === 'EADDRINUSE' ? '; another program uses this port, choose another one or 0' : ''
    throw new GatewayError(`cannot listen on ${host}:${port} (${code})${hint}`, { cause })
  }
  server.off('error', reject)
  const address = server.address()
  return typeof address === 'object' && address !== null ? address.port : port
}
