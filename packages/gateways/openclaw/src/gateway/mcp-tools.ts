import { GatewayError, PincerError, type ToolDescription } from '@pincer/protocol'
import { convertError } from '../connection/convert-error.ts'
import { isRecord } from '../connection/wire-error.ts'
import type { Calls, Request } from './calls.ts'
import { createMcpSession, type McpSession } from './mcp-session.ts'
import { type McpToolResult, parseMcpResult, parseMcpTool } from './parse-mcp.ts'

/** The tools that the Gateway offers over MCP. */
export interface McpTools {
  /** The tools with their schemas. */
  list(): Promise<readonly ToolDescription[]>
  call(
    name: string,
    input: Readonly<Record<string, unknown>>,
    options: {
      readonly sessionKey: string | undefined
      readonly timeoutMs: number
      readonly signal: AbortSignal
    },
  ): Promise<McpToolResult>
  /** Gives every access back. */
  close(): Promise<void>
}

const maxSessions = 16
const maxPages = 100
// The code that the MCP client gives to a request whose time is over.
const requestTimeout = -32_001
// The session that is asked for the list; a key of a session is never empty.
const anySession = ''

export function createMcpTools(calls: Calls, request: Request): McpTools {
  const sessions = new Map<string, McpSession>()

  function sessionOf(sessionKey: string | undefined): McpSession {
    const key = sessionKey ?? anySession
    const session = sessions.get(key) ?? createMcpSession(calls, request, sessionKey)
    sessions.delete(key)
    sessions.set(key, session)
    if (sessions.size > maxSessions) {
      const oldest = sessions.entries().next()
      if (oldest.done !== true) {
        sessions.delete(oldest.value[0])
        void oldest.value[1].retire()
      }
    }
    return session
  }

  return {
    list: () =>
      sessionOf(undefined).use(async (client) => {
        const tools: ToolDescription[] = []
        let cursor: string | undefined
        for (let page = 0; page < maxPages; page++) {
          const answer = await client.listTools(cursor === undefined ? undefined : { cursor })
          for (const tool of answer.tools) tools.push(parseMcpTool(tool))
          cursor = answer.nextCursor
          if (cursor === undefined) break
        }
        return tools
      }),
    async call(name, input, { sessionKey, timeoutMs, signal }) {
      const { CallToolResultSchema } = await import('@modelcontextprotocol/sdk/types.js')
      try {
        return await sessionOf(sessionKey).use(async (client) =>
          parseMcpResult(
            // Not `callTool`, which throws away what a tool did whose answer is not the one it declared.
            await client.request(
              { method: 'tools/call', params: { name, arguments: { ...input } } },
              CallToolResultSchema,
              { timeout: timeoutMs, signal },
            ),
          ),
        )
      } catch (error) {
        signal.throwIfAborted()
        throw convertMcpError(error, timeoutMs)
      }
    },
    async close() {
      await Promise.all([...sessions.values()].map((session) => session.close()))
      sessions.clear()
    },
  }
}

/** The error of the MCP client as one of ours. */
function convertMcpError(error: unknown, timeoutMs: number): Error {
  if (PincerError.isInstance(error)) return error
  const isLate = isRecord(error) && error['code'] === requestTimeout
  if (!isLate) return convertError(error, 'tools/call')
  return new GatewayError(
    `tools/call: the tool did not answer within ${timeoutMs} ms; it may have been carried out, or raise \`toolTimeoutMs\``,
    { status: 504, gatewayCode: 'CLIENT_TIMEOUT', retryable: true, cause: error },
  )
}
