import type { EmbeddingModelV4 } from '@ai-sdk/provider'
import { embed, embedMany, NoSuchModelError } from 'ai'
import { expect, it } from 'vitest'

import { answerMs } from './call.ts'
import { within } from './read-parts.ts'
import type { ProviderSubject } from './subject.ts'

/** Vectors where the gateway makes them, and a clear word for every other kind of model. */
export function embeddingChecks(subject: () => ProviderSubject): void {
  const can = (): boolean => subject().embeddingModel !== undefined
  const open = (): EmbeddingModelV4 =>
    subject()
      .provider()
      .embeddingModel(subject().embeddingModel ?? '')

  it('are refused by name where the gateway has none', () => {
    const pincer = subject().provider()
    expect(() => pincer.imageModel('any')).toThrow(NoSuchModelError)
    if (!can()) expect(() => pincer.embeddingModel('any')).toThrow(NoSuchModelError)
  })

  it('embed makes a vector', async () => {
    if (!can()) return
    const model = open()
    expect(model).toMatchObject({ specificationVersion: 'v4', modelId: subject().embeddingModel })
    const { embedding, usage } = await within(embed({ model, value: 'a crab' }), answerMs)
    expect(embedding.length).toBeGreaterThan(2)
    expect(embedding.every((value) => Number.isFinite(value))).toBe(true)
    // Unknown is not zero.
    if (subject().cannot.includes('embedding usage')) expect(usage.tokens).toBeNaN()
    else expect(usage.tokens).toBeGreaterThan(0)
  })

  it('embedMany keeps the order', async () => {
    if (!can()) return
    const model = open()
    const values = ['a crab', 'two lobsters', 'the whole sea', 'a crab']
    const { embeddings } = await within(embedMany({ model, values }), answerMs)
    expect(embeddings).toHaveLength(values.length)
    expect(embeddings[3]).toEqual(embeddings[0])
    expect(embeddings[1]).not.toEqual(embeddings[0])
    const alone = await within(embed({ model, value: 'two lobsters' }), answerMs)
    expect(embeddings[1]).toEqual(alone.embedding)
  })

  it('an abort ends it with the reason', async () => {
    if (!can()) return
    const reason = new Error('the user left')
    const model = open()
    const answer = model.doEmbed({ values: ['late'], abortSignal: AbortSignal.abort(reason) })
    await expect(within(Promise.resolve(answer), answerMs)).rejects.toBe(reason)
  })
}
