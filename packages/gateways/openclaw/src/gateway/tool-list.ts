import { GatewayError, type ToolDescription } from '@pincer/protocol'
import type { Calls } from './calls.ts'
import { isRetryable } from './gateway-errors.ts'
import type { McpTools } from './mcp-tools.ts'
import { parseCatalog } from './parse-catalog.ts'

/** The tools of the Gateway, kept until it says that they changed. */
export interface ToolList {
  get(signal?: AbortSignal): Promise<readonly ToolDescription[]>
  /** Asks again at the next call. */
  forget(): void
}

const keepMs = 300_000

/** @param mcp absent where the Gateway's MCP server cannot be reached: the tools are then listed without schemas. */
export function createToolList(calls: Calls, mcp: McpTools | undefined): ToolList {
  let kept: { readonly until: number; readonly tools: Promise<readonly ToolDescription[]> } | undefined

  async function ask(): Promise<readonly ToolDescription[]> {
    const catalog = parseCatalog(await calls.request('tools.catalog', { includePlugins: true }))
    const listed = await listOverMcp()
    if (listed === undefined) return catalog
    const known = new Map(catalog.map((tool) => [tool.name, tool]))
    return listed.map((tool) => {
      const { source, risk } = known.get(tool.name) ?? {}
      return {
        ...tool,
        ...(source === undefined ? {} : { source }),
        ...(risk === undefined ? {} : { risk }),
      }
    })
  }

  // Without operator.admin there is no access, and from another machine no way to the Gateway's loopback.
  async function listOverMcp(): Promise<readonly ToolDescription[] | undefined> {
    try {
      return await mcp?.list()
    } catch (error) {
      calls.check()
      if (error instanceof GatewayError && error.status !== 403 && isRetryable(error)) throw error
      return undefined
    }
  }

  return {
    async get(signal) {
      calls.check(signal)
      if (kept === undefined || performance.now() > kept.until) {
        const tools = ask()
        const entry = { until: performance.now() + keepMs, tools }
        kept = entry
        tools.catch(() => {
          if (kept === entry) kept = undefined
        })
      }
      const tools = await kept.tools
      signal?.throwIfAborted()
      return tools
    },
    forget() {
      kept = undefined
    },
  }
}
