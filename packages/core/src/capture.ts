import type { JsonObject, JsonValue } from '@pincer/protocol'

import { readField } from './read-field.ts'
import { type RedactionRules, redactedMark } from './redaction.ts'

/** What is captured of values, and how much. */
export interface CaptureOptions {
  /** Longest text, in characters; what is longer is cut with a marker. */
  readonly maxTextLength: number
  /** Longest whole value, in characters; its numbers and the like count as a few characters each. */
  readonly maxValueLength: number
  readonly recordInputs: boolean
  readonly recordOutputs: boolean
  /** Told where a value could not be redacted. */
  readonly report: (error: unknown, where: string) => void
}

const maxDepth = 32
// What an item of a list, a field or an object weighs besides its content, in bytes.
const partBytes = 4
const objectBytes = 16
// A secret that begins before the cut must be seen whole by the patterns.
const cutMargin = 1_024
// Longer numbers may be card numbers.
const longNumber = 1e12
// Fields of events that the house reads back: a redactor of the host that spoilt them would spoil the event.
const structural = /(?:Id|Hash)$|^(?:decision|kind|status|outcome|risk|operation)$/
const failedMark = '[redacted: the redactor failed]'

/** Copies values of any kind as redacted, bounded JSON. */
export interface Capture {
  /** Copies one value; `undefined` stays absent. */
  value(value: unknown): JsonValue | undefined
  /** Copies an input, argument or query, where those are recorded. */
  input(value: unknown): JsonValue | undefined
  /** Copies an output or documents, where those are recorded. */
  output(value: unknown): JsonValue | undefined
  /** Copies one text, or anything else as text. */
  text(value: unknown): string
  /** Copies an object that is to stay one, whatever a redactor makes of it. */
  fields(value: unknown): JsonObject | undefined
  /** Copies the data of an event field by field, so that it stays the data of an event whatever a redactor makes of it. */
  data(data: object): JsonObject
  /** Tells how much was captured since it was last asked, roughly in bytes. */
  weigh(): number
}

/**
 * Makes a capture.
 *
 * It copies at once, so that the host may change its objects afterwards, and in one walk, so that it costs little.
 */
export function createCapture(rules: RedactionRules, options: CaptureOptions): Capture {
  // Roughly the size of what was captured, and where it is full.
  let bytes = 0
  let full = 0
  // What the value being copied stands in, to notice circles.
  let above: object[] = []

  function value(given: unknown): JsonValue | undefined {
    if (given === undefined) return undefined
    const before = bytes
    try {
      const copy = start(given)
      if (rules.custom === undefined) return copy
      bytes = before
      return start(rules.custom(copy))
    } catch (error) {
      options.report(error, 'redact')
      bytes = before + failedMark.length
      return failedMark
    }
  }

  const input = (given: unknown): JsonValue | undefined => (options.recordInputs ? value(given) : undefined)

  const output = (given: unknown): JsonValue | undefined => (options.recordOutputs ? value(given) : undefined)

  function text(given: unknown): string {
    const copy = value(given)
    if (typeof copy === 'string') return copy
    return JSON.stringify(copy) ?? (given === undefined ? 'nothing' : redactedMark)
  }

  function fields(given: unknown): JsonObject | undefined {
    const copy = value(given)
    return copy === undefined || isFields(copy) ? copy : { message: copy }
  }

  function field(key: string, given: unknown): JsonValue | undefined {
    switch (key) {
      case 'input':
      case 'query':
        return input(given)
      case 'output':
      case 'documents':
        return output(given)
      case 'error':
      case 'metadata':
      case 'parameters':
        return fields(given)
    }
    if (typeof given === 'string') return structural.test(key) ? rules.redactText(given) : text(given)
    if (typeof given === 'number') return Number.isFinite(given) ? given : undefined
    if (typeof given === 'boolean') return given
    const copy = value(given)
    return Array.isArray(given) && !Array.isArray(copy) ? [copy ?? redactedMark] : copy
  }

  function start(given: unknown): JsonValue | undefined {
    full = bytes + options.maxValueLength
    above = []
    return copyAny(given, 0)
  }

  function copyAny(given: unknown, depth: number): JsonValue | undefined {
    switch (typeof given) {
      case 'string':
        return copyText(given)
      case 'number': {
        bytes += 8
        if (Math.abs(given) < longNumber) return given
        const digits = String(given)
        const clean = rules.redactText(digits)
        return clean === digits && Number.isFinite(given) ? given : clean
      }
      case 'boolean':
        bytes += 4
        return given
      case 'bigint':
        return copyText(String(given))
      case 'object':
        return given === null ? null : copyObject(given, depth)
      default:
        return undefined
    }
  }

  function copyObject(given: object, depth: number): JsonValue | undefined {
    bytes += objectBytes
    if (depth >= maxDepth) return '[cut: too deep]'
    if (above.includes(given)) return '[circular]'
    above.push(given)
    const copy = copyParts(given, depth + 1)
    above.pop()
    return copy
  }

  function copyParts(given: object, depth: number): JsonValue | undefined {
    if (Array.isArray(given)) return copyList(given, depth)
    const prototype: unknown = Object.getPrototypeOf(given)
    if (prototype === Object.prototype || prototype === null) return copyFields(given, depth)
    if (given instanceof Map) return copyFields(Object.fromEntries(firstOf(given)), depth)
    if (given instanceof Set) return copyList(firstOf(given), depth)
    if (given instanceof Error) return { name: given.constructor.name, message: copyText(given.message) }
    if (given instanceof Blob) return binary(given.size, given.type)
    if (ArrayBuffer.isView(given) || given instanceof ArrayBuffer) return binary(given.byteLength)
    if (given instanceof Promise) return '[promise]'
    if (given instanceof ReadableStream) return '[stream]'
    if (given instanceof RegExp) return copyText(String(given))
    const toJson = readField(given, 'toJSON')
    if (typeof toJson !== 'function') return copyFields(given, depth)
    const json: unknown = toJson.call(given)
    return json === null && given instanceof Date ? 'Invalid Date' : copyAny(json, depth)
  }

  // As many as can be copied, and more, so that the cut is marked.
  function firstOf<Item>(items: Iterable<Item>): Item[] {
    const first: Item[] = []
    for (const item of items) if (first.push(item) * partBytes > options.maxValueLength) break
    return first
  }

  function copyList(list: readonly unknown[], depth: number): JsonValue {
    const copy: JsonValue[] = []
    for (let index = 0; index < list.length; index++) {
      if (bytes >= full) {
        copy.push(`[cut ${list.length - index} items]`)
        break
      }
      bytes += partBytes
      copy.push(copyAny(list[index], depth) ?? null)
    }
    return copy
  }

  function copyFields(source: object, depth: number): JsonValue {
    const copy: Record<string, JsonValue> = {}
    for (const key of Object.keys(source)) {
      if (bytes >= full) {
        copy['[cut]'] = true
        break
      }
      const child = readField(source, key, '[unreadable]')
      if (child === undefined || typeof child === 'function' || key === '__proto__') continue
      bytes += key.length + partBytes
      const { name, secret } = rules.field(key)
      const part = secret && child !== null ? redactedMark : copyAny(child, depth)
      if (part !== undefined) copy[name] = part
    }
    return copy
  }

  function copyText(given: string): string {
    const limit = Math.max(0, Math.min(options.maxTextLength, full - bytes))
    let copy: string
    if (given.length <= limit) copy = rules.redactText(given)
    else {
      const seen = rules.redactText(given.slice(0, limit + cutMargin))
      // What is seen may end in half a secret that no pattern knows: where redaction made it shorter, its end stays out.
      const end =
        given.length <= limit + cutMargin ? limit : Math.min(limit, Math.max(seen.length - cutMargin, 0))
      copy = `${detach(seen.slice(0, end))}[cut: ${given.length - limit} more characters]`
    }
    bytes += copy.length
    return copy
  }

  return {
    value,
    input,
    output,
    text,
    fields,
    data(data) {
      const copy: Record<string, JsonValue | undefined> = {}
      for (const [key, given] of Object.entries(data)) copy[key] = field(key, given)
      return copy
    },
    weigh() {
      const weight = bytes
      bytes = 0
      return weight
    },
  }
}

function isFields(value: JsonValue): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function binary(bytes: number, type = ''): string {
  return `[binary: ${bytes} bytes${type && `, ${type}`}]`
}

// A slice would keep the whole text in memory.
function detach(text: string): string {
  return JSON.parse(JSON.stringify(text)) as string
}
