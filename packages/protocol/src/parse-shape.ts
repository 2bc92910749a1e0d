import { ProtocolError } from './protocol-error.ts'

/** What a field must hold; a trailing `?` allows it to be absent. */
type Kind = 'string' | 'number' | 'count' | 'boolean' | 'json' | 'object' | 'strings' | 'counts'

/** Fields of an object: a kind by name, the words allowed (with `undefined` among them where it may be absent), or a shape. */
export interface Shape {
  readonly [field: string]: Kind | `${Kind}?` | Words | Shape
}

type Words = readonly (string | undefined)[]

const maxDepth = 64

const kinds: Readonly<Record<Kind, { readonly words: string; readonly test: (value: unknown) => boolean }>> =
  {
    string: { words: 'a string', test: (value) => typeof value === 'string' },
    number: { words: 'a finite number', test: Number.isFinite },
    count: {
      words: 'a number of zero or more',
      test: (value) => Number.isFinite(value) && (value as number) >= 0,
    },
    boolean: { words: 'a boolean', test: (value) => typeof value === 'boolean' },
    json: { words: 'a JSON value', test: (value) => value !== undefined },
    object: { words: 'an object', test: isObject },
    strings: {
      words: 'an array of strings',
      test: (value) => Array.isArray(value) && value.every((item) => typeof item === 'string'),
    },
    counts: {
      words: 'an object of numbers',
      test: (value) => isObject(value) && Object.values(value).every(Number.isFinite),
    },
  }

/** Tells a plain object from arrays, null and everything that is not JSON. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/**
 * Checks an object against a shape; fields the shape does not name are left to {@link expectJson}.
 *
 * @throws ProtocolError naming the field.
 */
export function expectShape(value: unknown, shape: Shape, path: string): Record<string, unknown> {
  if (!isObject(value)) throw new ProtocolError(path, 'an object', value)
  for (const [field, rule] of Object.entries(shape)) {
    const at = path === '' ? field : `${path}.${field}`
    const found = Object.hasOwn(value, field) ? value[field] : undefined
    if (typeof rule === 'string') expectKind(found, rule, at)
    else if (!isWords(rule)) expectShape(found, rule, at)
    else if (!rule.includes(found as string))
      throw new ProtocolError(at, `one of ${rule.filter(Boolean).join(', ')}`, found)
  }
  return value
}

function expectKind(value: unknown, rule: string, path: string): void {
  const absent = rule.endsWith('?')
  if (absent && value === undefined) return
  const kind = kinds[(absent ? rule.slice(0, -1) : rule) as Kind]
  if (!kind.test(value)) throw new ProtocolError(path, kind.words, value)
}

function isWords(rule: Words | Shape): rule is Words {
  return Array.isArray(rule)
}

/**
 * Checks that a value is plain JSON of bounded depth that cannot reach a prototype.
 *
 * @throws ProtocolError naming the first place that is not.
 */
export function expectJson(value: unknown, path: string, depth = 0): void {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw new ProtocolError(path, 'a finite number', value)
    return
  }
  if (typeof value !== 'object') throw new ProtocolError(path, 'a JSON value', value)
  if (depth >= maxDepth) throw new ProtocolError(path, `at most ${maxDepth} levels`, value)
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index++)
      expectJson(value[index], `${path}[${index}]`, depth + 1)
    return
  }
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null)
    throw new ProtocolError(path, 'a plain object', value)
  for (const [field, child] of Object.entries(value)) {
    if (field === '__proto__') throw new ProtocolError(path, 'no field named __proto__', value)
    if (child !== undefined) expectJson(child, `${path}.${field}`, depth + 1)
  }
}
