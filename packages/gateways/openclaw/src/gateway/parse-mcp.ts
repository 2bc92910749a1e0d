import type { JsonValue, ToolDescription } from '@pincer/protocol'
import { convertToolContent } from './convert-tool-output.ts'

/** What a tool answered over MCP. */
export type McpToolResult =
  | { readonly status: 'ok'; readonly output: JsonValue }
  | { readonly status: 'error'; readonly message: string }
  | { readonly status: 'not_found' }

/** Reads a row of `tools/list`. */
export function parseMcpTool(tool: any): ToolDescription {
  return {
    name: String(tool.name),
    ...(typeof tool.description === 'string' ? { description: tool.description } : {}),
    ...(typeof tool.inputSchema === 'object' && tool.inputSchema !== null
      ? { inputSchema: tool.inputSchema }
      : {}),
    // A tool's hints are its own words: they may raise a risk, never lower it.
    ...(tool.annotations?.destructiveHint === true ? { risk: 'high' as const } : {}),
  }
}

/** Reads the answer of `tools/call`. */
export function parseMcpResult(result: any): McpToolResult {
  const output: JsonValue = result?.structuredContent ?? convertToolContent(result?.content)
  if (result?.isError !== true) return { status: 'ok', output }
  const told =
    typeof output === 'string' ? output : (result?.structuredContent?.error ?? (output as any)?.error)
  const message = typeof told === 'string' ? told : JSON.stringify(output)
  return message.startsWith('Tool not available') ? { status: 'not_found' } : { status: 'error', message }
}
