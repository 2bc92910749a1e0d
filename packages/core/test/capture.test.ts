import { describe, expect, test } from 'vitest'
import type { ClientOptions } from '../src/index.ts'
import { recorded } from './recorded.ts'

async function shown(input: unknown, options: Partial<ClientOptions> = {}): Promise<unknown> {
  const { claw, deliver } = recorded(options)
  claw.startRun({ input })
  return (await deliver()).one('run.started').data.input
}

class Account {
  readonly id = 7
  readonly #balance = 100
  get balance(): number {
    return this.#balance
  }
}

describe('values of every kind become JSON', () => {
  test.each<[string, unknown, unknown]>([
    ['text', 'abc', 'abc'],
    ['number', 1.5, 1.5],
    ['not a number', Number.NaN, 'NaN'],
    ['infinity', -Infinity, '-Infinity'],
    ['boolean', false, false],
    ['null', null, null],
    ['undefined', undefined, undefined],
    ['bigint', 12n, '12'],
    ['function', () => {}, undefined],
    ['symbol', Symbol('x'), undefined],
    ['fields without a value', { a: undefined, b: () => {}, c: Symbol('x'), d: null }, { d: null }],
    ['items without a value', [undefined, () => {}, 1], [null, null, 1]],
    ['a list with holes', Object.assign([], { 1: 1, length: 2 }), [null, 1]],
    ['Date', new Date(0), '1970-01-01T00:00:00.000Z'],
    ['invalid Date', new Date(Number.NaN), 'Invalid Date'],
    ['Error', new RangeError('out'), { name: 'RangeError', message: 'out' }],
    ['URL', new URL('https://example.com/a?b=1'), 'https://example.com/a?b=1'],
    ['RegExp', /a+/g, '/a+/g'],
    [
      'Map',
      new Map<unknown, unknown>([
        ['a', 1],
        [2, 'b'],
        ['password', 'x'],
      ]),
      { a: 1, 2: 'b', password: '[redacted]' },
    ],
    ['Set', new Set([1, 'a']), [1, 'a']],
    ['Uint8Array', new Uint8Array(5), '[binary: 5 bytes]'],
    ['Buffer', Buffer.from('abc'), '[binary: 3 bytes]'],
    ['ArrayBuffer', new ArrayBuffer(9), '[binary: 9 bytes]'],
    ['Blob', new Blob(['abcd'], { type: 'text/plain' }), '[binary: 4 bytes, text/plain]'],
    ['Blob without a type', new Blob(['ab']), '[binary: 2 bytes]'],
    ['Promise', Promise.resolve(1), '[promise]'],
    ['stream', new ReadableStream(), '[stream]'],
    ['class instance', new Account(), { id: 7 }],
    ['toJSON', { toJSON: () => 'not asked: a plain object' }, {}],
    [
      'toJSON of a class',
      new (class {
        toJSON(): unknown {
          return { a: 1, token: 'x' }
        }
      })(),
      { a: 1, token: '[redacted]' },
    ],
    ['no prototype', Object.assign(Object.create(null), { a: 1 }), { a: 1 }],
    [
      'getter that throws',
      {
        get a() {
          throw new Error('no')
        },
        b: 1,
      },
      { a: '[unreadable]', b: 1 },
    ],
    ['boxed', [new Number(1)], [{}]],
  ])('%s', async (_, value, expected) => {
    await expect(shown(value)).resolves.toEqual(expected)
  })

  test('circles are cut where they close, and what merely appears twice is not', async () => {
    const shared = { n: 1 }
    const circle: Record<string, unknown> = { name: 'c', left: shared, right: shared, list: [] }
    circle['self'] = circle
    ;(circle['list'] as unknown[]).push(circle)
    await expect(shown(circle)).resolves.toEqual({
      name: 'c',
      left: { n: 1 },
      right: { n: 1 },
      list: ['[circular]'],
      self: '[circular]',
    })
  })

  test('`__proto__` changes nothing and goes', async () => {
    const input: unknown = JSON.parse(
      '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},"a":1}',
    )
    const copy = await shown([input, new Map([['__proto__', { polluted: 1 }]])])
    expect(JSON.stringify(copy)).toBe('[{"constructor":{"prototype":{"polluted":1}},"a":1},{}]')
    expect(Object.getPrototypeOf((copy as object[])[0])).toBe(Object.prototype)
    expect(({} as { polluted?: number }).polluted).toBeUndefined()
  })

  test.each([
    [
      'toJSON that throws',
      new (class {
        toJSON(): never {
          throw new Error('x')
        }
      })(),
    ],
    [
      'proxy with traps',
      new Proxy(
        {},
        {
          ownKeys: () => {
            throw new Error('x')
          },
        },
      ),
    ],
    [
      'revoked proxy',
      (() => {
        const { proxy, revoke } = Proxy.revocable({}, {})
        revoke()
        return proxy
      })(),
    ],
  ])('%s has the whole value redacted, and onError is told', async (_, value) => {
    const { claw, errors, deliver } = recorded()
    claw.startRun({ input: { value, other: 'x' } })
    expect((await deliver()).one('run.started').data.input).toBe('[redacted: the redactor failed]')
    expect(errors).toMatchObject([[expect.any(Error), 'redact']])
  })
})

describe('what is large is cut', () => {
  test('in text, with a marker', async () => {
    await expect(shown('x'.repeat(120), { maxTextLength: 100 })).resolves.toBe(
      `${'x'.repeat(100)}[cut: 20 more characters]`,
    )
    await expect(shown('x'.repeat(100), { maxTextLength: 100 })).resolves.toBe('x'.repeat(100))
  })

  test('in sum, with markers', async () => {
    const copy = (await shown(
      { list: Array.from({ length: 1_000 }, () => 'y'.repeat(100)), after: 'z' },
      { maxValueLength: 1_000 },
    )) as { list: string[] }
    expect(JSON.stringify(copy).length).toBeLessThan(1_500)
    expect(copy.list.at(-1)).toMatch(/^\[cut \d+ items\]$/)
    expect(copy).toMatchObject({ '[cut]': true })
  })

  test('in depth', async () => {
    let deep: unknown = 'bottom'
    for (let index = 0; index < 10_000; index++) deep = index % 2 === 0 ? [deep] : { deep }
    const text = JSON.stringify(await shown(deep))
    expect(text).toContain('[cut: too deep]')
    expect(text.length).toBeLessThan(500)
  })

  test.each<[string, () => unknown]>([
    ['list', () => Array.from({ length: 1_000_000 }, () => ({}))],
    ['empty list', () => Object.assign([], { length: 10_000_000 })],
    ['object', () => Object.fromEntries(Array.from({ length: 200_000 }, (_, index) => [index, index]))],
    ['Map', () => new Map(Array.from({ length: 300_000 }, (_, index) => [`k${index}`, index]))],
    ['Set', () => new Set(Array.from({ length: 300_000 }, (_, index) => index))],
    [
      'wide tree',
      () => {
        const leaf = Array.from({ length: 300 }, () => 1)
        const branch = Array.from({ length: 300 }, () => leaf)
        return Array.from({ length: 300 }, () => branch)
      },
    ],
    ['name of a field', () => ({ ['n'.repeat(5_000_000)]: 1 })],
    ['text', () => 'x'.repeat(50_000_000)],
  ])('in number: %s', async (_, make) => {
    const value = make()
    const { claw, deliver } = recorded()
    const startedAt = performance.now()
    claw.startRun({ input: value })
    expect(performance.now() - startedAt).toBeLessThan(5_000)
    const { queuedBytes } = claw.stats()
    const text = JSON.stringify((await deliver()).one('run.started').data.input)
    expect(text.length).toBeLessThan(400_000)
    expect(text).toContain('[cut')
    // What an event weighs in the outbox is about what it is.
    expect(queuedBytes).toBeGreaterThan(text.length * 0.5)
  })

  test('but no secret is cut in half and left there', async () => {
    const secret = `sk-proj-${'Abc123xyz_'.repeat(8)}`
    for (let before = 900; before <= 1_001; before++) {
      const text = `${'word '.repeat(400).slice(0, before - 1)} ${secret} ${'tail '.repeat(2_000)}`
      const copy = String(await shown(text, { maxTextLength: 1_000 }))
      expect(copy).not.toContain('Abc123xyz')
    }
  })

  test('not even where redaction moved the cut behind what was looked at', async () => {
    const secret = `sk-proj-${'Abc123xyz_'.repeat(8)}`
    const other = `sk-proj-${'Zyx987cba-'.repeat(8)}`
    for (let shift = 0; shift < 100; shift++) {
      const text = `${'p'.repeat(shift)} ${`${other} `.repeat(40)}${secret}${` ${secret}`.repeat(200)}`
      const copy = String(await shown(text, { maxTextLength: 2_000 }))
      expect(copy).not.toMatch(/Abc123|Zyx987|sk-proj/)
    }
  })
})

test('what is changed after the call does not show', async () => {
  const { claw, deliver } = recorded()
  const input = { list: [1], nested: { text: 'before' } }
  const metadata = { user: 'before' }
  const usage = {
    provider: 'p',
    model: 'm',
    inputTokens: 1,
    cacheReadTokens: 0,
    cacheWriteTokens: 0,
    outputTokens: 1,
    reasoningTokens: 0,
    totalTokens: 2,
  }
  const run = claw.startRun({ input, metadata })
  run.startModelCall({ provider: 'p', model: 'm' }).end({ usage })
  const facts = { status: 'before' }
  run.record('task.updated', facts)
  input.list.push(2)
  input.nested.text = metadata.user = facts.status = 'after'
  usage.inputTokens = 99
  const gateway = await deliver()
  expect(gateway.one('run.started').data).toMatchObject({
    input: { list: [1], nested: { text: 'before' } },
    metadata: { user: 'before' },
  })
  expect(gateway.one('usage.reported').data.inputTokens).toBe(1)
  expect(gateway.one('task.updated').data.status).toBe('before')
})

test('metadata and parameters that are no objects become some', async () => {
  const { claw, deliver } = recorded()
  const odd = ['a'] as unknown as Record<string, unknown>
  claw.startRun({ metadata: odd }).startModelCall({ provider: 'p', model: 'm', parameters: odd })
  const gateway = await deliver()
  expect(gateway.one('run.started').data.metadata).toEqual({ message: ['a'] })
  expect(gateway.one('model.call.started').data.parameters).toEqual({ message: ['a'] })
})
