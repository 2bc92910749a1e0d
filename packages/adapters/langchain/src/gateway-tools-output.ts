import { GatewayError, type JsonObject, type JsonValue } from '@pincer/protocol'

const shown: ReadonlySet<unknown> = new Set(['text', 'image', 'audio'])
const told: ReadonlySet<unknown> = new Set(['resource', 'resource_link'])

/**
 * What a gateway's tool gave, as a tool message takes it: text stays text, an MCP tool's content becomes blocks, anything else JSON text.
 *
 * @throws GatewayError for what is no JSON
 */
export function toToolContent(output: JsonValue): string | readonly JsonObject[] {
  if (typeof output === 'string') return output
  if (!isContent(output)) return write(output ?? null)
  return output.map((part) => (shown.has(part['type']) ? part : { type: 'text', text: write(part) }))
}

// A tool in this process may give what is no JSON.
function write(value: JsonValue): string {
  try {
    return JSON.stringify(value)
  } catch (error) {
    throw new GatewayError('the tool gave a result that cannot be written as JSON', { cause: error })
  }
}

function isContent(output: JsonValue): output is readonly JsonObject[] {
  return Array.isArray(output) && output.length > 0 && output.every(isPart)
}

// Lists of other things may have types too: only what stands in MCP content is content.
function isPart(part: JsonValue): boolean {
  if (typeof part !== 'object' || part === null || Array.isArray(part)) return false
  const { type, text, data, uri, resource } = part as JsonObject
  if (type === 'text') return typeof text === 'string'
  if (told.has(type)) return uri !== undefined || resource !== undefined
  return shown.has(type) && typeof data === 'string'
}
