import { describe, expect, test } from 'vitest'
import { parseFrame, ProtocolError } from '../src/index.ts'

test.each([
  { type: 'req', id: '1', method: 'agents.list' },
  { type: 'req', id: '1', method: 'agents.run', params: { input: ['x'] } },
  { type: 'res', id: '1', ok: true },
  { type: 'res', id: '1', ok: true, payload: [1, null] },
  { type: 'res', id: '1', ok: false, error: { code: 'c', message: 'm' } },
  {
    type: 'res',
    id: '1',
    ok: false,
    error: { code: 'c', message: 'm', details: {}, retryable: true, retryAfterMs: 5 },
    payload: 'x',
  },
  { type: 'event', event: 'agent' },
  { type: 'event', event: 'agent', payload: { a: 1 }, seq: 3 },
])('%j is read as it was written', (frame) => {
  expect(parseFrame(frame)).toEqual(frame)
  expect(parseFrame(JSON.parse(JSON.stringify(frame)))).toEqual(frame)
})

describe('what is wrong is named', () => {
  const count = 'a number of zero or more'
  test.each<[unknown, string]>([
    [undefined, 'value: expected an object, found nothing'],
    [[], 'value: expected an object, found an array of 0'],
    [{}, 'type: expected one of req, res, event, found nothing'],
    [{ type: 'hello' }, 'type: expected one of req, res, event, found a string "hello"'],
    [{ type: 'toString' }, 'type: expected one of req, res, event, found a string "toString"'],
    [{ type: 'req', method: 'm' }, 'id: expected a string, found nothing'],
    [{ type: 'req', id: 1, method: 'm' }, 'id: expected a string, found the number 1'],
    [{ type: 'req', id: '1' }, 'method: expected a string, found nothing'],
    [
      { type: 'req', id: '1', method: 'm', params: { a: Number.NaN } },
      'params.a: expected a finite number, found the number NaN',
    ],
    [{ type: 'res', id: '1' }, 'ok: expected a boolean, found nothing'],
    [{ type: 'res', id: '1', ok: 1 }, 'ok: expected a boolean, found the number 1'],
    [{ type: 'res', id: '1', ok: false }, 'error: expected an object, found nothing'],
    [
      { type: 'res', id: '1', ok: false, error: { code: 'c' } },
      'error.message: expected a string, found nothing',
    ],
    [
      { type: 'res', id: '1', ok: false, error: { code: 1, message: 'm' } },
      'error.code: expected a string, found the number 1',
    ],
    [
      { type: 'res', id: '1', ok: false, error: { code: 'c', message: 'm', retryAfterMs: -1 } },
      `error.retryAfterMs: expected ${count}, found the number -1`,
    ],
    [
      { type: 'res', id: '1', ok: true, payload: new Map() },
      'payload: expected a plain object, found an object',
    ],
    [{ type: 'event' }, 'event: expected a string, found nothing'],
    [{ type: 'event', event: 'e', seq: 'x' }, `seq: expected ${count}, found a string "x"`],
    [
      JSON.parse('{"type":"event","event":"e","payload":{"__proto__":1}}'),
      'payload: expected no field named __proto__, found an object',
    ],
    [
      JSON.parse('{"type":"res","id":"1","ok":true,"error":{"__proto__":1}}'),
      'error: expected no field named __proto__, found an object',
    ],
  ])('%#', (value, message) => {
    expect(() => parseFrame(value)).toThrow(ProtocolError)
    expect(() => parseFrame(value)).toThrow(message)
  })
})

test('fields that are not known are dropped', () => {
  const text = '{"type":"event","event":"e","extra":1,"__proto__":{"a":1},"id":"x"}'
  expect(Object.entries(parseFrame(JSON.parse(text)))).toEqual([
    ['type', 'event'],
    ['event', 'e'],
  ])
})
