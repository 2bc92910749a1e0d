import type { JsonObject, JsonValue } from '@pincer/protocol'
import { isJsonObject } from './parse-json.ts'

const deepest = 8

/** The pieces of a user's words that can become arguments, each used once and in order. */
interface Pieces {
  readonly words: string
  readonly quoted: string[]
  readonly numbers: number[]
  readonly places: string[]
}

/**
 * Makes a value that follows a JSON Schema out of a user's words: quoted text and names for strings, numbers for
 * numbers, the enum value that was said, and the smallest allowed value where the words hold nothing.
 */
export function fillSchema(schema: JsonObject, words: string): JsonValue {
  return fill(schema, schema, readPieces(words), 0)
}

function readPieces(words: string): Pieces {
  const quoted = [...words.matchAll(/"([^"]+)"|“([^”]+)”|'([^']+)'(?!\w)|`([^`]+)`/g)].map(
    (match) => match[1] ?? match[2] ?? match[3] ?? match[4] ?? '',
  )
  const numbers = [...words.matchAll(/-?\d+(?:\.\d+)?/g)].map((match) => Number(match[0]))
  const places = [
    ...words.matchAll(
      /\b(?:in|for|of|about|named|called|to|from|at|on|file)\s+((?:\p{Lu}[\p{L}-]*\s?)+|[\w./-]+)/gu,
    ),
  ].map((match) => (match[1] ?? '').trim().replace(/[.,;:!?]+$/, ''))
  return { words, quoted, numbers, places }
}

function fill(schema: JsonObject, root: JsonObject, pieces: Pieces, depth: number): JsonValue {
  const target = resolve(schema, root)
  if (target['const'] !== undefined) return target['const']
  if (Array.isArray(target['enum'])) return pickAllowed(target['enum'], pieces.words)
  const type = Array.isArray(target['type']) ? target['type'].find((name) => name !== 'null') : target['type']
  if (type === 'object' || isJsonObject(target['properties'])) return fillObject(target, root, pieces, depth)
  if (type === 'array') return fillArray(target, root, pieces, depth)
  if (type === 'number' || type === 'integer') return fillNumber(target, type, pieces)
  if (type === 'boolean') return !/\b(no|not|never|without|false)\b/i.test(pieces.words)
  if (type === 'null') return null
  return type === 'string' ? fillString(target, pieces) : pieces.words
}

function resolve(schema: JsonObject, root: JsonObject): JsonObject {
  let target = schema
  for (let hop = 0; hop < deepest; hop++) {
    const reference = target['$ref']
    const choices = target['anyOf'] ?? target['oneOf'] ?? target['allOf']
    if (typeof reference === 'string') target = follow(reference, root)
    else if (Array.isArray(choices)) {
      const objects = choices.filter(isJsonObject)
      target = objects.find((choice) => choice['type'] !== 'null') ?? {}
    } else break
  }
  return target
}

function follow(reference: string, root: JsonObject): JsonObject {
  let at: JsonValue | undefined = root
  for (const part of reference.replace(/^#\/?/, '').split('/').filter(Boolean)) {
    at = isJsonObject(at) && Object.hasOwn(at, part) ? at[part] : undefined
  }
  return isJsonObject(at) ? at : {}
}

function fillObject(schema: JsonObject, root: JsonObject, pieces: Pieces, depth: number): JsonValue {
  const properties = isJsonObject(schema['properties']) ? schema['properties'] : {}
  const required = new Set(Array.isArray(schema['required']) ? schema['required'] : [])
  const filled = new Map<string, JsonValue>()
  for (const [name, property] of Object.entries(properties)) {
    if (!isJsonObject(property) || depth >= deepest) continue
    if (required.has(name) || pieces.words.toLowerCase().includes(name.toLowerCase())) {
      filled.set(name, fill(property, root, pieces, depth + 1))
    }
  }
  return Object.fromEntries(filled)
}

function fillArray(schema: JsonObject, root: JsonObject, pieces: Pieces, depth: number): JsonValue {
  const items = isJsonObject(schema['items']) ? schema['items'] : { type: 'string' }
  const wanted = typeof schema['minItems'] === 'number' ? Math.min(schema['minItems'], 16) : 1
  if (depth >= deepest) return []
  return Array.from({ length: Math.max(wanted, 1) }, () => fill(items, root, pieces, depth + 1))
}

function fillNumber(schema: JsonObject, type: string, pieces: Pieces): number {
  const least = typeof schema['minimum'] === 'number' ? schema['minimum'] : undefined
  const most = typeof schema['maximum'] === 'number' ? schema['maximum'] : undefined
  let value = pieces.numbers.shift() ?? least ?? 1
  if (type === 'integer') value = Math.round(value)
  if (least !== undefined && value < least) value = least
  return most !== undefined && value > most ? most : value
}

function fillString(schema: JsonObject, pieces: Pieces): string {
  const format = schema['format']
  if (format === 'date') return /\d{4}-\d{2}-\d{2}/.exec(pieces.words)?.[0] ?? '2026-01-01'
  if (format === 'date-time')
    return /\d{4}-\d{2}-\d{2}T[\d:.]+Z?/.exec(pieces.words)?.[0] ?? '2026-01-01T00:00:00Z'
  if (format === 'email') return /[^\s"']+@[^\s"',]+/.exec(pieces.words)?.[0] ?? 'demo@example.com'
  if (format === 'uri' || format === 'url')
    return /https?:\/\/[^\s"']+/.exec(pieces.words)?.[0] ?? 'https://example.com/'
  return pieces.quoted.shift() ?? pieces.places.shift() ?? pieces.words
}

function pickAllowed(allowed: readonly JsonValue[], words: string): JsonValue {
  const said = allowed.find(
    (value) => typeof value === 'string' && words.toLowerCase().includes(value.toLowerCase()),
  )
  return said ?? allowed[0] ?? null
}
