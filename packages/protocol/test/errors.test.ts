import { describe, expect, test, vi } from 'vitest'
import {
  ApprovalDeniedError,
  ApprovalPendingError,
  ApprovalTimeoutError,
  type ClawEvent,
  describeValue,
  eventTypes,
  GatewayError,
  GuardBlockedError,
  GuardUnavailableError,
  isTerminalEvent,
  PincerError,
  ProtocolError,
  UnsupportedByGatewayError,
} from '../src/index.ts'

const cause = new Error('cause')
const errors: [PincerError, string, string, string][] = [
  [new PincerError('closed', 'm'), 'PincerError', 'closed', 'm'],
  [
    new ProtocolError('a.b', 'a string', 7),
    'ProtocolError',
    'protocol',
    'a.b: expected a string, found the number 7',
  ],
  [
    new UnsupportedByGatewayError('g', 'guard'),
    'UnsupportedByGatewayError',
    'unsupported_by_gateway',
    'the gateway "g" does not offer guard',
  ],
  [
    new UnsupportedByGatewayError('g', 'guard', 'try x'),
    'UnsupportedByGatewayError',
    'unsupported_by_gateway',
    'the gateway "g" does not offer guard; try x',
  ],
  [new GatewayError('m', { cause }), 'GatewayError', 'gateway', 'm'],
  [new GuardBlockedError('t', 'r', 'p'), 'GuardBlockedError', 'guard_blocked', 'the guard blocked "t": r'],
  [
    new GuardUnavailableError('t', cause),
    'GuardUnavailableError',
    'guard_unavailable',
    'the guard could not be asked about "t"',
  ],
  [new ApprovalDeniedError('t', 'a', 'r'), 'ApprovalDeniedError', 'approval_denied', '"t" was denied: r'],
  [new ApprovalDeniedError('t', 'a'), 'ApprovalDeniedError', 'approval_denied', '"t" was denied'],
  [
    new ApprovalTimeoutError('t', 'a', 5),
    'ApprovalTimeoutError',
    'approval_timed_out',
    'nobody decided on "t" within 5 ms',
  ],
  [
    new ApprovalPendingError('t', 'a'),
    'ApprovalPendingError',
    'approval_pending',
    '"t" waits for the approval a; ask again once it is decided',
  ],
]

test.each(errors)('%s has a name, a code and a message', (error, name, code, message) => {
  expect(error).toBeInstanceOf(Error)
  expect(error).toBeInstanceOf(PincerError)
  expect([error.name, error.code]).toEqual([name, code])
  expect(error.message).toContain(message)
  expect(String(error)).toContain(name)
  expect(PincerError.isInstance(error)).toBe(true)
})

test('a gateway error says whether and when to try again', () => {
  expect(new GatewayError('m').retryable).toBe(false)
  expect(new GatewayError('m')).not.toHaveProperty('cause')
  expect(
    new GatewayError('m', { status: 429, gatewayCode: 'busy', retryable: true, retryAfterMs: 5, cause }),
  ).toMatchObject({
    status: 429,
    gatewayCode: 'busy',
    retryable: true,
    retryAfterMs: 5,
    cause,
  })
})

describe('errors are recognised across copies of the package', () => {
  test('by their mark, both ways', async () => {
    vi.resetModules()
    const copy = await import('../src/index.ts')
    expect(copy.PincerError).not.toBe(PincerError)
    const foreign = new copy.GatewayError('m', { retryable: true })
    expect(foreign).not.toBeInstanceOf(PincerError)
    expect(PincerError.isInstance(foreign)).toBe(true)
    expect(copy.PincerError.isInstance(new GuardBlockedError('t', 'r'))).toBe(true)
  })

  test.each([
    undefined,
    null,
    7,
    'PincerError',
    {},
    new Error('x'),
    { code: 'gateway', name: 'PincerError' },
  ])('and nothing else is: %s', (value) => expect(PincerError.isInstance(value)).toBe(false))

  test('the mark shows nowhere', () => {
    expect(Object.keys(new PincerError('closed', 'm'))).not.toContain('pincer.error')
    expect(JSON.stringify(new PincerError('closed', 'm'))).not.toContain('pincer')
  })
})

test.each<[unknown, string]>([
  [null, 'null'],
  [undefined, 'nothing'],
  [[1, 2], 'an array of 2'],
  ['a "b"', 'a string "a \\"b\\""'],
  ['x'.repeat(99), `a string "${'x'.repeat(40)}…"`],
  [1.5, 'the number 1.5'],
  [true, 'the boolean true'],
  [{ password: 'hunter2' }, 'an object'],
  [1n, 'a bigint'],
  [() => {}, 'a function'],
])('describeValue says what a value is in few words: %s', (value, words) => {
  expect(describeValue(value)).toBe(words)
})

test('isTerminalEvent knows the ends of a run', () => {
  const ends = eventTypes.filter((type) => isTerminalEvent({ type } as ClawEvent))
  expect(ends).toEqual(['run.completed', 'run.failed', 'run.cancelled', 'run.timed_out'])
})
