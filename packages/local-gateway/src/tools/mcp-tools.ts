import { PincerError } from '@pincer/protocol'
import { z } from 'zod'
import { tellIssues } from '../issues.ts'
import type { McpHttpConfig, McpProcessConfig, McpServerConfig } from './mcp-config.ts'
import { createMcpServer, type McpServer } from './mcp-server.ts'

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
    throw new PincerError('invalid_option', `mcpServers[${index}]: ${tellIssues(checked.error)}`)
  })
}
