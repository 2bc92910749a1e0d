import { GatewayError, type RequestOptions } from '@pincer/protocol'
import type { Call, Exchange } from './exchange.ts'
import { type Parse, parseAnswer } from './parse-answer.ts'

type Options = RequestOptions & Pick<Call, 'query' | 'timeoutMs' | 'once'>

/** Asks for a value. */
export async function getJson<Value>(
  exchange: Exchange,
  path: string,
  parse: Parse<Value>,
  options?: Options,
): Promise<Value> {
  return parseAnswer(await exchange.text({ ...options, path }), parse)
}

/** Sends a value; whatever comes back is not looked at. */
export async function post(
  exchange: Exchange,
  path: string,
  body: unknown,
  options?: Options,
): Promise<string> {
  const headers = { 'content-type': 'application/json' }
  return await exchange.text({ ...options, method: 'POST', path, body: JSON.stringify(body), headers })
}

/** Sends a value and reads what comes back. */
export async function postJson<Value>(
  exchange: Exchange,
  path: string,
  body: unknown,
  parse: Parse<Value>,
  options?: Options,
): Promise<Value> {
  return parseAnswer(await post(exchange, path, body, options), parse)
}

/** Turns "there is none" into `undefined`. */
export async function findOrNothing<Value>(found: Promise<Value>): Promise<Value | undefined> {
  try {
    return await found
  } catch (error) {
    if (error instanceof GatewayError && error.status === 404) return undefined
    throw error
  }
}
