import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js'
import {
  StreamableHTTPClientTransport,
  StreamableHTTPError,
} from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js'
import type { Tool } from '@modelcontextprotocol/sdk/types.js'
import { GatewayError, type JsonObject } from '@pincer/protocol'
import { convertMcpResult, convertMcpTool } from './convert-mcp.ts'
import type { McpServerConfig } from './mcp-config.ts'
import type { ToolContext } from './registered-tool.ts'
import type { LocalTool } from './tool-registry.ts'

/** One MCP server: connects in the background once it is started, connects again when it is lost, and never troubles the others. */
export interface McpServer {
  readonly name: string
  /** Begins to connect; resolves once the first attempt ended, well or not. */
  start(): Promise<void>
  /** The tools it named last, also while it is being reconnected. */
  tools(): readonly LocalTool[]
  close(): Promise<void>
}

const connectTimeoutMs = 10_000
const callTimeoutMs = 120_000
const firstRetryMs = 500
const longestRetryMs = 30_000
const maxTools = 1000
const maxPages = 100

/** Opens an MCP server of the configuration. */
export function createMcpServer(config: McpServerConfig): McpServer {
  let tools: readonly LocalTool[] = []
  let client: Promise<Client> | undefined
  let retry: NodeJS.Timeout | undefined
  let retryMs = firstRetryMs
  let closed = false

  // One connection for everybody who asks meanwhile.
  function connect(): Promise<Client> {
    clearTimeout(retry)
    if (client !== undefined) return client
    const opening = open()
    client = opening
    opening.catch(() => lose(opening))
    return opening
  }

  async function open(): Promise<Client> {
    const opened = new Client(
      { name: 'pincer-local-gateway', version: '1' },
      {
        listChanged: {
          tools: { autoRefresh: false, onChanged: () => void listTools(opened).then(keepTools, () => {}) },
        },
      },
    )
    try {
      await opened.connect(openTransport(config), { timeout: connectTimeoutMs })
      keepTools(await listTools(opened))
    } catch (error) {
      await opened.close().catch(() => {})
      throw error
    }
    const connection = client
    opened.onclose = () => lose(connection)
    retryMs = firstRetryMs
    return opened
  }

  function lose(lost: Promise<Client> | undefined): void {
    if (client !== lost || lost === undefined) return
    client = undefined
    if (closed) return
    // Half of the delay is drawn, so that many gateways do not come back at one moment.
    const delayMs = retryMs * (0.5 + Math.random() / 2)
    retryMs = Math.min(retryMs * 2, longestRetryMs)
    retry = setTimeout(() => void connect().catch(() => {}), delayMs).unref()
  }

  async function drop(lost: Promise<Client>): Promise<void> {
    lose(lost)
    await lost.then((connection) => connection.close()).catch(() => {})
  }

  function keepTools(found: readonly Tool[]): void {
    tools = found.map((tool) =>
      convertMcpTool(config, tool, (input, context) => call(tool.name, input, context)),
    )
  }

  async function call(tool: string, input: JsonObject, context: ToolContext): Promise<unknown> {
    const first = await reach()
    try {
      return await ask(first)
    } catch (error) {
      // What was refused before it reached the server may be sent again without doing it twice.
      if (!wasNotTaken(error) || context.signal.aborted) throw error
      await drop(first.connection)
      return await ask(await reach())
    }

    async function ask({ opened }: Awaited<ReturnType<typeof reach>>): Promise<unknown> {
      const result = await opened.callTool(
        { name: tool, arguments: { ...input }, _meta: describePlace(context) },
        undefined,
        { signal: context.signal, timeout: config.timeoutMs ?? callTimeoutMs },
      )
      return convertMcpResult(result)
    }
  }

  async function reach(): Promise<{ readonly opened: Client; readonly connection: Promise<Client> }> {
    const connection = connect()
    try {
      return { opened: await connection, connection }
    } catch (cause) {
      throw new GatewayError(`the MCP server "${config.name}" cannot be reached; is it running?`, {
        status: 503,
        gatewayCode: 'tool_server_unavailable',
        retryable: true,
        cause,
      })
    }
  }

  let first: Promise<void> | undefined
  return {
    name: config.name,
    start: () =>
      (first ??= connect().then(
        () => {},
        () => {},
      )),
    tools: () => tools,
    close: async () => {
      closed = true
      clearTimeout(retry)
      await client?.then((opened) => opened.close()).catch(() => {})
    },
  }
}

function openTransport(config: McpServerConfig): Transport {
  if ('command' in config) {
    const { command, args = [], env, cwd } = config
    return new StdioClientTransport({
      command,
      args: [...args],
      // A library writes nothing on its host's terminal.
      stderr: 'ignore',
      ...(env === undefined ? {} : { env: { ...env } }),
      ...(cwd === undefined ? {} : { cwd }),
    })
  }
  const transport = new StreamableHTTPClientTransport(new URL(config.url), {
    requestInit: { headers: { ...config.headers } },
  })
  return transport
}

// A server that keeps a record can put the call below the run that makes it; others ignore it.
function describePlace({ toolCallId, runId }: ToolContext): Record<string, string> {
  return { 'pincer/toolCallId': toolCallId, ...(runId === undefined ? {} : { 'pincer/runId': runId }) }
}

async function listTools(client: Client): Promise<readonly Tool[]> {
  const found: Tool[] = []
  let cursor: string | undefined
  // A server that never stops, or takes its time for each page, must not hold everybody up.
  const signal = AbortSignal.timeout(connectTimeoutMs)
  for (let pages = 0; pages < maxPages && found.length < maxTools; pages++) {
    const page = await client.listTools(cursor === undefined ? undefined : { cursor }, { signal })
    found.push(...page.tools)
    cursor = page.nextCursor
    if (cursor === undefined) break
  }
  return found.slice(0, maxTools)
}

// The server's session is gone, the connection was closed before, or nobody listens there: the call was not taken.
function wasNotTaken(error: unknown): boolean {
  if (error instanceof StreamableHTTPError) return error.code === 404
  if (!(error instanceof Error)) return false
  if (error.message === 'Not connected') return true
  const cause = error.cause
  return typeof cause === 'object' && cause !== null && 'code' in cause && cause.code === 'ECONNREFUSED'
}
