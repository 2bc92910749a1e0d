import type { IncomingMessage } from 'node:http'
import { GatewayError, UnsupportedByGatewayError } from '@pincer/protocol'
import { convertError } from '../connection/convert-error.ts'
import { checkPlainHttp } from '../http/plain-http.ts'
import type { HttpAccess } from './http-access.ts'
import type { ChatMessage } from './chat-messages.ts'
import { endpointAdvice, readHttpRefusal, refusedToken } from './http-refusal.ts'
import { addChatChunk, type ChatAnswer } from './parse-chat-chunk.ts'
import { postJson } from './post-json.ts'
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
    const response = await postJson(
      access,
      {
        path,
        body: {
          model: `openclaw/${chat.agentId}`,
          stream: true,
          messages: chat.messages,
          ...(chat.tools.length === 0 ? {} : { tools: chat.tools }),
        },
        sessionKey: chat.sessionKey,
        model: chat.model,
      },
      until,
    )
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

async function readRefusal(response: IncomingMessage, signal: AbortSignal): Promise<Error> {
  const { status, message } = await readHttpRefusal(path, response, signal)
  if (status === 404) {
    return new UnsupportedByGatewayError('openclaw', "agents.run with the caller's own tools", endpointAdvice)
  }
  if (/^Unknown agent\b/.test(message)) {
    return new GatewayError(`${message} agents.list() tells which there are`, {
      status: 404,
      gatewayCode: 'UNKNOWN_AGENT_ID',
    })
  }
  return (
    refusedToken(path, status, message) ??
    new GatewayError(`${path}: ${message}`, {
      status,
      gatewayCode: 'chat_refused',
      retryable: status === 503 || status === 429,
    })
  )
}
