import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'

import type { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js'
import type { RequestId } from '@modelcontextprotocol/sdk/types.js'

import { HttpRefusal } from './serve-http-refusal.ts'
import type { McpServers } from './serve-mcp.ts'

/** The clients of an endpoint, each with a session of its own. */
export interface HttpSessions {
  /** @throws HttpRefusal where the request belongs to no session, or where there are too many. */
  handle(request: IncomingMessage, response: ServerResponse, body: unknown): Promise<void>
  close(): Promise<void>
}

interface Session {
  readonly transport: StreamableHTTPServerTransport
  readonly settled: () => Promise<void>
  /** Aborted where the client goes away before its call is answered. */
  readonly calls: Map<RequestId, AbortController>
  /** Responses that are not finished. */
  open: number
  usedAt: number
}

const idleMs = 1_800_000
const sweepMs = 60_000

/** Makes the sessions of an endpoint: at most `maxSessions`; those that nobody has used for half an hour are closed. */
export function createHttpSessions(
  servers: McpServers,
  Transport: typeof StreamableHTTPServerTransport,
  maxSessions: number,
): HttpSessions {
  const sessions = new Map<string, Session>()
  let opening = 0

  const sweeping = setInterval(() => {
    const now = performance.now()
    for (const session of sessions.values())
      if (session.open === 0 && now - session.usedAt > idleMs) void session.transport.close()
  }, sweepMs).unref()

  function makeRoom(): void {
    if (sessions.size + opening < maxSessions) return
    const [oldest] = [...sessions]
      .filter(([, { open }]) => open === 0)
      .toSorted(([, left], [, right]) => left.usedAt - right.usedAt)
    if (oldest === undefined)
      throw new HttpRefusal(503, `${maxSessions} clients are connected already; try again later`)
    const [id, { transport }] = oldest
    sessions.delete(id)
    void transport.close()
  }

  async function open(): Promise<Session> {
    makeRoom()
    opening++
    const calls = new Map<RequestId, AbortController>()
    const transport = new Transport({
      sessionIdGenerator: randomUUID,
      onsessioninitialized: (id) => {
        opening--
        sessions.set(id, session)
      },
    })
    const { server, settled } = servers({
      gone: (id) => calls.get(id)?.signal,
      // The SDK would keep the stream of its answer open.
      leave: (id) => transport.closeSSEStream(id),
    })
    const session: Session = { transport, settled, calls, open: 0, usedAt: performance.now() }
    server.onclose = () => {
      const { sessionId } = transport
      if (sessionId !== undefined) sessions.delete(sessionId)
    }
    // The class allows `undefined` for what the interface leaves out.
    await server.connect(transport as Parameters<typeof server.connect>[0])
    return session
  }

  async function find(request: IncomingMessage, body: unknown): Promise<Session> {
    const id = request.headers['mcp-session-id']
    if (id !== undefined) {
      const known = typeof id === 'string' ? sessions.get(id) : undefined
      if (known !== undefined) return known
      throw new HttpRefusal(404, 'header mcp-session-id: no such session; initialize a new one', -32_001)
    }
    if (Object(body).method === 'initialize') return open()
    throw new HttpRefusal(400, 'header mcp-session-id: expected the id that `initialize` answered with')
  }

  return {
    async handle(request, response, body) {
      const session = await find(request, body)
      const { transport, calls } = session
      const ids = readCallIds(body)
      for (const id of ids) calls.set(id, new AbortController())
      session.open++
      response.once('close', () => {
        session.open--
        session.usedAt = performance.now()
        for (const id of ids) {
          // Nobody is there to take the answer.
          if (!response.writableFinished) calls.get(id)?.abort(new Error('the client went away'))
          calls.delete(id)
        }
        // What did not become a session is let go of at once.
        if (transport.sessionId !== undefined) return
        opening--
        void transport.close()
      })
      await transport.handleRequest(request, response, body)
    },
    async close() {
      clearInterval(sweeping)
      const closing = [...sessions.values()].map(async ({ transport, settled }) => {
        await transport.close()
        await settled()
      })
      await Promise.all(closing)
    },
  }
}

function readCallIds(body: unknown): readonly RequestId[] {
  const messages: readonly unknown[] = Array.isArray(body) ? body : [body]
  return messages.flatMap((message) => {
    const { method, id }: { readonly method?: unknown; readonly id?: unknown } = Object(message)
    return method === 'tools/call' && (typeof id === 'string' || typeof id === 'number') ? [id] : []
  })
}
