import type { Risk } from '@pincer/protocol'

/**
 * An MCP server whose tools this gateway offers as `<name>.<tool>`.
 *
 * With each call it is told the ids of the call and its run, as `pincer/toolCallId` and `pincer/runId` in `_meta`.
 *
 * @example
 * const files: McpServerConfig = { name: 'files', command: 'npx', args: ['-y', '@modelcontextprotocol/server-filesystem', '.'] }
 */
export type McpServerConfig = McpProcessConfig | McpHttpConfig

interface McpServerBase {
  /** Letters, digits, dash and underscore, at most 50; stands before the dot in the names of its tools. */
  readonly name: string
  /** Risk of all its tools; by default `high` for those that call themselves destructive, and none for the others. */
  readonly risk?: Risk | undefined
  /** Longest call of a tool in milliseconds; 120,000. */
  readonly timeoutMs?: number | undefined
}

/** An MCP server that the gateway starts and speaks to by stdin and stdout. */
export interface McpProcessConfig extends McpServerBase {
  readonly command: string
  readonly args?: readonly string[] | undefined
  /** Added to a small safe part of this process's environment. */
  readonly env?: Readonly<Record<string, string>> | undefined
  readonly cwd?: string | undefined
}

/** An MCP server behind streamable HTTP. */
export interface McpHttpConfig extends McpServerBase {
  readonly url: string
  /** Sent with every request, such as `authorization`. */
  readonly headers?: Readonly<Record<string, string>> | undefined
}
