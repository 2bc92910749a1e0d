import { describeValue, type JsonObject, type JsonValue } from '@pincer/protocol'

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
const cutMargin = 1_024
// Fields of events that the house reads back: a redactor of the host that spoilt them would spoil the event.
const structural = /(?:Id|Hash)$|^(?:decision|kind|status|outcome|risk|operation)$/
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
  // What the value being copied stands in, to notice circles.
  #above: object[] = []

  constructor(rules: RedactionRules, limits: CaptureLimits, onFailure: (error: unknown) => void) {
    this.#rules = rules
    this.#limits = limits
    this.#onFailure = onFailure
  }

  /** Copies one value; `undefined` stays absent. */
  value(value: unknown): JsonValue | undefined {
    if (value === undefined) return undefined
    const { bytes } = this
    const { custom } = this.#rules
    try {
      const copy = this.#start(value)
      if (custom === undefined) return copy
      this.bytes = bytes
      return this.#start(custom(copy))
    } catch (error) {
      this.#onFailure(error)
      this.bytes += failedMark.length
      return failedMark
    }
  }

  /** Copies one text, or anything else as text. */
  text(value: unknown): string {
    const copy = this.value(value)
    if (typeof copy === 'string') return copy
    return JSON.stringify(copy) ?? (value === undefined ? describeValue(value) : redactedMark)
  }

  /** Copies an object that is to stay one, whatever a redactor makes of it. */
  fields(value: unknown): JsonObject | undefined {
    const copy = this.value(value)
    return copy === undefined || isFields(copy) ? copy : { message: copy }
  }

  /** Copies the data of an event field by field, so that it stays the data of an event whatever a redactor makes of it. */
  data(data: object): JsonObject {
    const copy: Record<string, JsonValue | undefined> = {}
    for (const [key, value] of Object.entries(data)) {
      if (typeof value === 'string')
        copy[key] = structural.test(key) ? this.#rules.redactText(value) : this.text(value)
      else if (Array.isArray(value)) copy[key] = this.#items(value)
      else if (key === 'error' || key === 'metadata' || key === 'parameters') copy[key] = this.fields(value)
      else if (typeof value === 'object') copy[key] = this.value(value)
      else if (typeof value === 'boolean' || Number.isFinite(value)) copy[key] = value as boolean | number
    }
    return copy
  }

  #items(list: readonly unknown[]): JsonValue {
    const copy = this.value(list)
    return Array.isArray(copy) ? copy : [copy ?? redactedMark]
  }

  #start(value: unknown): JsonValue | undefined {
    this.#nodes = 0
    this.#room = this.#limits.maxValueLength
    this.#above = []
    return this.#copy(value, 0)
  }

  #copy(value: unknown, depth: number): JsonValue | undefined {
    switch (typeof value) {
      case 'string':
        return this.#text(value)
      case 'number':
        this.bytes += 8
        if (value > 999_999_999_999) return this.#longNumber(value)
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
    if (this.#above.includes(value)) return '[circular]'
    this.bytes += 16
    this.#above.push(value)
    const copy = this.#object(value, depth)
    this.#above.pop()
    return copy
  }

  #object(value: object, depth: number): JsonValue | undefined {
    if (Array.isArray(value)) return this.#list(value, depth)
    const prototype: unknown = Object.getPrototypeOf(value)
    if (prototype === Object.prototype || prototype === null) return this.#fields(value, depth)
    return this.#special(value, depth)
  }

  // A card number may come as a number.
  #longNumber(value: number): JsonValue {
    const text = String(value)
    const clean = this.#rules.redactText(text)
    return clean === text && Number.isFinite(value) ? value : clean
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
      this.bytes += 4
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
      const { name, secret } = this.#rules.field(key)
      if (child !== null && secret) copy[name] = redactedMark
      else {
        const value = this.#copy(child, depth + 1)
        if (value !== undefined) copy[name] = value
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
    if (value instanceof Map)
      return this.#fields(Object.fromEntries(firstOf(value).map(([key, item]) => [String(key), item])), depth)
    if (value instanceof Set) return this.#list(firstOf(value), depth)
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
    const seen = this.#rules.redactText(text.slice(0, limit + cutMargin))
    // What is seen may end in half a secret that no pattern knows: where redaction made it shorter, its end stays out.
    const end =
      text.length <= limit + cutMargin ? limit : Math.min(limit, Math.max(seen.length - cutMargin, 0))
    // A slice would keep the whole text in memory.
    const copy = `${detach(seen.slice(0, end))}[cut: ${text.length - limit} more characters]`
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

function isFields(value: JsonValue): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function firstOf<Item>(items: Iterable<Item>): Item[] {
  const first: Item[] = []
  for (const item of items) if (first.push(item) > maxNodes) break
  return first
}

function detach(text: string): string {
  return JSON.parse(JSON.stringify(text)) as string
}
