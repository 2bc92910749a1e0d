import { type IncomingMessage, request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import { GatewayError } from '@pincer/protocol'
import { convertError } from '../connection/convert-error.ts'
import { connectPinned } from '../http/connect-pinned.ts'
import type { HttpAccess } from './http-access.ts'

/** One request to an HTTP endpoint of the Gateway. */
export interface JsonPost {
  /** Such as `/v1/chat/completions`. */
  readonly path: string
  readonly body: unknown
  /** Full key. */
  readonly sessionKey?: string | undefined
  /** `provider/model` in place of the Gateway's own. */
  readonly model?: string | undefined
}

/**
 * Sends JSON; resolves with the head of the answer, whatever its status is.
 *
 * @throws GatewayError where a header cannot hold a value or the Gateway cannot be reached, the signal's reason.
 */
export async function postJson(
  { origin, token, headers, tlsFingerprint }: HttpAccess,
  { path, body: value, sessionKey, model }: JsonPost,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  const url = new URL(path, origin)
  const body = JSON.stringify(value)
  const sent = Promise.withResolvers<IncomingMessage>()
  const request = (url.protocol === 'https:' ? requestHttps : requestHttp)(url, {
    method: 'POST',
    signal,
    headers: {
      ...headers,
      ...(token === undefined ? {} : { authorization: `Bearer ${encodeHeader('token', token)}` }),
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
      ...(sessionKey === undefined
        ? {}
        : { 'x-openclaw-session-key': encodeHeader('sessionKey', sessionKey) }),
      ...(model === undefined ? {} : { 'x-openclaw-model': encodeHeader('model', model) }),
    },
    // No connection is kept: a request that is broken off must not leave one behind. A connection of our own rules an agent out.
    ...(tlsFingerprint === undefined
      ? { agent: false as const }
      : { createConnection: connectPinned(url, tlsFingerprint, signal) }),
  })
  request.once('response', sent.resolve)
  // More than one error may come of an abort, and one that nobody listens for would end the process.
  request.on('socket', (socket) => socket.on('error', () => {}))
  request.on('error', (error) =>
    sent.reject(signal.aborted ? (signal.reason ?? error) : convertError(error, path)),
  )
  request.end(body)
  return await sent.promise
}

// Header values are Latin letters; the Gateway reads anything else as UTF-8 bytes.
function encodeHeader(option: string, value: string): string {
  if (/\p{Cc}/u.test(value)) {
    throw new GatewayError(`${option}: must hold no line breaks or other control characters`, {
      status: 400,
      gatewayCode: 'invalid_header',
    })
  }
  return Buffer.from(value, 'utf8').toString('latin1')
}
