import { GatewayError, type JsonObject, type JsonValue } from '@pincer/protocol'

import type { ServedTool } from './serve-catalog.ts'

/** A part of an answer, as MCP knows it. */
type OutputPart =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'image' | 'audio'; readonly data: string; readonly mimeType: string }

/** What a tool gave back. */
export interface ServedOutput {
  /** All of it, for the record. */
  readonly value: JsonValue
  /** What an agent is told where answers are one value. */
  readonly told: JsonValue
  /** What an agent is told where answers have parts. */
  readonly parts: readonly OutputPart[]
  /** The same where it is an object. */
  readonly structured: JsonObject | undefined
}

const longestOutput = 4_194_304

/**
 * Converts what a tool gave back, by its own `toModelOutput` where it has one.
 *
 * @throws GatewayError `invalid_output` where Mastra refused it, where it cannot be written as JSON, or where it is too long
 */
export function convertOutput({ name, tool, outputSchema }: ServedTool, output: any): ServedOutput {
  // Mastra does not throw where arguments or outputs do not fit their schema.
  if (output?.error === true && 'validationErrors' in output)
    throw new GatewayError(String(output.message), { gatewayCode: 'invalid_output' })
  const value = write(name, output)
  const structured = isObject(value) ? value : undefined
  if (outputSchema !== undefined && structured === undefined)
    throw new GatewayError(`"${name}" gave back no object, though its outputSchema says so`, {
      gatewayCode: 'invalid_output',
    })
  const { toModelOutput } = tool
  if (toModelOutput === undefined) return { value, told: value, parts: [textPart(value)], structured }
  const shown = Reflect.apply(toModelOutput, tool, [output])
  return { value, ...convertModelOutput(name, shown), structured: undefined }
}

function convertModelOutput(name: string, output: any): Pick<ServedOutput, 'told' | 'parts'> {
  const { type, value } = output ?? {}
  if (type === 'content' && Array.isArray(value)) {
    const parts = value.map(convertPart).filter((part) => part !== undefined)
    const texts = parts.flatMap((part) => (part.type === 'text' ? [part.text] : []))
    write(name, parts)
    return { told: texts.join('\n'), parts }
  }
  const told = write(name, typeof type === 'string' && value !== undefined ? value : output)
  return { told, parts: [textPart(told)] }
}

function convertPart(part: any): OutputPart | undefined {
  if (typeof part?.text === 'string') return { type: 'text', text: part.text }
  const { data, mediaType } = part ?? {}
  if (typeof data !== 'string' || typeof mediaType !== 'string') return undefined
  if (mediaType.startsWith('image/')) return { type: 'image', data, mimeType: mediaType }
  return mediaType.startsWith('audio/') ? { type: 'audio', data, mimeType: mediaType } : undefined
}

function textPart(value: JsonValue): OutputPart {
  return { type: 'text', text: typeof value === 'string' ? value : JSON.stringify(value) }
}

function isObject(value: JsonValue): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function write(name: string, value: unknown): JsonValue {
  let text: string
  try {
    text = JSON.stringify(value) ?? 'null'
  } catch (cause) {
    throw new GatewayError(`what "${name}" gave back cannot be written as JSON`, {
      gatewayCode: 'invalid_output',
      cause,
    })
  }
  if (text.length > longestOutput)
    throw new GatewayError(`what "${name}" gave back is longer than ${longestOutput} characters`, {
      gatewayCode: 'invalid_output',
    })
  return JSON.parse(text)
}
