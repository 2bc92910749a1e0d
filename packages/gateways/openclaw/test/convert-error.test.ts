import { readFileSync } from 'node:fs'
import { GatewayClientRequestError, GatewayClientRequestTimeoutError } from '@openclaw/gateway-client'
import { GatewayError } from '@pincer/protocol'
import { describe, expect, it } from 'vitest'
import { convertError } from '../src/connection/convert-error.ts'

interface CapturedError {
  readonly method: string
  readonly code: string
  readonly message: string
  readonly details?: unknown
}

/** Every error of a recording, with the request that it answered. */
function readErrors(name: string): readonly CapturedError[] {
  const requests = new Map<string, string>()
  return readFileSync(new URL(`./fixtures/${name}.jsonl`, import.meta.url), 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .flatMap((line) => {
      const { conn, frame } = JSON.parse(line) as { conn?: number; frame?: Record<string, unknown> }
      if (frame === undefined) return []
      const id = `${conn}:${String(frame['id'])}`
      if (typeof frame['method'] === 'string') requests.set(id, frame['method'])
      if (frame['ok'] !== false) return []
      const error = frame['error'] as Omit<CapturedError, 'method'>
      return [{ ...error, method: requests.get(id) ?? 'unknown' }]
    })
}

describe('every error of the recordings', () => {
  it.each([...readErrors('errors'), ...readErrors('connect-matrix')])(
    '$method: $message',
    ({ method, ...wire }) => {
      const error = convertError(new GatewayClientRequestError(wire), method)
      expect(error).toBeInstanceOf(GatewayError)
      expect(error.message.startsWith(`${method}: `)).toBe(true)
      expect(error.retryable).toBe(false)
      expect({
        status: error.status,
        gatewayCode: error.gatewayCode,
        message: error.message,
      }).toMatchSnapshot()
    },
  )
})

describe('errors that the Gateway did not write', () => {
  it.each<[string, unknown, Partial<GatewayError>, RegExp]>([
    [
      'a request that was sent and timed out',
      new GatewayClientRequestTimeoutError({ method: 'a', timeoutMs: 50, requestSent: true }),
      { status: 504, gatewayCode: 'CLIENT_TIMEOUT', retryable: true },
      /may have been carried out/,
    ],
    [
      'a request that was not sent in time',
      new GatewayClientRequestTimeoutError({ method: 'a', timeoutMs: 50, requestSent: false }),
      { status: 504, gatewayCode: 'CLIENT_TIMEOUT', retryable: true },
      /was not sent within 50 ms/,
    ],
    [
      'no connection',
      new Error('gateway not connected'),
      { status: 503, gatewayCode: 'NOT_CONNECTED', retryable: true },
      /try again/,
    ],
    [
      'a lost connection',
      new Error('gateway closed (1006): '),
      { status: 503, gatewayCode: 'CONNECTION_LOST', retryable: true },
      /lost \(1006\).*may have been carried out/,
    ],
    [
      'a Gateway that restarts',
      new Error('gateway closed (1012): service restart'),
      { status: 503, gatewayCode: 'CONNECTION_LOST', retryable: true },
      /restarting/,
    ],
    [
      'a message that is too large',
      new Error('gateway closed (1009): too big'),
      { status: 413, gatewayCode: 'CONNECTION_LOST', retryable: false },
      /send less/,
    ],
    [
      'a closed client',
      new Error('gateway client stopped'),
      { gatewayCode: 'CLIENT_CLOSED', retryable: false },
      /open another/,
    ],
    [
      'nothing that listens',
      Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' }),
      { status: 503, gatewayCode: 'ECONNREFUSED', retryable: true },
      /start it/,
    ],
    [
      'a certificate that is not trusted',
      Object.assign(new Error('self signed'), { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' }),
      { status: 502, retryable: false },
      /tlsFingerprint/,
    ],
    [
      'a pin that does not fit',
      new Error('gateway tls fingerprint mismatch'),
      { status: 502, gatewayCode: 'TLS_FINGERPRINT_MISMATCH', retryable: false },
      /not the pinned one/,
    ],
    [
      'a server that says no greeting',
      new Error('gateway connect challenge timeout after 5ms'),
      { status: 504, retryable: true },
      /greet/,
    ],
    ['something else', new Error('odd'), { status: undefined, retryable: false }, /^a: odd$/],
    ['no error at all', undefined, { retryable: false }, /^a: no message$/],
    ['a text', 'just a text', { retryable: false }, /^a: just a text$/],
  ])('%s', (_name, thrown, expected, message) => {
    const error = convertError(thrown, 'a')
    expect(error).toBeInstanceOf(GatewayError)
    expect(error).toMatchObject(expected)
    expect(error.message).toMatch(message)
  })

  it('leaves a typed error as it is', () => {
    const error = new GatewayError('mine', { status: 409 })
    expect(convertError(error, 'a')).toBe(error)
  })

  it.each<[Record<string, unknown>, Partial<GatewayError>]>([
    [
      { code: 'UNAVAILABLE', message: 'x', details: { reason: 'gateway-restarting' } },
      { status: 503, gatewayCode: 'gateway-restarting', retryable: true },
    ],
    [
      { code: 'UNAVAILABLE', message: 'provider', retryable: true, retryAfterMs: 700 },
      { status: 503, gatewayCode: 'UNAVAILABLE', retryable: true, retryAfterMs: 700 },
    ],
    [
      { code: 'INVALID_REQUEST', message: 'again', details: { reason: 'APPROVAL_ALREADY_RESOLVED' } },
      { status: 409, gatewayCode: 'APPROVAL_ALREADY_RESOLVED' },
    ],
    [
      { code: 'APPROVAL_NOT_FOUND', message: 'none' },
      { status: 404, gatewayCode: 'APPROVAL_NOT_FOUND' },
    ],
    [{ code: 'INVALID_REQUEST', message: 'x', details: { type: 'artifact_not_found' } }, { status: 404 }],
    [
      {
        code: 'UNAVAILABLE',
        message: 'x',
        details: { reason: 'websocket-upgrade-rejected', httpStatus: 502 },
      },
      { status: 502, retryable: true },
    ],
    [
      {
        code: 'UNAVAILABLE',
        message: 'x',
        details: { reason: 'websocket-upgrade-rejected', httpStatus: 403 },
        retryable: true,
      },
      { status: 403, retryable: false },
    ],
    [
      { code: 'x'.repeat(5000), message: 'y'.repeat(5000), details: 'no object', retryAfterMs: -5 },
      { status: 400 },
    ],
  ])('%o', (wire, expected) => {
    const error = convertError(new GatewayClientRequestError(wire), 'a')
    expect(error).toMatchObject(expected)
    expect(error.message.length).toBeLessThan(600)
  })
})
