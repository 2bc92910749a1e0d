import { GatewayError, type JsonObject, PincerError, type ToolDescription } from '@pincer/protocol'
import { compileGlob } from '../guard/glob.ts'
import { createInputCheck, type InputCheck } from './input-check.ts'
import type { McpServer } from './mcp-server.ts'
import type { RegisteredTool, ToolContext } from './registered-tool.ts'

/** A tool that this gateway can call, wherever it comes from. */
export interface LocalTool {
  readonly description: ToolDescription & { readonly inputSchema: JsonObject }
  readonly check: InputCheck
  execute(input: JsonObject, context: ToolContext): Promise<unknown>
}

/** The tools of a gateway by name. */
export interface ToolRegistry {
  /** Begins to connect to the MCP servers, in the background. */
  start(): void
  /** Every tool, those of the process first; waits for the first attempt to connect to each server. */
  list(): Promise<readonly LocalTool[]>
  /** @throws GatewayError `unknown_tool`. */
  get(name: string): Promise<LocalTool>
  /** The tools whose name fits one of the patterns; all where no patterns are given. */
  select(patterns?: readonly string[]): Promise<readonly LocalTool[]>
  close(): Promise<void>
}

/**
 * Opens the tools of this process and of the MCP servers.
 *
 * @throws PincerError `invalid_option` where a tool has no proper name or schema, or a name is taken twice.
 */
export function createToolRegistry(
  registered: readonly RegisteredTool[],
  servers: readonly McpServer[],
): ToolRegistry {
  const own = new Map<string, LocalTool>()
  for (const tool of registered) {
    if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/.test(tool.name)) {
      throw new PincerError(
        'invalid_option',
        `tools: "${tool.name}" is no name for a tool; use letters, digits, dot, dash and underscore, at most 100`,
      )
    }
    if (own.has(tool.name))
      throw new PincerError('invalid_option', `tools: the name "${tool.name}" is given twice; rename one`)
    own.set(tool.name, openTool(tool))
  }
  const serverNames = new Set<string>()
  for (const { name } of servers) {
    if (serverNames.has(name))
      throw new PincerError('invalid_option', `mcpServers: the name "${name}" is given twice; rename one`)
    serverNames.add(name)
  }

  async function list(): Promise<readonly LocalTool[]> {
    await Promise.all(servers.map((server) => server.start()))
    const foreign = servers.flatMap((server) => server.tools())
    return [...own.values(), ...foreign.filter((tool) => !own.has(tool.description.name))]
  }

  return {
    start: () => {
      for (const server of servers) void server.start()
    },
    list,
    get: async (name) => {
      const found = own.get(name) ?? (await list()).find((tool) => tool.description.name === name)
      if (found !== undefined) return found
      throw new GatewayError(`there is no tool "${name}"; GET /v1/tools lists those there are`, {
        status: 404,
        gatewayCode: 'unknown_tool',
      })
    },
    select: async (patterns) => {
      const all = await list()
      if (patterns === undefined) return all
      const globs = patterns.map(compileGlob)
      return all.filter((tool) => globs.some((matches) => matches(tool.description.name)))
    },
    close: async () => {
      await Promise.all(servers.map((server) => server.close()))
    },
  }
}

function openTool(tool: RegisteredTool): LocalTool {
  const { name, description, inputSchema, risk } = tool
  return {
    description: {
      name,
      inputSchema,
      source: 'process',
      ...(description === undefined ? {} : { description }),
      ...(risk === undefined ? {} : { risk }),
    },
    check: createInputCheck(name, inputSchema),
    execute: async (input, context) => tool.execute(input, context),
  }
}
