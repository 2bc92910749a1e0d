import { describe, expect, it } from 'vitest'

import type { Part } from './parts.ts'
import { streamBreaches } from './stream-rules.ts'

const usage = {
  inputTokens: { total: 10, noCache: 5, cacheRead: 3, cacheWrite: 2 },
  outputTokens: { total: 7, text: 4, reasoning: 3 },
}
const own = { toolCallId: 't', toolName: 'tide', dynamic: true } as const
const good: readonly Part[] = [
  { type: 'stream-start', warnings: [] },
  { type: 'response-metadata', id: 'run' },
  { type: 'reasoning-start', id: 'r', providerMetadata: { pincer: { runId: 'run', seq: 1 } } },
  { type: 'reasoning-delta', id: 'r', delta: 'hm' },
  { type: 'reasoning-end', id: 'r' },
  { type: 'tool-input-start', id: 't', toolName: 'tide', providerExecuted: true, dynamic: true },
  { type: 'tool-input-delta', id: 't', delta: '{"a":' },
  { type: 'tool-input-delta', id: 't', delta: '1}' },
  { type: 'tool-input-end', id: 't' },
  { type: 'tool-call', ...own, input: '{"a":1}', providerExecuted: true },
  { type: 'tool-approval-request', approvalId: 'ask', toolCallId: 't' },
  { type: 'tool-result', ...own, result: { half: true }, preliminary: true },
  { type: 'tool-result', ...own, result: { tide: 'low' } },
  { type: 'text-start', id: 'm' },
  { type: 'text-delta', id: 'm', delta: 'low' },
  { type: 'text-end', id: 'm' },
  { type: 'finish', usage, finishReason: { unified: 'stop', raw: 'stop' } },
]

const at = (type: Part['type']): number => good.findIndex((part) => part.type === type)
const without = (type: Part['type']): Part[] => good.filter((part) => part.type !== type)
const twice = (type: Part['type']): Part[] =>
  good.flatMap((part) => (part.type === type ? [part, part] : [part]))
const changed = (type: Part['type'], change: object): Part[] =>
  good.map((part, index) => (index === at(type) ? ({ ...part, ...change } as Part) : part))
const moved = (type: Part['type'], before: Part['type']): Part[] => {
  const rest = without(type)
  const found = good.filter((part) => part.type === type)
  return rest.flatMap((part) => (part.type === before ? [...found, part] : [part]))
}

describe('the rules of a stream', () => {
  it('are kept by a good one, whole or left early', () => {
    expect(streamBreaches(good)).toEqual([])
    for (const [index] of good.entries())
      expect(streamBreaches(good.slice(0, index), { isWhole: false })).toEqual([])
  })

  it.for<[string, readonly Part[]]>([
    ['no start', without('stream-start')],
    ['two starts', twice('stream-start')],
    ['a late start', moved('stream-start', 'text-start')],
    ['two descriptions', twice('response-metadata')],
    ['a late description', moved('response-metadata', 'finish')],
    ['no finish', without('finish')],
    ['two finishes', twice('finish')],
    ['something after finish', [...good, { type: 'raw', rawValue: 1 }]],
    ['an error and a good finish', [...good.slice(0, -1), { type: 'error', error: 1 }, ...good.slice(-1)]],
    ['a bad finish without an error', changed('finish', { finishReason: { unified: 'error', raw: 'x' } })],
    ['text without a start', without('text-start')],
    ['text without an end', without('text-end')],
    ['text that ends twice', twice('text-end')],
    ['text that starts twice', twice('text-start')],
    ['text of another block', changed('text-delta', { id: 'other' })],
    ['text without a letter', changed('text-delta', { delta: '' })],
    ['thoughts without a start', without('reasoning-start')],
    ['thoughts without an end', without('reasoning-end')],
    ['input without a start', without('tool-input-start')],
    ['input without an end', without('tool-input-end')],
    ['input that differs', changed('tool-input-delta', { delta: '{"b":' })],
    ['input of another tool', changed('tool-input-start', { toolName: 'moon' })],
    ['input that is no JSON', changed('tool-call', { input: 'north' })],
    ['input that is an object', changed('tool-call', { input: {} })],
    ['a call that is not marked', changed('tool-call', { providerExecuted: undefined })],
    ['a call that is not dynamic', changed('tool-call', { dynamic: undefined })],
    ['a call twice', twice('tool-call')],
    ['a call without a name', changed('tool-call', { toolName: '' })],
    ['a result before its call', moved('tool-result', 'tool-call')],
    ['a result of another call', changed('tool-result', { toolCallId: 'u' })],
    ['a result of another tool', changed('tool-result', { toolName: 'moon' })],
    [
      'two last results',
      good.flatMap((part) =>
        part.type === 'tool-result' && part.preliminary !== true ? [part, part] : [part],
      ),
    ],
    ['a result that is nothing', changed('tool-result', { result: undefined })],
    ['a result that is no JSON', changed('tool-result', { result: new Date() })],
    ['a question before its call', moved('tool-approval-request', 'tool-call')],
    ['a question after its result', moved('tool-approval-request', 'text-start')],
    ['a question twice', twice('tool-approval-request')],
    ['metadata under another key', changed('reasoning-start', { providerMetadata: { claw: {} } })],
    [
      'metadata that is no JSON',
      changed('reasoning-start', { providerMetadata: { pincer: { at: undefined } } }),
    ],
    [
      'usage that does not add up',
      changed('finish', { usage: { ...usage, inputTokens: { ...usage.inputTokens, total: 11 } } }),
    ],
    [
      'usage that is negative',
      changed('finish', { usage: { ...usage, outputTokens: { total: -1, text: -4, reasoning: 3 } } }),
    ],
    [
      'usage that is half known',
      changed('finish', { usage: { ...usage, outputTokens: { total: 7, text: 7, reasoning: undefined } } }),
    ],
    ['usage without a field', changed('finish', { usage: { ...usage, outputTokens: { total: 7 } } })],
  ])('are broken by %s', ([, parts]) => {
    expect(streamBreaches(parts)).not.toEqual([])
  })

  it('hold the caller’s own tools to theirs', () => {
    expect(streamBreaches(good, { clientTools: ['tide'] })).not.toEqual([])
    const call: Part = { type: 'tool-call', toolCallId: 't', toolName: 'tide', input: '{}' }
    const parts = [...good.slice(0, 2), call, ...good.slice(-1)]
    expect(streamBreaches(parts, { clientTools: ['tide'] })).toEqual([])
    expect(streamBreaches(parts)).not.toEqual([])
  })
})
