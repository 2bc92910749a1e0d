import type { JsonValue } from '@pincer/protocol'

/** Longest output of a tool, in characters of JSON. */
const maxOutputLength = 1_048_576

/**
 * Makes plain JSON of whatever a tool returned; nothing at all becomes `null`.
 *
 * @throws Error where it is no JSON, or longer than 1,048,576 characters.
 */
export function parseOutput(output: unknown): JsonValue {
  let text: string | undefined
  try {
    text = JSON.stringify(output)
  } catch (cause) {
    throw new Error('the tool returned something that is not JSON', { cause })
  }
  if (text === undefined) return null
  if (text.length > maxOutputLength)
    throw new Error(`the tool returned ${text.length} characters; at most ${maxOutputLength} are taken`)
  return JSON.parse(text)
}
