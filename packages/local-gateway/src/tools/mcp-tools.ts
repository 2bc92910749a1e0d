import { PincerError, type Risk } from '@pincer/protocol'
import { z } from 'zod'
import { createMcpServer, type McpServer } from './mcp-server.ts'

/**
 * An MCP server whose tools this gateway offers as `<name>.<tool>`.
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
interface McpProcessConfig extends McpServerBase {
  readonly command: string
  readonly args?: readonly string[] | undefined
  /** Added to a small safe part of this process's environment. */
  readonly env?: Readonly<Record<string, string>> | undefined
  readonly cwd?: string | undefined
}

/** An MCP server behind streamable HTTP. */
interface McpHttpConfig extends McpServerBase {
  readonly url: string
  /** Sent with every request, such as `authorization`. */
  readonly headers?: Readonly<Record<string, string>> | undefined
}

const base = {
  name: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,49}$/, 'letters, digits, dash and underscore, at most 50'),
  risk: z.enum(['low', 'medium', 'high', 'critical']).optional(),
  timeoutMs: z.int().min(1).max(86_400_000).optional(),
}
const texts = z.record(z.string(), z.string())
const processConfig: z.ZodType<McpProcessConfig> = z.strictObject({
  ...base,
  command: z.string().min(1),
  args: z.array(z.string()).optional(),
  env: texts.optional(),
  cwd: z.string().optional(),
})
const httpConfig: z.ZodType<McpHttpConfig> = z.strictObject({
  ...base,
  url: z.url({ protocol: /^https?$/ }),
  headers: texts.optional(),
})

/**
 * Opens the MCP servers of the configuration; nothing is started yet.
 *
 * @throws PincerError `invalid_option` naming the field.
 */
export function openMcpServers(found: readonly McpServerConfig[]): readonly McpServer[] {
  if (!Array.isArray(found)) throw new PincerError('invalid_option', 'mcpServers: expected an array')
  return found.map((config: unknown, index) => {
    const isHttp = typeof config === 'object' && config !== null && 'url' in config
    const checked = (isHttp ? httpConfig : processConfig).safeParse(config)
    if (checked.success) return createMcpServer(checked.data)
    // What was found is not told: it may hold a token.
    throw new PincerError('invalid_option', `mcpServers[${index}]: ${z.prettifyError(checked.error)}`)
  })
}
