import { expect, test } from 'vitest'
import { addUsage, emptyUsage, type Usage } from '../src/index.ts'

const usage = (change: Partial<Usage>): Usage => ({
  provider: 'openai',
  model: 'gpt',
  inputTokens: 10,
  cacheReadTokens: 4,
  cacheWriteTokens: 1,
  outputTokens: 20,
  reasoningTokens: 5,
  totalTokens: 30,
  ...change,
})

test('every count is added', () => {
  expect(addUsage(usage({}), usage({ inputTokens: 1, totalTokens: 21 }))).toEqual(
    usage({
      inputTokens: 11,
      cacheReadTokens: 8,
      cacheWriteTokens: 2,
      outputTokens: 40,
      reasoningTokens: 10,
      totalTokens: 51,
    }),
  )
})

test('nothing added changes nothing', () => {
  const some = usage({ costUsd: 0.5, details: { audioSeconds: 3 } })
  expect(addUsage(emptyUsage, some)).toEqual(some)
  expect(addUsage(some, emptyUsage)).toEqual(some)
  expect(addUsage(emptyUsage, emptyUsage)).toEqual({ ...emptyUsage })
  expect([some].reduce(addUsage, emptyUsage)).toEqual(some)
  expect(Object.isFrozen(emptyUsage)).toBe(true)
})

test('provider and model are kept where both agree', () => {
  expect(addUsage(usage({}), usage({}))).toMatchObject({ provider: 'openai', model: 'gpt' })
  expect(addUsage(usage({}), usage({ model: 'other' }))).toMatchObject({ provider: 'openai', model: '' })
  expect(addUsage(usage({}), usage({ provider: 'other' }))).toMatchObject({ provider: '', model: 'gpt' })
})

test('a cost is absent only where neither side has one', () => {
  expect(addUsage(usage({}), usage({}))).not.toHaveProperty('costUsd')
  expect(addUsage(usage({ costUsd: 0 }), usage({})).costUsd).toBe(0)
  expect(addUsage(usage({}), usage({ costUsd: 2 })).costUsd).toBe(2)
  expect(addUsage(usage({ costUsd: 1 }), usage({ costUsd: 2 })).costUsd).toBe(3)
})

test('details are added by name', () => {
  expect(addUsage(usage({}), usage({}))).not.toHaveProperty('details')
  expect(addUsage(usage({ details: { a: 1, b: 2 } }), usage({ details: { b: 3, c: 4 } })).details).toEqual({
    a: 1,
    b: 5,
    c: 4,
  })
  expect(
    addUsage(usage({ details: { constructor: 1 } }), usage({ details: { toString: 2 } })).details,
  ).toEqual({
    constructor: 1,
    toString: 2,
  })
  expect(addUsage(usage({ details: { a: 1 } }), usage({})).details).toEqual({ a: 1 })
})
