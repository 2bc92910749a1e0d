import type { IncomingMessage } from 'node:http'
import {
  addUsage,
  emptyUsage,
  type Embeddings,
  GatewayError,
  UnsupportedByGatewayError,
} from '@pincer/protocol'
import { convertError } from '../connection/convert-error.ts'
import { checkPlainHttp } from '../http/plain-http.ts'
import { readBounded } from '../http/read-bounded.ts'
import type { Calls } from './calls.ts'
import { type HttpAccess, needAccess } from './http-access.ts'
import { endpointAdvice, readHttpRefusal, refusedToken } from './http-refusal.ts'
import { type EmbeddingAnswer, parseEmbeddings } from './parse-embeddings.ts'
import { postJson } from './post-json.ts'

const path = '/v1/embeddings'
const timeoutMs = 60_000
const longestAnswer = 32 * 1024 * 1024
// The Gateway takes no more at once, and no text of more than 8,192 characters.
const mostTexts = 128
const mostCharacters = 65_536

/**
 * The embeddings of the Gateway, made by the provider that `memory.search` of its openclaw.json names for the agent.
 *
 * They go over HTTP, several requests one after the other where the texts are more than the Gateway takes at once. It counts no tokens.
 *
 * @param agentId whose provider it is; the Gateway's default agent when absent.
 */
export function createEmbeddings(
  calls: Calls,
  access: HttpAccess | undefined,
  agentId: string | undefined,
): Embeddings {
  async function ask(
    values: readonly string[],
    model: string | undefined,
    caller: AbortSignal,
  ): Promise<EmbeddingAnswer> {
    const late = AbortSignal.timeout(timeoutMs)
    const signal = AbortSignal.any([caller, late])
    const body = { model: `openclaw/${agentId ?? 'default'}`, input: values, encoding_format: 'float' }
    try {
      const response = await postJson(needAccess(access, 'embeddings'), { path, body, model }, signal)
      if (response.statusCode !== 200) throw await readRefusal(response, signal)
      return parse(await readBody(response, signal), values.length)
    } catch (error) {
      if (error === late.reason && !caller.aborted) throw lateError()
      throw error
    }
  }

  return {
    async embed({ model, values }, { signal } = {}) {
      calls.check(signal)
      checkTexts(values)
      checkPlainHttp(path, needAccess(access, 'embeddings').origin)
      const vectors: (readonly number[])[] = []
      let usage = emptyUsage
      for (const some of split(values)) {
        const answer = await ask(some, model, calls.until(signal))
        vectors.push(...answer.vectors)
        if (answer.usage !== undefined) usage = addUsage(usage, answer.usage)
      }
      return { vectors, ...(usage === emptyUsage ? {} : { usage }) }
    },
  }
}

function checkTexts(values: readonly string[]): void {
  const index = Array.isArray(values)
    ? values.findIndex((value) => typeof value !== 'string' || value === '')
    : 0
  if (index < 0) return
  throw new GatewayError(`values[${index}]: expected a text that is not empty`, {
    status: 400,
    gatewayCode: 'invalid_request',
  })
}

function* split(values: readonly string[]): Generator<readonly string[]> {
  let some: string[] = []
  let characters = 0
  for (const value of values) {
    if (some.length === mostTexts || (some.length > 0 && characters + value.length > mostCharacters)) {
      yield some
      some = []
      characters = 0
    }
    some.push(value)
    characters += value.length
  }
  if (some.length > 0) yield some
}

async function readBody(response: IncomingMessage, signal: AbortSignal): Promise<string> {
  const body = await readBounded(response, longestAnswer).catch((error: unknown) => {
    signal.throwIfAborted()
    throw convertError(error, path)
  })
  return body ?? ''
}

function parse(body: string, count: number): EmbeddingAnswer {
  const answer = parseEmbeddings(body, count)
  if (answer !== undefined) return answer
  throw new GatewayError(`${path}: the Gateway did not answer with ${count} vectors`, {
    status: 502,
    gatewayCode: 'invalid_answer',
  })
}

async function readRefusal(response: IncomingMessage, signal: AbortSignal): Promise<Error> {
  const { status, message } = await readHttpRefusal(path, response, signal)
  if (status === 404) return new UnsupportedByGatewayError('openclaw', 'embeddings', endpointAdvice)
  return refusedToken(path, status, message) ?? convertRefusal(status, message)
}

function convertRefusal(status: number, message: string): GatewayError {
  const advice =
    status >= 500
      ? ': it has no embedding provider, or that failed; set `memory.search` in openclaw.json, its log tells more'
      : /embedding provider/.test(message)
        ? ' Name a model of the provider that `memory.search` of openclaw.json sets'
        : ''
  return new GatewayError(`${path}: ${message}${advice}`, {
    status,
    gatewayCode: status >= 500 ? 'embedding_failed' : 'embedding_refused',
    // A provider that is busy is told in no other way than one that is missing.
    retryable: status >= 500 || status === 429,
  })
}

function lateError(): GatewayError {
  return new GatewayError(`${path}: the Gateway did not answer within ${timeoutMs} ms`, {
    status: 504,
    gatewayCode: 'CLIENT_TIMEOUT',
    retryable: true,
  })
}
