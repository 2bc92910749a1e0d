import type { ClawEvent } from '@pincer/protocol'
import { parseFields } from './parse-fields.ts'

// A guess is enough for a bound; what lies behind the first values of a large frame is taken for 64 KiB, or for more of a list.
const maxValues = 256
const maxDepth = 12
const unseenBytes = 65_536
const eventBytes = 400

let valuesLeft = 0

/** Guesses how many bytes of memory a JSON value holds, in a bounded number of steps. */
export function estimateBytes(value: unknown): number {
  valuesLeft = maxValues
  return estimate(value, 0)
}

function estimate(value: unknown, depth: number): number {
  if (typeof value === 'string') return value.length + 16
  if (typeof value !== 'object' || value === null) return 8
  if (valuesLeft <= 0 || depth >= maxDepth) return unseenBytes
  let bytes = 32
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index += 1) {
      // A list is taken to go on as it began.
      if (valuesLeft-- <= 0)
        return bytes + Math.max(unseenBytes, (value.length - index) * (bytes / (index + 1)))
      bytes += 8 + estimate(value[index], depth + 1)
    }
    return bytes
  }
  for (const name in value) {
    if (valuesLeft-- <= 0) return bytes + unseenBytes
    bytes += 8 + estimate((value as Record<string, unknown>)[name], depth + 1)
  }
  return bytes
}

/** Guesses how many bytes of memory an event holds, the frame it came from included. */
export function estimateEventBytes(event: ClawEvent): number {
  if (event.type === 'assistant.delta' || event.type === 'thinking.delta') {
    // The commonest event: its frame holds the whole text so far beside the piece.
    const text = parseFields(parseFields(event.raw?.payload)['data'])['text']
    return eventBytes + event.data.delta.length + (typeof text === 'string' ? text.length : 0)
  }
  return eventBytes + (event.raw === undefined ? estimateBytes(event.data) : estimateBytes(event.raw.payload))
}
