import type { IncomingMessage } from 'node:http'
import { GatewayError } from '@pincer/protocol'
import { convertError } from '../connection/convert-error.ts'
import { readBounded } from '../http/read-bounded.ts'
import { parseChatError } from './parse-chat-chunk.ts'

/** What to do where the Gateway does not know an endpoint of the OpenAI API. */
export const endpointAdvice = 'set gateway.http.endpoints.chatCompletions.enabled to true in openclaw.json'

const longestError = 64 * 1024

/**
 * Reads what the Gateway says of a request that it refused.
 *
 * @throws GatewayError where the answer breaks off, the signal's reason.
 */
export async function readHttpRefusal(
  path: string,
  response: IncomingMessage,
  signal: AbortSignal,
): Promise<{ readonly status: number; readonly message: string }> {
  const status = response.statusCode ?? 502
  const body = await readBounded(response, longestError).catch((error: unknown) => {
    signal.throwIfAborted()
    throw convertError(error, path)
  })
  return { status, message: parseChatError(body ?? '') ?? `HTTP ${status}` }
}

/** The error of a token that the Gateway does not take over HTTP; `undefined` where it refused something else. */
export function refusedToken(path: string, status: number, message: string): GatewayError | undefined {
  if (status !== 401 || !/^Unauthorized$/i.test(message)) return undefined
  return new GatewayError(
    `${path}: the Gateway does not accept the token over HTTP; pass its shared token as \`http.token\``,
    { status, gatewayCode: 'AUTH_TOKEN_MISMATCH' },
  )
}
