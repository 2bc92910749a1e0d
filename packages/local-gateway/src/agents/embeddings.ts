import { APICallError } from 'ai'
import { type Embeddings, GatewayError, type Usage } from '@pincer/protocol'
import { convertError } from './convert-error.ts'
import type { LocalModels, OpenEmbedder } from './models.ts'

/** The most texts of one request, so that the vectors of the largest models fit into one answer. */
export const mostTexts = 512

/**
 * The embeddings of a gateway, made by the upstream of its agents.
 *
 * They belong to no run and stand in no record: whoever asks records them as actions of their own run.
 */
export function createEmbeddings(models: LocalModels): Embeddings {
  return {
    async embed({ model, values }, { signal } = {}) {
      signal?.throwIfAborted()
      checkTexts(values)
      const embedder = models.openEmbedder(model)
      if (values.length === 0) return { vectors: [] }
      const answer = await ask(embedder, values, signal)
      if (answer.embeddings.length !== values.length) throw wrongCount(embedder, values.length)
      const usage = convertUsage(embedder, answer.usage?.tokens)
      return { vectors: answer.embeddings, ...(usage === undefined ? {} : { usage }) }
    },
  }
}

async function ask(
  { model, provider }: OpenEmbedder,
  values: readonly string[],
  signal: AbortSignal | undefined,
): Promise<Awaited<ReturnType<OpenEmbedder['model']['doEmbed']>>> {
  try {
    return await model.doEmbed({
      values: [...values],
      ...(signal === undefined ? {} : { abortSignal: signal }),
    })
  } catch (cause) {
    signal?.throwIfAborted()
    const { message } = convertError(cause)
    const refusedWith = APICallError.isInstance(cause) ? (cause.statusCode ?? 503) : 503
    const isBusy = refusedWith === 429
    if (refusedWith >= 400 && refusedWith < 500 && refusedWith !== 408) {
      // What the upstream says of its own key is not about the caller's.
      throw new GatewayError(`"${provider}" refused the texts: ${message}`, {
        status: isBusy ? 429 : 422,
        gatewayCode: 'upstream_refused',
        retryable: isBusy,
        cause,
      })
    }
    throw new GatewayError(`"${provider}" made no vectors: ${message}`, {
      status: 503,
      gatewayCode: 'upstream_unavailable',
      retryable: true,
      cause,
    })
  }
}

function checkTexts(values: readonly string[]): void {
  if (!Array.isArray(values) || values.length > mostTexts) {
    throw invalid('values', `must be at most ${mostTexts} texts`)
  }
  const index = values.findIndex((value) => typeof value !== 'string' || value === '')
  if (index >= 0) throw invalid(`values[${index}]`, 'must be a text that is not empty')
}

function convertUsage({ provider, name }: OpenEmbedder, tokens: number | undefined): Usage | undefined {
  if (tokens === undefined) return undefined
  return {
    provider,
    model: name,
    inputTokens: tokens,
    cacheReadTokens: 0,
    cacheWriteTokens: 0,
    outputTokens: 0,
    reasoningTokens: 0,
    totalTokens: tokens,
  }
}

function wrongCount({ provider }: OpenEmbedder, expected: number): GatewayError {
  return new GatewayError(`"${provider}" did not answer with ${expected} vectors`, {
    status: 503,
    gatewayCode: 'upstream_unavailable',
    retryable: true,
  })
}

function invalid(path: string, expected: string): GatewayError {
  return new GatewayError(`${path} ${expected}`, { status: 400, gatewayCode: 'invalid_request' })
}
