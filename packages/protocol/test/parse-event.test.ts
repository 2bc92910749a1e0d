import { describe, expect, test } from 'vitest'
import { type ClawEventType, eventTypes, parseEvent, ProtocolError } from '../src/index.ts'
import { exampleData, exampleEvent } from './example-events.ts'

type Wrong = [change: (data: Record<string, unknown>) => void, path: string, expected: string, found: string]

const set =
  (field: string, value: unknown): Wrong[0] =>
  (data) =>
    void (data[field] = value)
const drop =
  (field: string): Wrong[0] =>
  (data) =>
    void delete data[field]

const completed = 'one of ok, length, content_filter, refusal, cancelled, unread, abandoned'
const failed = 'one of error, timed_out, blocked, denied'
const risks = 'one of low, medium, high, critical'
const count = 'a number of zero or more'

const opened: Wrong[] = [
  [set('name', 7), 'data.name', 'a string', 'the number 7'],
  [set('metadata', ['x']), 'data.metadata', 'an object', 'an array of 1'],
  [set('parentActionId', null), 'data.parentActionId', 'a string', 'null'],
  [set('input', () => {}), 'data.input', 'a JSON value', 'a function'],
]
const stopped: Wrong[] = [
  [set('reason', {}), 'data.reason', 'a string', 'an object'],
  [set('durationMs', -1), 'data.durationMs', count, 'the number -1'],
]
const delta: Wrong[] = [
  [drop('delta'), 'data.delta', 'a string', 'nothing'],
  [set('replace', 'yes'), 'data.replace', 'a boolean', 'a string "yes"'],
]
const artifact: Wrong[] = [
  [drop('artifactId'), 'data.artifactId', 'a string', 'nothing'],
  [set('bytes', '1'), 'data.bytes', count, 'a string "1"'],
]
const session: Wrong[] = [
  [set('label', 1), 'data.label', 'a string', 'the number 1'],
  [set('reason', true), 'data.reason', 'a string', 'the boolean true'],
]
const git: Wrong[] = [
  [set('branch', 1), 'data.branch', 'a string', 'the number 1'],
  [set('diff', []), 'data.diff', 'a string', 'an array of 0'],
]

const wrong: { readonly [Type in ClawEventType]: Wrong[] } = {
  'run.created': opened,
  'run.queued': opened,
  'run.started': opened,
  'run.completed': [
    [set('stopReason', 1), 'data.stopReason', 'a string', 'the number 1'],
    [set('durationMs', Number.NaN), 'data.durationMs', count, 'the number NaN'],
    [set('output', { deep: [undefined] }), 'data.output.deep[0]', 'a JSON value', 'nothing'],
  ],
  'run.failed': [
    [drop('error'), 'data.error', 'an object', 'nothing'],
    [set('error', 'broken'), 'data.error', 'an object', 'a string "broken"'],
    [set('error', {}), 'data.error.message', 'a string', 'nothing'],
    [set('error', { message: 'm', status: '500' }), 'data.error.status', 'a finite number', 'a string "500"'],
  ],
  'run.cancelled': stopped,
  'run.timed_out': stopped,
  'assistant.delta': delta,
  'assistant.message': [
    [drop('text'), 'data.text', 'a string', 'nothing'],
    [set('itemId', 3), 'data.itemId', 'a string', 'the number 3'],
  ],
  'thinking.delta': delta,
  'model.call.started': [
    [drop('provider'), 'data.provider', 'a string', 'nothing'],
    [drop('model'), 'data.model', 'a string', 'nothing'],
    [
      set('operation', 'sing'),
      'data.operation',
      'one of chat, completion, response, embedding, image, speech, transcription, translation, moderation',
      'a string "sing"',
    ],
    [set('stream', 1), 'data.stream', 'a boolean', 'the number 1'],
    [set('parameters', 'hot'), 'data.parameters', 'an object', 'a string "hot"'],
  ],
  'model.call.completed': [
    [drop('outcome'), 'data.outcome', completed, 'nothing'],
    [set('outcome', 'error'), 'data.outcome', completed, 'a string "error"'],
    [set('firstTokenMs', -0.1), 'data.firstTokenMs', count, 'the number -0.1'],
  ],
  'model.call.failed': [
    [set('outcome', 'ok'), 'data.outcome', failed, 'a string "ok"'],
    [drop('error'), 'data.error', 'an object', 'nothing'],
  ],
  'tool.call.started': [
    [drop('toolCallId'), 'data.toolCallId', 'a string', 'nothing'],
    [set('risk', 'huge'), 'data.risk', risks, 'a string "huge"'],
    [set('risk', null), 'data.risk', risks, 'null'],
  ],
  'tool.call.delta': [
    [drop('toolCallId'), 'data.toolCallId', 'a string', 'nothing'],
    [set('delta', 1), 'data.delta', 'a string', 'the number 1'],
  ],
  'tool.call.completed': [
    [set('outcome', 'denied'), 'data.outcome', completed, 'a string "denied"'],
    [set('toolCallId', 1), 'data.toolCallId', 'a string', 'the number 1'],
  ],
  'tool.call.failed': [
    [set('outcome', 'ok'), 'data.outcome', failed, 'a string "ok"'],
    [set('error', { message: 1 }), 'data.error.message', 'a string', 'the number 1'],
  ],
  'retrieval.started': [
    [drop('name'), 'data.name', 'a string', 'nothing'],
    [set('query', Symbol('q')), 'data.query', 'a JSON value', 'a symbol'],
  ],
  'retrieval.completed': [
    [drop('outcome'), 'data.outcome', completed, 'nothing'],
    [set('durationMs', null), 'data.durationMs', count, 'null'],
  ],
  'retrieval.failed': [
    [drop('outcome'), 'data.outcome', failed, 'nothing'],
    [drop('error'), 'data.error', 'an object', 'nothing'],
  ],
  'guard.decided': [
    [
      set('decision', 'deny'),
      'data.decision',
      'one of allow, warn, block, require_approval',
      'a string "deny"',
    ],
    [set('kind', 'tool'), 'data.kind', 'one of model_call, tool_call, retrieval', 'a string "tool"'],
    [drop('enforced'), 'data.enforced', 'a boolean', 'nothing'],
    [drop('name'), 'data.name', 'a string', 'nothing'],
  ],
  'usage.reported': [
    [drop('inputTokens'), 'data.inputTokens', count, 'nothing'],
    [set('outputTokens', -5), 'data.outputTokens', count, 'the number -5'],
    [set('totalTokens', '3'), 'data.totalTokens', count, 'a string "3"'],
    [set('costUsd', Infinity), 'data.costUsd', count, 'the number Infinity'],
    [set('details', { a: 'b' }), 'data.details', 'an object of numbers', 'an object'],
    [set('details', [1]), 'data.details', 'an object of numbers', 'an array of 1'],
    [drop('provider'), 'data.provider', 'a string', 'nothing'],
  ],
  'approval.requested': [
    [drop('approvalId'), 'data.approvalId', 'a string', 'nothing'],
    [set('expiresAt', 'soon'), 'data.expiresAt', count, 'a string "soon"'],
    [set('risk', 1), 'data.risk', risks, 'the number 1'],
  ],
  'approval.resolved': [
    [
      set('status', 'pending'),
      'data.status',
      'one of approved, denied, expired, cancelled',
      'a string "pending"',
    ],
    [set('decidedBy', {}), 'data.decidedBy', 'a string', 'an object'],
  ],
  'question.requested': [
    [drop('text'), 'data.text', 'a string', 'nothing'],
    [set('options', ['a', 1]), 'data.options', 'an array of strings', 'an array of 2'],
    [set('options', 'a'), 'data.options', 'an array of strings', 'a string "a"'],
  ],
  'question.answered': [
    [drop('questionId'), 'data.questionId', 'a string', 'nothing'],
    [set('answer', 1n), 'data.answer', 'a JSON value', 'a bigint'],
  ],
  'artifact.created': artifact,
  'artifact.updated': artifact,
  'session.created': session,
  'session.updated': session,
  'session.compacted': session,
  'task.updated': [
    [drop('status'), 'data.status', 'a string', 'nothing'],
    [set('title', 1), 'data.title', 'a string', 'the number 1'],
  ],
  'git.branch': git,
  'git.diff': git,
  'git.pr': git,
  raw: [
    [drop('name'), 'data.name', 'a string', 'nothing'],
    [set('payload', new Date(0)), 'data.payload', 'a plain object', 'an object'],
  ],
}

function refusal(value: unknown): ProtocolError {
  try {
    parseEvent(value)
  } catch (error) {
    if (error instanceof ProtocolError) return error
    throw error
  }
  throw new Error('it was accepted')
}

test('every type is known, each once', () => {
  expect([...eventTypes].sort()).toEqual(Object.keys(exampleData).sort())
  expect(new Set(eventTypes).size).toBe(eventTypes.length)
  expect(Object.isFrozen(eventTypes)).toBe(true)
})

describe.each(eventTypes)('%s', (type) => {
  test('is read as it was written', () => {
    const event = exampleEvent(type, exampleData[type])
    expect(parseEvent(event)).toEqual(event)
    const text = JSON.stringify(event)
    expect(JSON.stringify(parseEvent(JSON.parse(text)))).toBe(
      JSON.stringify(parseEvent(JSON.parse(JSON.stringify(parseEvent(JSON.parse(text)))))),
    )
  })

  test('keeps fields of data that it does not know', () => {
    const data = { ...exampleData[type], unknown: { kept: true } }
    expect(parseEvent(exampleEvent(type, data)).data).toEqual(data)
  })

  test.each(wrong[type])('%# names what is wrong', (change, path, expected, found) => {
    const data: Record<string, unknown> = { ...exampleData[type] }
    change(data)
    const error = refusal(exampleEvent(type, data))
    expect({ path: error.path, expected: error.expected, found: error.found }).toEqual({
      path,
      expected,
      found,
    })
    expect(error.message).toBe(`${path}: expected ${expected}, found ${found}`)
    expect(error).toMatchObject({ code: 'protocol', name: 'ProtocolError' })
  })
})

describe('the envelope', () => {
  const event = (change: Record<string, unknown>): unknown => ({
    ...exampleEvent('task.updated', { status: 's' }),
    ...change,
  })

  test('may be as small as this', () => {
    const least = { version: 1, id: 'x', ts: 0, type: 'session.updated', data: {} }
    expect(parseEvent(least)).toEqual(least)
  })

  test('loses fields that it does not know', () => {
    expect(parseEvent(event({ extra: 1, toString: 'x' }))).toEqual(event({}))
    expect(parseEvent(event({ raw: { event: 'x', extra: 1 } })).raw).toEqual({ event: 'x' })
  })

  test.each<[unknown, string, string, string]>([
    [undefined, 'value', 'an object', 'nothing'],
    [null, 'value', 'an object', 'null'],
    ['text', 'value', 'an object', 'a string "text"'],
    [[], 'value', 'an object', 'an array of 0'],
    [event({ version: 2 }), 'version', 'the number 1', 'the number 2'],
    [event({ version: '1' }), 'version', 'the number 1', 'a string "1"'],
    [event({ id: '' }), 'id', 'a string that is not empty', 'a string ""'],
    [event({ id: 7 }), 'id', 'a string', 'the number 7'],
    [event({ ts: '2026-01-01' }), 'ts', count, 'a string "2026-01-01"'],
    [event({ ts: -1 }), 'ts', count, 'the number -1'],
    [event({ type: 'run.exploded' }), 'type', 'a known event type', 'a string "run.exploded"'],
    [event({ type: '__proto__' }), 'type', 'a known event type', 'a string "__proto__"'],
    [event({ type: 'constructor' }), 'type', 'a known event type', 'a string "constructor"'],
    [event({ type: 'x'.repeat(5_000) }), 'type', 'a known event type', `a string "${'x'.repeat(40)}…"`],
    [event({ seq: 'one' }), 'seq', count, 'a string "one"'],
    [event({ runId: 1 }), 'runId', 'a string', 'the number 1'],
    [event({ sessionKey: null }), 'sessionKey', 'a string', 'null'],
    [event({ data: undefined }), 'data', 'an object', 'nothing'],
    [event({ data: [] }), 'data', 'an object', 'an array of 0'],
    [event({ raw: 'x' }), 'raw', 'an object', 'a string "x"'],
    [event({ raw: {} }), 'raw.event', 'a string', 'nothing'],
    [event({ raw: { event: 'x', seq: 'y' } }), 'raw.seq', 'a finite number', 'a string "y"'],
    [
      event({ raw: { event: 'x', payload: { y: Number.NaN } } }),
      'raw.payload.y',
      'a finite number',
      'the number NaN',
    ],
  ])('%# names what is wrong', (value, path, expected, found) => {
    expect(refusal(value).message).toBe(`${path}: expected ${expected}, found ${found}`)
  })

  test('a path made of long names is cut', () => {
    const name = 'n'.repeat(10_000)
    const error = refusal(event({ data: { status: 's', [name]: { [name]: Number.NaN } } }))
    expect(error.path.length).toBeLessThan(210)
    expect(error.message.length).toBeLessThan(300)
  })
})

describe('JSON from the wire', () => {
  const around = (payload: string): unknown =>
    JSON.parse(`{"version":1,"id":"x","ts":1,"type":"raw","data":{"name":"n","payload":${payload}}}`)

  test('may be deep, to a bound', () => {
    const deep = (levels: number): string => '['.repeat(levels) + ']'.repeat(levels)
    expect(parseEvent(around(deep(60))).type).toBe('raw')
    expect(refusal(around(deep(70))).expected).toBe('at most 64 levels')
    expect(refusal(around(deep(5_000))).expected).toBe('at most 64 levels')
  })

  test.each(['{"__proto__":{"polluted":1}}', '[{"a":{"__proto__":null}}]'])(
    'cannot reach a prototype: %s',
    (payload) => {
      expect(refusal(around(payload)).expected).toBe('no field named __proto__')
      expect(({} as { polluted?: unknown }).polluted).toBeUndefined()
    },
  )

  test.each([
    '{"version":1,"id":"x","ts":1,"type":"session.updated","data":{"__proto__":{"reason":1}}}',
    '{"version":1,"id":"x","ts":1,"type":"usage.reported","data":{"details":{"__proto__":5}}}',
    '{"__proto__":{"version":1,"id":"x","ts":1,"type":"session.updated","data":{}}}',
  ])('is not read through a prototype: %s', (text) => {
    refusal(JSON.parse(text))
  })

  test('in raw is left out where it is not known', () => {
    const text =
      '{"version":1,"id":"x","ts":1,"type":"session.updated","data":{},"raw":{"event":"e","__proto__":{"a":1}}}'
    const { raw } = parseEvent(JSON.parse(text))
    expect(Object.keys(raw ?? {})).toEqual(['event'])
  })
})
