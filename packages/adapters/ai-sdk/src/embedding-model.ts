import {
  type EmbeddingModelV4,
  type EmbeddingModelV4CallOptions,
  type EmbeddingModelV4Result,
  NoSuchModelError,
  type SharedV4Warning,
} from '@ai-sdk/provider'
import { type Embeddings, type Gateway, GatewayError } from '@pincer/protocol'

import { toCallError } from './language-model-error.ts'

const mostTexts = 128

/** How an embedding model of a gateway is made. */
export interface PincerEmbeddingOptions {
  /** The most texts of one request; 128. The AI SDK asks several times where there are more. */
  readonly maxEmbeddingsPerCall?: number
}

/**
 * A model that turns texts into vectors, as the gateway has it; the name `default` leaves the choice to the gateway.
 *
 * Its calls throw NoSuchModelError where the gateway has none.
 */
export class PincerEmbeddingModel implements EmbeddingModelV4 {
  readonly specificationVersion = 'v4'
  readonly provider: string
  readonly modelId: string
  readonly maxEmbeddingsPerCall: number
  readonly supportsParallelCalls = true
  readonly doEmbed: (options: EmbeddingModelV4CallOptions) => Promise<EmbeddingModelV4Result>

  /** @internal */
  constructor(modelId: string, name: string, source: () => Gateway, options: PincerEmbeddingOptions) {
    this.provider = `${name}.embedding`
    this.modelId = modelId
    this.maxEmbeddingsPerCall = options.maxEmbeddingsPerCall ?? mostTexts
    this.doEmbed = (call) => embed(source(), name, modelId, call)
  }
}

/**
 * The part of a gateway that makes vectors.
 *
 * @throws NoSuchModelError where it has none
 */
export function embeddingsOf({ embeddings, name }: Gateway, modelId: string): Embeddings {
  if (embeddings !== undefined) return embeddings
  throw new NoSuchModelError({
    modelId,
    modelType: 'embeddingModel',
    message: `the gateway "${name}" makes no embeddings, so that there is no model "${modelId}"`,
  })
}

async function embed(
  gateway: Gateway,
  provider: string,
  modelId: string,
  { values, dimensions, abortSignal }: EmbeddingModelV4CallOptions,
): Promise<EmbeddingModelV4Result> {
  const embeddings = embeddingsOf(gateway, modelId)
  abortSignal?.throwIfAborted()
  const details = `the gateway "${gateway.name}" gives vectors as the model makes them`
  const warnings: SharedV4Warning[] =
    dimensions === undefined ? [] : [{ type: 'unsupported', feature: 'dimensions', details }]
  const request = { ...(modelId !== 'default' && { model: modelId }), values }
  try {
    const { vectors, usage } = await embeddings.embed(request, abortSignal && { signal: abortSignal })
    if (vectors.length !== values.length)
      throw new GatewayError(
        `the gateway "${gateway.name}" gave ${vectors.length} vectors for ${values.length} texts`,
      )
    const { inputTokens: tokens, costUsd, model } = usage ?? {}
    return {
      embeddings: vectors.map((vector) => [...vector]),
      ...(tokens !== undefined && tokens > 0 && { usage: { tokens } }),
      ...(usage !== undefined && {
        providerMetadata: {
          pincer: {
            ...(model !== undefined && model !== '' && { model }),
            ...(costUsd !== undefined && { costUsd }),
          },
        },
      }),
      warnings,
    }
  } catch (error) {
    abortSignal?.throwIfAborted()
    throw modelId === 'default' && isUnchosen(error)
      ? askForName(error, gateway.name, provider)
      : toCallError(error, gateway.name, modelId)
  }
}

function isUnchosen(error: unknown): error is GatewayError {
  return error instanceof GatewayError && error.gatewayCode === 'no_model'
}

// The gateway's own words are about its wire.
function askForName(cause: GatewayError, gateway: string, provider: string): GatewayError {
  const { status } = cause
  return new GatewayError(
    `the gateway "${gateway}" has no default model for embeddings; name one: ${provider}.embeddingModel('<name>')`,
    { gatewayCode: 'no_model', cause, ...(status !== undefined && { status }) },
  )
}
