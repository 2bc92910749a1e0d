import { GatewayError, type JsonObject, type JsonValue } from '@pincer/protocol'

/**
 * Refuses a result that is no JSON, which no message can hold.
 *
 * @throws GatewayError
 */
export function checkOutput(output: JsonValue): JsonValue {
  try {
    // A tool that gives nothing has done its work.
    return output === undefined || JSON.stringify(output) === undefined ? null : output
  } catch (error) {
    throw new GatewayError('the tool gave a result that cannot be written as JSON', { cause: error })
  }
}

/** What a model is told of a gateway's tool: text stays text, an MCP tool's content becomes parts, anything else is JSON. */
export function toModelOutput(output: JsonValue): object {
  if (typeof output === 'string') return { type: 'text', value: output }
  if (!isContent(output)) return { type: 'json', value: output ?? null }
  return { type: 'content', value: output.map(toPart) }
}

function toPart(part: JsonObject): object {
  const { type, text, data, mimeType } = part
  if (typeof text === 'string') return { type: 'text', text }
  if ((type === 'image' || type === 'audio') && typeof data === 'string')
    return {
      type: 'media',
      data,
      mediaType: typeof mimeType === 'string' && mimeType !== '' ? mimeType : type,
    }
  return { type: 'text', text: JSON.stringify(part) }
}

function isContent(output: JsonValue): output is readonly JsonObject[] {
  return Array.isArray(output) && output.length > 0 && output.every(isPart)
}

// Lists of other things may have types too: only what stands in MCP content is content.
function isPart(part: JsonValue): boolean {
  if (typeof part !== 'object' || part === null || Array.isArray(part)) return false
  const { type, text, data, uri, resource } = part as JsonObject
  if (type === 'text') return typeof text === 'string'
  if (type === 'resource' || type === 'resource_link') return uri !== undefined || resource !== undefined
  return (type === 'image' || type === 'audio') && typeof data === 'string'
}
