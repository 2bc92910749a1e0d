import { localGateway } from '@pincer/local-gateway'
import { emptyUsage, type Gateway, GatewayError } from '@pincer/protocol'
import { APICallError, embed, embedMany } from 'ai'
import { describe, expect, it } from 'vitest'

import { createPincer } from '../src/index.ts'

globalThis.AI_SDK_LOG_WARNINGS = false
type Embed = NonNullable<Gateway['embeddings']>['embed']

function gatewayThat(embedTexts: Embed): { gateway: Gateway; asked: Parameters<Embed>[0][] } {
  const asked: Parameters<Embed>[0][] = []
  const gateway: Gateway = {
    name: 'vectors',
    embeddings: { embed: (request, options) => (asked.push(request), embedTexts(request, options)) },
    close: async () => {},
  }
  return { gateway, asked }
}

const lengths: Embed = async ({ values }) => ({
  vectors: values.map((value) => [value.length]),
  usage: {
    ...emptyUsage,
    model: 'v-1',
    inputTokens: values.length,
    totalTokens: values.length,
    costUsd: 0.5,
  },
})

describe('an embedding model', () => {
  it('asks the gateway for its own choice, or for the model that is named', async () => {
    const { gateway, asked } = gatewayThat(lengths)
    const provider = createPincer({ gateway })
    const { embedding, usage, providerMetadata } = await embed({
      model: provider.embeddingModel('default'),
      value: 'crab',
    })
    expect([embedding, usage, providerMetadata]).toEqual([
      [4],
      { tokens: 1 },
      { pincer: { model: 'v-1', costUsd: 0.5 } },
    ])
    await embed({ model: provider.embeddingModel('v-2'), value: 'crab' })
    expect(asked).toEqual([{ values: ['crab'] }, { model: 'v-2', values: ['crab'] }])
  })

  it('splits what is too much for one request', async () => {
    const { gateway, asked } = gatewayThat(lengths)
    const model = createPincer({ gateway }).embeddingModel('v', { maxEmbeddingsPerCall: 2 })
    const { embeddings, usage } = await embedMany({ model, values: ['a', 'bb', 'ccc', 'dddd', 'eeeee'] })
    expect(embeddings).toEqual([[1], [2], [3], [4], [5]])
    expect(asked.map(({ values }) => values.length)).toEqual([2, 2, 1])
    expect(usage.tokens).toBe(5)
    expect(createPincer({ gateway }).embeddingModel('v').maxEmbeddingsPerCall).toBe(128)
  })

  it('is asked again where the gateway says so, and not otherwise', async () => {
    let calls = 0
    const busy = new GatewayError('busy', { status: 503, retryable: true, retryAfterMs: 1 })
    const { gateway } = gatewayThat(async (request, options) => {
      if (++calls === 1) throw busy
      return lengths(request, options)
    })
    const model = createPincer({ gateway }).embeddingModel('v')
    expect((await embed({ model, value: 'crab' })).embedding).toEqual([4])
    expect(calls).toBe(2)
    const refused = gatewayThat(async () => Promise.reject(new GatewayError('no', { status: 400 })))
    const refusing = createPincer({ gateway: refused.gateway }).embeddingModel('v')
    await expect(embed({ model: refusing, value: 'x' })).rejects.toMatchObject({
      name: 'GatewayError',
      status: 400,
    })
    expect(refused.asked).toHaveLength(1)
    const always = gatewayThat(async () => Promise.reject(busy))
    const failure: unknown = await createPincer({ gateway: always.gateway })
      .embeddingModel('v')
      .doEmbed({ values: ['x'] })
      .catch((error: unknown) => error)
    expect(APICallError.isInstance(failure) && failure.cause).toBe(busy)
  })

  it('does not take too few vectors for an answer, and warns of what is ignored', async () => {
    const { gateway } = gatewayThat(async () => ({ vectors: [] }))
    await expect(
      createPincer({ gateway })
        .embeddingModel('v')
        .doEmbed({ values: ['x'] }),
    ).rejects.toThrow('gave 0 vectors for 1 texts')
    const model = createPincer({ gateway: gatewayThat(lengths).gateway }).embeddingModel('v')
    const { warnings } = await model.doEmbed({ values: ['x'], dimensions: 7 })
    expect(warnings).toMatchObject([{ type: 'unsupported', feature: 'dimensions' }])
  })

  it('hands an abort on, with its reason', async () => {
    const reason = new Error('the user left')
    const { gateway } = gatewayThat(
      (_, { signal } = {}) =>
        new Promise((_resolve, reject) =>
          signal?.addEventListener('abort', () => reject(new Error('other'))),
        ),
    )
    const abort = new AbortController()
    const answer = createPincer({ gateway })
      .embeddingModel('v')
      .doEmbed({ values: ['x'], abortSignal: abort.signal })
    abort.abort(reason)
    await expect(answer).rejects.toBe(reason)
  })

  it('asks for a name where the gateway has no choice of its own', async () => {
    // Nobody is asked: what an upstream of this kind calls its models is not known.
    const gateway = localGateway({
      databasePath: ':memory:',
      model: { baseUrl: 'http://127.0.0.1:9/v1', apiKey: 'key' },
    })
    const model = createPincer({ gateway }).embeddingModel('default')
    const failure: unknown = await embed({ model, value: 'a crab' }).catch((error: unknown) => error)
    await gateway.close()
    expect(failure).toMatchObject({ code: 'gateway', gatewayCode: 'no_model', status: 400 })
    expect(failure).toHaveProperty(
      'message',
      `the gateway "${gateway.name}" has no default model for embeddings; name one: pincer.embeddingModel('<name>')`,
    )
  })

  it('works on the local gateway', async () => {
    const gateway = localGateway({ databasePath: ':memory:' })
    const { embeddings } = await embedMany({
      model: createPincer({ gateway }).embeddingModel('default'),
      values: ['a crab', 'a crab', 'the sea'],
    })
    expect(embeddings[0]).toEqual(embeddings[1])
    expect(embeddings[0]).not.toEqual(embeddings[2])
    await gateway.close()
  })
})
