import { type IncomingMessage, request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import { GatewayError, UnsupportedByGatewayError } from '@pincer/protocol'
import { convertError } from '../connection/convert-error.ts'
import { connectPinned } from '../http/connect-pinned.ts'
import { checkPlainHttp } from '../http/plain-http.ts'
import { readBounded } from '../http/read-bounded.ts'
import type { HttpAccess } from './http-access.ts'
import type { ChatMessage } from './chat-messages.ts'
import { addChatChunk, type ChatAnswer, parseChatError } from './parse-chat-chunk.ts'
import { readServerEvents } from './read-server-events.ts'

/** One turn of an agent over chat completions. */
export interface ChatRequest {
  readonly agentId: string
  readonly messages: readonly ChatMessage[]
  readonly tools: readonly ChatMessage[]
  /** Full key. */
  readonly sessionKey?: string | undefined
  /** `provider/model` in place of the agent's own. */
  readonly model?: string | undefined
}

/** A turn that the Gateway has begun. */
export interface ChatTurn {
  readonly runId: string
  /** The whole answer; rejects where it is cut short. */
  readonly answer: Promise<ChatAnswer>
}

const path = '/v1/chat/completions'
const longestError = 64 * 1024
// The Gateway names the run before it queues it.
const beginTimeoutMs = 60_000

/**
 * Starts a turn and resolves once the Gateway has named its run, which is before the agent begins.
 *
 * @param signal breaks the request off, which stops the run.
 * @throws UnsupportedByGatewayError where the endpoint is not turned on; GatewayError 404 for an agent that does not exist.
 */
export async function startChat(
  access: HttpAccess,
  chat: ChatRequest,
  signal: AbortSignal,
): Promise<ChatTurn> {
  checkPlainHttp(path, access.origin)
  const late = new AbortController()
  const until = AbortSignal.any([signal, late.signal])
  const timer = setTimeout(
    () => late.abort(lateError(access.beginTimeoutMs ?? beginTimeoutMs)),
    access.beginTimeoutMs ?? beginTimeoutMs,
  )
  try {
    const response = await post(access, chat, until)
    if (response.statusCode !== 200) throw await readRefusal(response, until)
    const begun = Promise.withResolvers<string>()
    const answer = read(response, begun.resolve, until)
    // Where nobody asks for the answer, nobody needs to know that it was cut.
    answer.catch(begun.reject)
    return { runId: await begun.promise, answer }
  } finally {
    clearTimeout(timer)
  }
}

function lateError(timeoutMs: number): GatewayError {
  return new GatewayError(
    `${path}: the Gateway did not name a run within ${timeoutMs} ms; it may have begun one, check \`http.url\` and the Gateway's log`,
    { status: 504, gatewayCode: 'CLIENT_TIMEOUT', retryable: true },
  )
}

async function read(
  response: IncomingMessage,
  begin: (runId: string) => void,
  signal: AbortSignal,
): Promise<ChatAnswer> {
  const answer: ChatAnswer = { text: '', calls: new Map() }
  let begun = false
  try {
    for await (const data of readServerEvents(response)) {
      if (data === '[DONE]') continue
      const runId = addChatChunk(answer, data)
      if (runId === undefined || begun) continue
      begun = true
      begin(runId)
    }
  } catch (error) {
    signal.throwIfAborted()
    throw convertError(error, path)
  }
  if (begun) return answer
  throw new GatewayError(`${path}: ${answer.error ?? 'the Gateway answered without the id of a run'}`, {
    status: 502,
    gatewayCode: 'no_run',
  })
}

function post(access: HttpAccess, chat: ChatRequest, signal: AbortSignal): Promise<IncomingMessage> {
  const { origin, token, headers, tlsFingerprint } = access
  const url = new URL(path, origin)
  const body = JSON.stringify({
    model: `openclaw/${chat.agentId}`,
    stream: true,
    messages: chat.messages,
    ...(chat.tools.length === 0 ? {} : { tools: chat.tools }),
  })
  const sent = Promise.withResolvers<IncomingMessage>()
  const request = (url.protocol === 'https:' ? requestHttps : requestHttp)(url, {
    method: 'POST',
    signal,
    headers: {
      ...headers,
      ...(token === undefined ? {} : { authorization: `Bearer ${encodeHeader('token', token)}` }),
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
      ...(chat.sessionKey === undefined
        ? {}
        : { 'x-openclaw-session-key': encodeHeader('sessionKey', chat.sessionKey) }),
      ...(chat.model === undefined ? {} : { 'x-openclaw-model': encodeHeader('model', chat.model) }),
    },
    // No connection is kept: a request that is broken off must not leave one behind. A connection of our own rules an agent out.
    ...(tlsFingerprint === undefined
      ? { agent: false as const }
      : { createConnection: connectPinned(url, tlsFingerprint, signal) }),
  })
  request.once('response', sent.resolve)
  request.once('error', (error) =>
    sent.reject(signal.aborted ? (signal.reason ?? error) : convertError(error, path)),
  )
  request.end(body)
  return sent.promise
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

async function readRefusal(response: IncomingMessage, signal: AbortSignal): Promise<Error> {
  const status = response.statusCode ?? 502
  const body = await readBounded(response, longestError).catch((error: unknown) => {
    signal.throwIfAborted()
    throw convertError(error, path)
  })
  const message = parseChatError(body ?? '') ?? `HTTP ${status}`
  if (status === 404) {
    return new UnsupportedByGatewayError(
      'openclaw',
      "agents.run with the caller's own tools",
      'set gateway.http.endpoints.chatCompletions.enabled to true in openclaw.json',
    )
  }
  if (/^Unknown agent\b/.test(message)) {
    return new GatewayError(`${message} agents.list() tells which there are`, {
      status: 404,
      gatewayCode: 'UNKNOWN_AGENT_ID',
    })
  }
  if (status === 401 && /^Unauthorized$/i.test(message)) {
    return new GatewayError(
      `${path}: the Gateway does not accept the token over HTTP; pass its shared token as \`http.token\``,
      { status, gatewayCode: 'AUTH_TOKEN_MISMATCH' },
    )
  }
  return new GatewayError(`${path}: ${message}`, {
    status,
    gatewayCode: 'chat_refused',
    retryable: status === 503 || status === 429,
  })
}
