import { AsyncLocalStorage } from 'node:async_hooks'

import type { Server } from '@modelcontextprotocol/sdk/server/index.js'
import type { CallToolResult, RequestId, Tool } from '@modelcontextprotocol/sdk/types.js'
import { PincerError } from '@pincer/protocol'

import type { CallAnswer, Caller } from './serve-call.ts'
import { describeTool, type ServedCatalog, type ServedTool } from './serve-catalog.ts'
import { version } from './serve-version.ts'

/** What an MCP server is made of. */
export interface McpParts {
  readonly name: string
  readonly catalog: ServedCatalog
  readonly call: Caller
  /** Told of faults that reach no client. */
  readonly report: (error: unknown, where: string) => void
}

/** The client that a server is for, where its transport knows more of it than the SDK tells. */
interface McpClient {
  /** Aborted where the client has gone before the request was answered. */
  gone(id: RequestId): AbortSignal | undefined
  /** Told of a request that gets no answer, because it was cancelled. */
  leave(id: RequestId): void
}

/** A server for one client. */
interface McpServer {
  readonly server: Server
  /** Resolves once no call of the client is under way. */
  readonly settled: () => Promise<void>
}

/** Makes the servers, one for each client. */
export type McpServers = (client?: McpClient) => McpServer

const longestId = 512
// Calls come from elsewhere: whatever run the server was started in is not theirs.
const outside = AsyncLocalStorage.snapshot()

/**
 * Loads the official SDK, and gives what makes its servers.
 *
 * @throws PincerError with code `invalid_option` where the SDK is not installed
 */
export async function loadMcpServers(parts: McpParts): Promise<McpServers> {
  const [sdk, schemas] = await loadSdk(() =>
    Promise.all([
      import('@modelcontextprotocol/sdk/server/index.js'),
      import('@modelcontextprotocol/sdk/types.js'),
    ]),
  )
  return (client) => {
    const underWay = new Set<Promise<CallAnswer>>()
    const server = new sdk.Server({ name: parts.name, version }, { capabilities: { tools: {} } })
    server.onerror = (error) => parts.report(error, 'serve')
    server.setRequestHandler(schemas.ListToolsRequestSchema, () => ({
      tools: [...parts.catalog.values()].map(describeMcpTool),
    }))
    server.setRequestHandler(schemas.CallToolRequestSchema, async ({ params }, { signal, requestId }) => {
      const gone = client?.gone(requestId)
      const wanted = {
        name: params.name,
        input: params.arguments,
        signal: gone === undefined ? signal : AbortSignal.any([signal, gone]),
        ...readPlace(params._meta),
      }
      const answering = outside(() => parts.call(wanted))
      underWay.add(answering)
      try {
        return toResult(await answering)
      } finally {
        underWay.delete(answering)
        if (signal.aborted) client?.leave(requestId)
      }
    })
    return {
      server,
      async settled() {
        await Promise.allSettled(underWay)
      },
    }
  }
}

/** Loads a part of the official SDK, which is installed only where tools are served by it. */
export async function loadSdk<Loaded>(load: () => Promise<Loaded>): Promise<Loaded> {
  try {
    return await load()
  } catch (cause) {
    if (Object(cause).code !== 'ERR_MODULE_NOT_FOUND') throw cause
    throw new PincerError(
      'invalid_option',
      'serveTools: an MCP server needs the package @modelcontextprotocol/sdk; install it',
      { cause },
    )
  }
}

// Hints that a gateway may give; the local gateway does. Whoever has the token may say what it likes here.
function readPlace(meta: unknown): {
  readonly toolCallId?: string
  readonly runId?: string
  readonly sessionKey?: string
} {
  const toolCallId = readId(meta, 'pincer/toolCallId')
  const runId = readId(meta, 'pincer/runId')
  const sessionKey = readId(meta, 'pincer/sessionKey')
  return {
    ...(toolCallId !== undefined && { toolCallId }),
    ...(runId !== undefined && { runId }),
    ...(sessionKey !== undefined && { sessionKey }),
  }
}

function readId(meta: unknown, field: string): string | undefined {
  const value: unknown = Object.hasOwn(Object(meta), field) ? Object(meta)[field] : undefined
  if (typeof value !== 'string' || value === '' || value.length > longestId) return undefined
  // oxlint-disable-next-line no-control-regex
  return /[\u0000-\u001f\u007f]/.test(value) || !value.isWellFormed() ? undefined : value
}

function describeMcpTool(served: ServedTool): Tool {
  const { name, tool, inputSchema, outputSchema } = served
  const { description } = describeTool(served)
  const { annotations, _meta } = tool.mcp ?? {}
  return {
    name,
    inputSchema,
    ...(description !== undefined && { description }),
    ...(tool.title !== undefined && { title: tool.title }),
    ...(outputSchema !== undefined && { outputSchema }),
    ...(annotations !== undefined && { annotations }),
    ...(_meta !== undefined && { _meta: { ..._meta } }),
  }
}

function toResult(answer: CallAnswer): CallToolResult {
  if (answer.status === 'error') return { isError: true, content: [{ type: 'text', text: answer.message }] }
  const { parts, structured } = answer.output
  return { content: [...parts], ...(structured !== undefined && { structuredContent: { ...structured } }) }
}
