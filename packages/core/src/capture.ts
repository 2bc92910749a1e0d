import type { JsonObject, JsonValue } from '@pincer/protocol'

import { readField } from './read-field.ts'
import { type RedactionRules, redactedMark } from './redaction.ts'

/** What is captured of values, and how much. */
export interface CaptureOptions {
  /** Longest text, in characters; what is longer is cut with a marker. */
  readonly maxTextLength: number
  /** Longest whole value, in characters of all its texts and names. */
  readonly maxValueLength: number
  readonly recordInputs: boolean
  readonly recordOutputs: boolean
  /** Told where a value could not be redacted. */
  readonly report: (error: unknown, where: string) => void
}

const maxDepth = 32
const maxNodes = 20_000
// A secret that begins before the cut must be seen whole by the patterns.
const cutMargin = 1_024
// Longer numbers may be card numbers.
const longNumber = 1e12
// Fields of events that the house reads back: a redactor of the host that spoilt them would spoil the event.
const structural = /(?:Id|Hash)$|^(?:decision|kind|status|outcome|risk|operation)$/
const failedMark = '[redacted: the redactor failed]'

/**
 * Copies values of any kind as redacted, bounded JSON.
 *
 * The copy is made at once, so that the host may change its objects afterwards, and in one walk, so that it costs little.
 */
export class Capture {
  /** Size of what was captured for the next event, roughly in bytes. */
  bytes = 0
  readonly #rules: RedactionRules
  readonly #options: CaptureOptions
  #nodes = 0
  #room = 0
  // What the value being copied stands in, to notice circles.
  #above: object[] = []

  constructor(rules: RedactionRules, options: CaptureOptions) {
    this.#rules = rules
    this.#options = options
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
      this.#options.report(error, 'redact')
      this.bytes = bytes + failedMark.length
      return failedMark
    }
  }

  /** Copies an input, argument or query, where those are recorded. */
  input(value: unknown): JsonValue | undefined {
    return this.#options.recordInputs ? this.value(value) : undefined
  }

  /** Copies an output or documents, where those are recorded. */
  output(value: unknown): JsonValue | undefined {
    return this.#options.recordOutputs ? this.value(value) : undefined
  }

  /** Copies one text, or anything else as text. */
  text(value: unknown): string {
    const copy = this.value(value)
    if (typeof copy === 'string') return copy
    return JSON.stringify(copy) ?? (value === undefined ? 'nothing' : redactedMark)
  }

  /** Copies an object that is to stay one, whatever a redactor makes of it. */
  fields(value: unknown): JsonObject | undefined {
    const copy = this.value(value)
    return copy === undefined || isFields(copy) ? copy : { message: copy }
  }

  /** Copies the data of an event field by field, so that it stays the data of an event whatever a redactor makes of it. */
  data(data: object): JsonObject {
    const copy: Record<string, JsonValue | undefined> = {}
    for (const [key, value] of Object.entries(data)) copy[key] = this.#field(key, value)
    return copy
  }

  #field(key: string, value: unknown): JsonValue | undefined {
    switch (key) {
      case 'input':
      case 'query':
        return this.input(value)
      case 'output':
      case 'documents':
        return this.output(value)
      case 'error':
      case 'metadata':
      case 'parameters':
        return this.fields(value)
    }
    if (typeof value === 'string')
      return structural.test(key) ? this.#rules.redactText(value) : this.text(value)
    if (typeof value === 'number') return Number.isFinite(value) ? value : undefined
    if (typeof value === 'boolean') return value
    const copy = this.value(value)
    return Array.isArray(value) && !Array.isArray(copy) ? [copy ?? redactedMark] : copy
  }

  #start(value: unknown): JsonValue | undefined {
    this.#nodes = 0
    this.#room = this.#options.maxValueLength
    this.#above = []
    return this.#copy(value, 0)
  }

  #copy(value: unknown, depth: number): JsonValue | undefined {
    switch (typeof value) {
      case 'string':
        return this.#text(value)
      case 'number': {
        this.bytes += 8
        if (Math.abs(value) < longNumber) return value
        const text = String(value)
        const clean = this.#rules.redactText(text)
        return clean === text && Number.isFinite(value) ? value : clean
      }
      case 'boolean':
        this.bytes += 4
        return value
      case 'bigint':
        return this.#text(String(value))
      case 'object':
        return value === null ? null : this.#object(value, depth)
      default:
        return undefined
    }
  }

  #object(value: object, depth: number): JsonValue | undefined {
    const above = this.#above
    this.bytes += 16
    if (depth >= maxDepth) return '[cut: too deep]'
    if (++this.#nodes > maxNodes) return '[cut: too many parts]'
    if (above.includes(value)) return '[circular]'
    above.push(value)
    const copy = this.#parts(value, depth + 1)
    above.pop()
    return copy
  }

  #parts(value: object, depth: number): JsonValue | undefined {
    if (Array.isArray(value)) return this.#list(value, depth)
    const prototype: unknown = Object.getPrototypeOf(value)
    if (prototype === Object.prototype || prototype === null) return this.#fields(value, depth)
    if (value instanceof Map) return this.#fields(Object.fromEntries(firstOf(value)), depth)
    if (value instanceof Set) return this.#list(firstOf(value), depth)
    if (value instanceof Error) return { name: value.constructor.name, message: this.#text(value.message) }
    if (value instanceof Blob) return binary(value.size, value.type)
    if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return binary(value.byteLength)
    if (value instanceof Promise) return '[promise]'
    if (value instanceof ReadableStream) return '[stream]'
    if (value instanceof RegExp) return this.#text(String(value))
    const toJson = readField(value, 'toJSON')
    if (typeof toJson !== 'function') return this.#fields(value, depth)
    const json: unknown = toJson.call(value)
    return json === null && value instanceof Date ? 'Invalid Date' : this.#copy(json, depth)
  }

  #list(list: readonly unknown[], depth: number): JsonValue {
    const copy: JsonValue[] = []
    for (let index = 0; index < list.length; index++) {
      if (this.#isFull) {
        copy.push(`[cut ${list.length - index} items]`)
        break
      }
      copy.push(this.#copy(list[index], depth) ?? null)
      this.#nodes++
      this.bytes += 4
    }
    return copy
  }

  #fields(source: object, depth: number): JsonValue {
    const copy: Record<string, JsonValue> = {}
    for (const key of Object.keys(source)) {
      if (this.#isFull) {
        copy['[cut]'] = true
        break
      }
      const child = readField(source, key, '[unreadable]')
      if (child === undefined || typeof child === 'function' || key === '__proto__') continue
      this.#nodes++
      this.bytes += key.length + 4
      this.#room -= key.length
      const { name, secret } = this.#rules.field(key)
      const value = secret && child !== null ? redactedMark : this.#copy(child, depth)
      if (value !== undefined) copy[name] = value
    }
    return copy
  }

  get #isFull(): boolean {
    return this.#nodes > maxNodes || this.#room <= 0
  }

  #text(text: string): string {
    const limit = Math.max(0, Math.min(this.#options.maxTextLength, this.#room))
    let copy: string
    if (text.length <= limit) copy = this.#rules.redactText(text)
    else {
      const seen = this.#rules.redactText(text.slice(0, limit + cutMargin))
      // What is seen may end in half a secret that no pattern knows: where redaction made it shorter, its end stays out.
      const end =
        text.length <= limit + cutMargin ? limit : Math.min(limit, Math.max(seen.length - cutMargin, 0))
      copy = `${detach(seen.slice(0, end))}[cut: ${text.length - limit} more characters]`
    }
    this.bytes += copy.length
    this.#room -= copy.length
    return copy
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

function binary(bytes: number, type = ''): string {
  return `[binary: ${bytes} bytes${type && `, ${type}`}]`
}

// A slice would keep the whole text in memory.
function detach(text: string): string {
  return JSON.parse(JSON.stringify(text)) as string
}
