import type { Tool } from '@modelcontextprotocol/sdk/types.js'
import type { JsonObject, Risk } from '@pincer/protocol'
import { createInputCheck, type InputCheck } from './input-check.ts'
import type { McpServerConfig } from './mcp-config.ts'
import type { ToolContext } from './registered-tool.ts'
import type { LocalTool } from './tool-registry.ts'

/** Turns a tool of an MCP server into one of the gateway, named `<server>.<tool>`. */
export function convertMcpTool(
  config: McpServerConfig,
  tool: Tool,
  execute: (input: JsonObject, context: ToolContext) => Promise<unknown>,
): LocalTool {
  const name = `${config.name}.${tool.name}`
  const inputSchema = tool.inputSchema as JsonObject
  const risk = config.risk ?? convertRisk(tool)
  let check: InputCheck | undefined
  return {
    description: {
      name,
      inputSchema,
      source: config.name,
      ...(tool.description === undefined ? {} : { description: tool.description }),
      ...(risk === undefined ? {} : { risk }),
    },
    check: (input) => {
      check ??= checkOf(name, inputSchema)
      return check(input)
    },
    execute,
  }
}

// A server's hints are its own words: they may raise a risk, never lower it.
function convertRisk(tool: Tool): Risk | undefined {
  return tool.annotations?.destructiveHint === true ? 'high' : undefined
}

// A schema that cannot be compiled here is left to the server, which checks its arguments itself.
function checkOf(name: string, inputSchema: JsonObject): InputCheck {
  try {
    return createInputCheck(name, inputSchema)
  } catch {
    return createInputCheck(name, { type: 'object' })
  }
}

/**
 * Turns what an MCP tool answered into one value: its structured content, its text where there is nothing else, or its content as it is.
 *
 * @throws Error with the tool's own words where the tool says that it failed.
 */
export function convertMcpResult(result: any): unknown {
  const content: readonly any[] = Array.isArray(result.content) ? result.content : []
  const isText = content.length > 0 && content.every((part) => part?.type === 'text')
  const text = isText ? content.map((part) => String(part.text)).join('\n') : undefined
  if (result.isError === true) throw new Error(text ?? 'the tool failed and gave no reason')
  if (result.structuredContent !== undefined) return result.structuredContent
  return text ?? (content.length === 0 ? null : content)
}
