import fc from 'fast-check'
import { expect, test } from 'vitest'
import { eventTypes, parseEvent, parseFrame, ProtocolError } from '../src/index.ts'
import { exampleData, exampleEvent } from './example-events.ts'

type Json = null | boolean | number | string | Json[] | { [key: string]: Json }

const prototypeBefore = Object.getOwnPropertyNames(Object.prototype)
const nasty = fc.constantFrom<Json>(
  1e308,
  -0,
  5e-324,
  Number.MAX_SAFE_INTEGER + 2,
  '',
  '\u0000',
  '\ud800',
  '__proto__',
  'constructor',
)
const anyJson: fc.Arbitrary<Json> = fc.oneof(
  fc.jsonValue({ noUnicodeString: false }) as fc.Arbitrary<Json>,
  nasty,
  fc.nat(200).map((levels) => JSON.parse('['.repeat(levels) + '1' + ']'.repeat(levels)) as Json),
)
const frames: Json[] = [
  { type: 'req', id: '1', method: 'm', params: {} },
  { type: 'res', id: '1', ok: false, error: { code: 'c', message: 'm' } },
  { type: 'event', event: 'e', payload: {}, seq: 1 },
]

/** Puts something in the place of something, somewhere in the text of a value; `__proto__` as a field of its own. */
function mutate(value: Json, at: number, what: Json, how: 'replace' | 'remove' | 'proto' | 'add'): Json {
  const places: [container: { [key: string]: Json }, key: string][] = []
  const copy = JSON.parse(JSON.stringify(value)) as Json
  const visit = (node: Json): void => {
    if (typeof node !== 'object' || node === null) return
    for (const key of Object.keys(node)) {
      places.push([node as { [key: string]: Json }, key])
      visit((node as { [key: string]: Json })[key] ?? null)
    }
  }
  visit(copy)
  const place = places[at % places.length]
  if (place === undefined) return what
  const [container, key] = place
  if (how === 'remove') delete container[key]
  else if (how === 'replace') container[key] = what
  else
    Object.defineProperty(container, how === 'proto' ? '__proto__' : 'added', {
      value: what,
      enumerable: true,
      configurable: true,
      writable: true,
    })
  return copy
}

function check(parse: (value: unknown) => unknown, value: unknown): void {
  let parsed: unknown
  try {
    parsed = parse(value)
  } catch (error) {
    expect(error).toBeInstanceOf(ProtocolError)
    const { path, expected, found, message } = error as ProtocolError
    expect(message).toBe(`${path === '' ? 'value' : path}: expected ${expected}, found ${found}`)
    expect(message.length).toBeLessThan(800)
    return
  } finally {
    expect(Object.getOwnPropertyNames(Object.prototype)).toEqual(prototypeBefore)
  }
  // What was accepted is accepted again after the wire, unchanged.
  const text = JSON.stringify(parsed)
  expect(text).not.toContain('"__proto__":')
  expect(JSON.stringify(parse(JSON.parse(text)))).toBe(text)
}

test.each([
  ['parseEvent', parseEvent],
  ['parseFrame', parseFrame],
])('%s takes any JSON or throws a ProtocolError', (_, parse) => {
  fc.assert(
    fc.property(anyJson, (value) => check(parse, value)),
    { numRuns: 1_000 },
  )
})

const change = fc.record({
  at: fc.nat(60),
  what: anyJson,
  how: fc.constantFrom('replace', 'remove', 'proto', 'add'),
})

test('parseEvent takes a spoilt event or throws a ProtocolError', () => {
  fc.assert(
    fc.property(fc.constantFrom(...eventTypes), fc.array(change, { maxLength: 3 }), (type, changes) => {
      let value = exampleEvent(type, exampleData[type]) as Json
      for (const { at, what, how } of changes) value = mutate(value, at, what, how)
      check(parseEvent, value)
    }),
    { numRuns: 2_000 },
  )
})

test('parseFrame takes a spoilt frame or throws a ProtocolError', () => {
  fc.assert(
    fc.property(fc.constantFrom(...frames), fc.array(change, { maxLength: 3 }), (frame, changes) => {
      let value = frame
      for (const { at, what, how } of changes) value = mutate(value, at, what, how)
      check(parseFrame, value)
    }),
    { numRuns: 1_000 },
  )
})

test('whatever stands in the data of an event comes through as it was', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 10 }), (payload) => {
      const sent = JSON.parse(JSON.stringify(exampleEvent('raw', { name: 'n', payload }))) as object
      if (JSON.stringify(sent).includes('__proto__')) return
      expect(parseEvent(sent)).toEqual(sent)
    }),
  )
})
