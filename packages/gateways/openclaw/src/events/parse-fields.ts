import type { JsonValue } from '@pincer/protocol'

/** The fields of an object from the wire; nothing is known about what they hold. */
export type Fields = Readonly<Record<string, unknown>>

const nothing: Fields = Object.freeze({})

// Ids are kept long after their frames, so that one of unreasonable length is no id.
const maxIdLength = 256

/** Reads an object; anything else reads as an object without fields. */
export function parseFields(value: unknown): Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : nothing
}

/** Reads a string, the empty one too. */
export function parseText(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}

/** Reads an id: a string of 1 to 256 characters. */
export function parseId(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' && value.length <= maxIdLength ? value : undefined
}

/** Reads a count, a duration or a time in epoch milliseconds: a finite number of zero or more. */
export function parseCount(value: unknown): number | undefined {
  return typeof value === 'number' && value >= 0 && value < Infinity ? value : undefined
}

/** Reads a value that came from JSON and goes on as it is; null reads as absent. */
export function parseJson(value: unknown): JsonValue | undefined {
  // Frames are parsed JSON, so that all they hold is JSON; functions come from transports made by hand only.
  return value === null || typeof value === 'function' ? undefined : (value as JsonValue | undefined)
}

/** Reads the text of a message's `content`: a string, or a list of blocks of which those with text count. */
export function parseContent(value: unknown): string | undefined {
  if (typeof value === 'string') return value
  if (!Array.isArray(value)) return undefined
  let text: string | undefined
  for (const block of value) {
    const piece = parseFields(block)['text']
    if (typeof piece === 'string') text = text === undefined ? piece : `${text}\n${piece}`
  }
  return text
}
