import { randomBytes } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'

import { checkOptionNames, describeValue, GatewayError, PincerError } from '@pincer/protocol'

import { createAccessCheck } from './serve-http-access.ts'
import { readBody } from './serve-http-body.ts'
import { HttpRefusal, sendRefusal } from './serve-http-refusal.ts'
import { createHttpSessions, type HttpSessions } from './serve-http-sessions.ts'
import { loadMcpServers, loadSdk, type McpParts } from './serve-mcp.ts'
import type { ListenOptions, McpEndpoint } from './serve-ports.ts'

const optionNames = ['port', 'host', 'token', 'allowedHosts', 'maxBodyBytes', 'maxSessions']
const path = '/mcp'
const maxConnections = 4096

/** Serves tools as an MCP server over streamable HTTP. */
export async function listenHttp(parts: McpParts, options: ListenOptions): Promise<McpEndpoint> {
  const settings = readOptions(options)
  const { host, token, port } = settings
  const [servers, { StreamableHTTPServerTransport }] = await Promise.all([
    loadMcpServers(parts),
    loadSdk(() => import('@modelcontextprotocol/sdk/server/streamableHttp.js')),
  ])
  const check = createAccessCheck(settings)
  const sessions = createHttpSessions(servers, StreamableHTTPServerTransport, settings.maxSessions)

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      check(request)
      const { method = '', url = '' } = request
      if (url.split('?')[0] !== path) throw new HttpRefusal(404, `path: the tools are served at ${path}`)
      if (!['GET', 'POST', 'DELETE'].includes(method))
        throw new HttpRefusal(405, 'method: expected GET, POST or DELETE')
      const body = method === 'POST' ? await readBody(request, settings.maxBodyBytes) : undefined
      await sessions.handle(request, response, body)
    } catch (error) {
      if (!(error instanceof HttpRefusal)) parts.report(error, 'serve')
      const refusal =
        error instanceof HttpRefusal ? error : new HttpRefusal(500, 'the server failed', -32_603)
      sendRefusal(response, refusal)
    }
  }

  const server = createServer(
    {
      // Bound the time a request may take to arrive, so that slow senders hold no connection.
      headersTimeout: 10_000,
      requestTimeout: 30_000,
      connectionsCheckingInterval: 5_000,
      keepAliveTimeout: 5_000,
      maxHeaderSize: 16_384,
    },
    (request, response) => void answer(request, response),
  )
  server.maxConnections = maxConnections
  const found = await start(server, port, host)
  return new HttpEndpoint(`http://${host.includes(':') ? `[${host}]` : host}:${found}${path}`, token, () =>
    stop(server, sessions),
  )
}

class HttpEndpoint implements McpEndpoint {
  readonly url: string
  readonly #token: string
  readonly #stop: () => Promise<void>
  #closing: Promise<void> | undefined

  constructor(url: string, token: string, stop: () => Promise<void>) {
    this.url = url
    this.#token = token
    this.#stop = stop
  }

  get token(): string {
    return this.#token
  }

  close(): Promise<void> {
    return (this.#closing ??= this.#stop())
  }
}

async function start(server: Server, port: number, host: string): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  server.once('error', reject)
  server.listen({ port, host }, resolve)
  try {
    await promise
  } catch (cause) {
    const code = String(Object(cause).code)
    const hint = code === 'EADDRINUSE' ? '; another program uses this port, choose another one or none' : ''
    throw new GatewayError(`cannot listen on ${host}:${port} (${code})${hint}`, { cause })
  }
  server.off('error', reject)
  const address = server.address()
  return typeof address === 'object' && address !== null ? address.port : port
}

async function stop(server: Server, sessions: HttpSessions): Promise<void> {
  const stopped = new Promise<void>((resolve) => server.close(() => resolve()))
  await sessions.close()
  server.closeAllConnections()
  await stopped
}

interface HttpSettings extends Required<ListenOptions> {}

function readOptions(options: ListenOptions): HttpSettings {
  checkOptionNames('listen()', options, optionNames)
  const { port = 0, host = '127.0.0.1', token = randomBytes(32).toString('base64url') } = options
  const { allowedHosts = [], maxBodyBytes = 4_194_304, maxSessions = 100 } = options
  if (!Number.isInteger(port) || port < 0 || port > 65_535) throw wrong('port', 'a port, or 0 for any', port)
  if (typeof host !== 'string' || host === '') throw wrong('host', 'an address such as 127.0.0.1', host)
  if (typeof token !== 'string' || !/^[\x21-\x7e]{16,1024}$/.test(token))
    // What was found is not told: it is a secret, or close to one.
    throw new PincerError(
      'invalid_option',
      'listen: token: expected 16 to 1024 visible ASCII characters without spaces; leave it out for one at random',
    )
  if (!Array.isArray(allowedHosts) || !allowedHosts.every((name) => typeof name === 'string'))
    throw wrong('allowedHosts', 'a list of host names', allowedHosts)
  for (const [name, value] of Object.entries({ maxBodyBytes, maxSessions }))
    if (!Number.isSafeInteger(value) || value < 1) throw wrong(name, 'a whole number above zero', value)
  return { port, host: host.replace(/^\[|\]$/g, ''), token, allowedHosts, maxBodyBytes, maxSessions }
}

function wrong(option: string, expected: string, found: unknown): PincerError {
  return new PincerError(
    'invalid_option',
    `listen: ${option}: expected ${expected}, found ${describeValue(found)}`,
  )
}
