import type { JsonValue } from '@pincer/protocol'

import { type RedactionRules, redactedMark } from './redaction.ts'

/** Bounds of one captured value. */
export interface CaptureLimits {
  /** Longest text, in characters; what is longer is cut with a marker. */
  readonly maxTextLength: number
  /** Longest whole value, in characters of all its texts and names. */
  readonly maxValueLength: number
}

const maxDepth = 32
const maxNodes = 20_000
// A secret that begins before the cut must be seen whole by the patterns.
const cutMargin = 8_400
const failedMark = '[redacted: the redactor failed]'

/**
 * Copies values of any kind as redacted, bounded JSON.
 *
 * The copy is made at once, so that the host may change its objects afterwards, and in one walk, so that it costs little.
 */
export class Capture {
  /** Size of what was captured since the recorder last looked, roughly in bytes. */
  bytes = 0
  readonly #rules: RedactionRules
  readonly #limits: CaptureLimits
  readonly #onFailure: (error: unknown) => void
  #nodes = 0
  #room = 0

  constructor(rules: RedactionRules, limits: CaptureLimits, onFailure: (error: unknown) => void) {
    this.#rules = rules
    this.#limits = limits
    this.#onFailure = onFailure
  }

  /** Copies one value; `undefined` stays absent. */
  value(value: unknown): JsonValue | undefined {
    if (value === undefined) return undefined
    this.#nodes = 0
    this.#room = this.#limits.maxValueLength
    try {
      const copy = this.#copy(value, 0)
      const custom = this.#rules.custom
      if (custom === undefined) return copy
      this.#nodes = 0
      this.#room = this.#limits.maxValueLength
      return this.#copy(custom(copy), 0)
    } catch (error) {
      this.#onFailure(error)
      this.bytes += failedMark.length
      return failedMark
    }
  }

  /** Copies one text. */
  text(text: string): string {
    const copy = this.value(text)
    return typeof copy === 'string' ? copy : (JSON.stringify(copy) ?? redactedMark)
  }

  #copy(value: unknown, depth: number): JsonValue | undefined {
    switch (typeof value) {
      case 'string':
        return this.#text(value)
      case 'number':
        this.bytes += 8
        return Number.isFinite(value) ? value : String(value)
      case 'boolean':
        this.bytes += 4
        return value
      case 'bigint':
        return this.#text(value.toString())
      case 'object':
        break
      default:
        return undefined
    }
    if (value === null) return null
    if (depth >= maxDepth) return this.#text('[cut: too deep]')
    if (++this.#nodes > maxNodes) return this.#text('[cut: too many parts]')
    this.bytes += 16
    if (Array.isArray(value)) return this.#list(value, depth)
    const prototype: unknown = Object.getPrototypeOf(value)
    if (prototype === Object.prototype || prototype === null) return this.#fields(value, depth)
    return this.#special(value, depth)
  }

  #list(list: readonly unknown[], depth: number): JsonValue {
    const copy: JsonValue[] = []
    for (let index = 0; index < list.length; index++) {
      if (this.#nodes > maxNodes || this.#room <= 0) {
        copy.push(`[cut ${list.length - index} items]`)
        break
      }
      copy.push(this.#copy(list[index], depth + 1) ?? null)
      this.#nodes++
    }
    return copy
  }

  #fields(source: object, depth: number): JsonValue {
    const copy: Record<string, JsonValue> = {}
    for (const key of Object.keys(source)) {
      if (key === '__proto__') continue
      if (this.#nodes > maxNodes || this.#room <= 0) {
        copy['[cut]'] = true
        break
      }
      const child = readField(source, key)
      if (child === undefined || typeof child === 'function') continue
      this.#nodes++
      this.bytes += key.length + 4
      this.#room -= key.length
      if (child !== null && this.#rules.isSecretKey(key)) copy[key] = redactedMark
      else {
        const value = this.#copy(child, depth + 1)
        if (value !== undefined) copy[key] = value
      }
    }
    return copy
  }

  #special(value: object, depth: number): JsonValue | undefined {
    if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'Invalid Date' : value.toISOString()
    if (value instanceof Error) return { name: value.constructor.name, message: this.#text(value.message) }
    if (value instanceof URL || value instanceof RegExp) return this.#text(String(value))
    if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer)
      return `[binary: ${value.byteLength} bytes]`
    if (value instanceof Blob)
      return `[binary: ${value.size} bytes${value.type === '' ? '' : `, ${value.type}`}]`
    if (value instanceof Map) return this.#fields(Object.fromEntries(value), depth)
    if (value instanceof Set) return this.#list([...value], depth)
    if (value instanceof Promise) return '[promise]'
    if (value instanceof ReadableStream) return '[stream]'
    const toJson = readField(value, 'toJSON')
    return typeof toJson === 'function'
      ? this.#copy(toJson.call(value), depth + 1)
      : this.#fields(value, depth)
  }

  #text(text: string): string {
    const limit = Math.min(this.#limits.maxTextLength, Math.max(this.#room, 0))
    if (text.length <= limit) {
      const clean = this.#rules.redactText(text)
      this.bytes += clean.length
      this.#room -= clean.length
      return clean
    }
    const clean = this.#rules.redactText(text.slice(0, limit + cutMargin)).slice(0, limit)
    // A slice would keep the whole text in memory.
    const copy = `${detach(clean)}[cut: ${text.length - limit} more characters]`
    this.bytes += copy.length
    this.#room -= copy.length
    return copy
  }
}

function readField(source: object, key: string): unknown {
  try {
    return (source as Record<string, unknown>)[key]
  } catch {
    return '[unreadable]'
  }
}

function detach(text: string): string {
  return JSON.parse(JSON.stringify(text)) as string
}
