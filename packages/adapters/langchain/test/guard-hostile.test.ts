// Values that break whoever looks at them, in observe mode: the host gets what it gets without us.
import { ToolMessage } from '@langchain/core/messages'
import { tool } from '@langchain/core/tools'
import { createAgent } from 'langchain'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'

import { guardMiddleware, guardTool } from '../src/guard.ts'
import { PincerCallbackHandler } from '../src/index.ts'
import { addCall, enforced, question, recorded, ScriptedModel } from './guard-fixture.ts'

const throwing = (): object =>
  Object.defineProperty({ a: 1 }, 'messages', {
    enumerable: true,
    get() {
      throw new Error('do not look')
    },
  })
const cyclic = (): object => {
  const value: Record<string, unknown> = { a: 1 }
  value['self'] = value
  return value
}
const hostileProxy = (): object =>
  new Proxy(
    {},
    {
      get(_, key) {
        // What a promise asks of its value.
        if (key === 'then' || key === 'constructor') return undefined
        throw new Error('do not look')
      },
      ownKeys() {
        throw new Error('do not look')
      },
    },
  )
class Money {
  readonly #amount = 5n
  get amount(): bigint {
    return this.#amount
  }
}

const values: readonly (readonly [string, () => unknown])[] = [
  ['a field that throws', throwing],
  ['a circle', cyclic],
  ['a bigint', () => 5n],
  ['a symbol', () => Symbol('x')],
  ['nothing', () => undefined],
  ['null', () => null],
  ['a function', () => () => 1],
  ['a frozen object', () => Object.freeze({ a: Object.freeze([1]) })],
  ['an instance of a class', () => new Money()],
  [
    'a message with blocks that throw',
    () => new ToolMessage({ content: [throwing() as never, null as never], tool_call_id: 'x' }),
  ],
  ['10 MB', () => 'x'.repeat(10_000_000)],
  ['bytes', () => new Uint8Array(10_000_000)],
]

function made(output: unknown) {
  return {
    name: 'add',
    description: 'Adds.',
    schema: z.object({ a: z.number(), b: z.number() }),
    lc_namespace: [],
    invoke: async () => output,
  }
}

describe.each([
  ['observe', recorded],
  ['enforce, where it is allowed', enforced],
])('%s', (_, make) => {
  it.each(values)('a guarded tool gives %s back', async (_name, value) => {
    const { claw } = make()
    const output = value()
    const result = (await guardTool(made(output), claw).invoke()) as unknown
    expect(Object.is(result, output)).toBe(true)
    expect(claw.stats()).toMatchObject({ open: 0, lateEnds: 0 })
  })

  it('a guarded tool gives a proxy back that throws when it is looked at', async () => {
    const { claw } = make()
    const output = hostileProxy()
    expect(Object.is(await guardTool(made(output), claw).invoke(), output)).toBe(true)
    expect(claw.stats().open).toBe(0)
  })

  it.each([...values, ['a proxy', hostileProxy] as const])(
    'an agent whose tool gives %s with its answer says what it says without us',
    async (_name, value) => {
      const { claw } = make()
      const run = async (isGuarded: boolean): Promise<unknown> => {
        const work = tool(() => ['3', value()], {
          name: 'add',
          description: 'Adds.',
          schema: z.object({ a: z.number(), b: z.number() }),
          responseFormat: 'content_and_artifact',
        })
        const model = new ScriptedModel([addCall()], 'Done.')
        const middleware = isGuarded ? [guardMiddleware(claw)] : []
        const callbacks = isGuarded ? [new PincerCallbackHandler(claw)] : []
        await createAgent({ model, tools: [work], middleware }).invoke(question, { callbacks })
        return model.answers.map(({ content, status }) => [content, status])
      }
      expect(await run(true)).toEqual(await run(false))
      expect(claw.stats()).toMatchObject({ open: 0, lateEnds: 0 })
    },
  )

  it.each([
    ['an error', () => new RangeError('boom')],
    ['a text', () => 'boom'],
    ['nothing', () => undefined],
    ['a proxy', hostileProxy],
    ['a frozen error', () => Object.freeze(new Error('boom'))],
  ])('a guarded tool throws %s that it threw', async (_name, value) => {
    const { claw } = make()
    const thrown = value()
    const work = { name: 'add', invoke: () => Promise.reject(thrown) }
    const caught = await guardTool(work, claw)
      .invoke()
      .then(
        () => ['no error'],
        (error: unknown) => [error],
      )
    expect(Object.is(caught[0], thrown)).toBe(true)
    expect(claw.stats().open).toBe(0)
  })
})
