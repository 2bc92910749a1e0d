import { embed, embedMany, experimental_generateSpeech, generateObject, rerank, streamObject } from 'ai'
import { MockEmbeddingModelV4, MockRerankingModelV4, MockSpeechModelV4 } from 'ai/test'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { z } from 'zod'

import { pincerTelemetry } from '../src/index.ts'
import { type Recorded, recorded } from './telemetry-fixture.ts'
import { hang, say, ScriptedModel } from './telemetry-model.ts'

let record: Recorded
let telemetry: { integrations: ReturnType<typeof pincerTelemetry>[] }
beforeEach(() => {
  record = recorded()
  telemetry = { integrations: [pincerTelemetry(record.claw)] }
})
afterEach(() => record.done())

const embedder = (options: object = {}): MockEmbeddingModelV4 =>
  new MockEmbeddingModelV4({
    provider: 'scripted.embedding',
    modelId: 'small',
    doEmbed: async ({ values }) => ({
      embeddings: values.map((value) => [value.length, 0, 1]),
      usage: { tokens: values.length * 7 },
      warnings: [],
    }),
    ...options,
  })

describe('embeddings', () => {
  test('are a model call, of which no vector is recorded', async () => {
    await embed({ model: embedder(), value: 'hello', telemetry })
    expect(await record.list()).toMatchInlineSnapshot(`
      "run.started embed
        model.call.started small embedding
        usage.reported small 7
        model.call.completed ok
      run.completed"
    `)
    expect((await record.of('model.call.started'))[0]?.data).toEqual({
      provider: 'scripted',
      model: 'small',
      operation: 'embedding',
      input: ['hello'],
    })
    expect((await record.of('model.call.completed'))[0]?.data.output).toEqual({ count: 1, dimensions: 3 })
    expect((await record.of('usage.reported'))[0]?.data).toMatchObject({ inputTokens: 7, outputTokens: 0 })
    expect((await record.of('run.started'))[0]?.data.input).toBe('hello')
  })

  test('of many values are as many calls as the model takes', async () => {
    const model = embedder({ maxEmbeddingsPerCall: 2, supportsParallelCalls: true })
    await embedMany({ model, values: ['a', 'b', 'c', 'd', 'e'], telemetry })
    const used = await record.of('usage.reported')
    expect(used.map(({ data }) => data.totalTokens)).toEqual([14, 14, 7])
    expect(await record.of('model.call.started')).toHaveLength(3)
    expect(await record.of('run.completed')).toHaveLength(1)
    expect(record.claw.stats().open).toBe(0)
  })

  test('that fail are failed calls', async () => {
    const doEmbed = (): never => {
      throw new RangeError('boom')
    }
    await expect(
      embed({ model: embedder({ doEmbed }), value: 'x', telemetry, maxRetries: 0 }),
    ).rejects.toThrow()
    expect((await record.of('model.call.failed'))[0]?.data.error.message).toBe('boom')
    expect(await record.of('run.failed')).toHaveLength(1)
  })

  test('that are aborted are cancelled', async () => {
    const abort = new AbortController()
    const doEmbed = ({ abortSignal }: { abortSignal?: AbortSignal }): Promise<never> =>
      new Promise((_, reject) => {
        abortSignal?.addEventListener('abort', () => reject(abortSignal.reason))
        setImmediate(() => abort.abort())
      })
    const model = embedder({ doEmbed })
    await expect(embed({ model, value: 'x', telemetry, abortSignal: abort.signal })).rejects.toThrow()
    expect((await record.of('model.call.completed'))[0]?.data.outcome).toBe('cancelled')
    expect(await record.of('run.cancelled')).toHaveLength(1)
  })
})

test('a ranking is a retrieval', async () => {
  const model = new MockRerankingModelV4({
    modelId: 'ranker',
    doRerank: async () => ({
      ranking: [
        { index: 1, relevanceScore: 0.9 },
        { index: 0, relevanceScore: 0.1 },
      ],
    }),
  })
  await rerank({ model, documents: ['one', 'two'], query: 'second', telemetry })
  expect(await record.list()).toMatchInlineSnapshot(`
    "run.started rerank
      retrieval.started ranker
      retrieval.completed ok
    run.completed"
  `)
  expect((await record.of('retrieval.started'))[0]?.data).toEqual({ name: 'ranker', query: 'second' })
  expect((await record.of('retrieval.completed'))[0]?.data.documents).toEqual([
    { index: 1, score: 0.9, document: 'two' },
    { index: 0, score: 0.1, document: 'one' },
  ])
  const failing = new MockRerankingModelV4({ doRerank: () => Promise.reject(new RangeError('boom')) })
  await rerank({ model: failing, documents: ['one'], query: 'x', telemetry, maxRetries: 0 }).catch(() => {})
  expect((await record.of('retrieval.failed'))[0]?.data.error.message).toBe('boom')
  await rerank({ model, documents: [], query: 'nothing', telemetry })
  expect(await record.of('run.completed')).toHaveLength(2)
  expect(record.claw.stats().open).toBe(0)
})

describe('objects', () => {
  const schema = z.object({ a: z.number() })

  test('are model calls', async () => {
    const { object } = await generateObject({
      model: new ScriptedModel([say('{"a":1}')]),
      prompt: 'hi',
      schema,
      telemetry,
    })
    expect(object).toEqual({ a: 1 })
    const result = streamObject({
      model: new ScriptedModel([say('{"a": 2}')]),
      prompt: 'hi',
      schema,
      telemetry,
    })
    for await (const _ of result.partialObjectStream) void _
    expect(await result.object).toEqual({ a: 2 })
    expect(await record.list()).toMatchInlineSnapshot(`
      "run.started generateObject
        model.call.started model
        usage.reported model-2026 15
        model.call.completed ok
      run.completed stop
      run.started streamObject
        model.call.started model
        usage.reported model-2026 15
        model.call.completed ok
      run.completed stop"
    `)
    expect((await record.of('run.completed')).map(({ data }) => data.output)).toEqual([{ a: 1 }, { a: 2 }])
    expect((await record.of('model.call.completed'))[0]?.data).toMatchObject({
      output: '{"a":1}',
      responseId: 'resp_1',
    })
  })

  test('that are none fail the run, not the call', async () => {
    const model = new ScriptedModel([say('no object')])
    await expect(generateObject({ model, prompt: 'hi', schema, telemetry })).rejects.toThrow()
    expect(await record.of('model.call.completed')).toHaveLength(1)
    expect(await record.of('run.failed')).toHaveLength(1)
  })

  test('that are aborted are cancelled', async () => {
    const abort = new AbortController()
    setImmediate(() => abort.abort())
    const model = new ScriptedModel([hang])
    const options = { model, prompt: 'hi', schema, telemetry, abortSignal: abort.signal }
    await expect(generateObject(options)).rejects.toThrow()
    expect((await record.of('model.call.completed'))[0]?.data.outcome).toBe('cancelled')
    expect(await record.of('run.cancelled')).toHaveLength(1)
  })
})

test('what tells of its model only by itself, such as speech, is a run with one call', async () => {
  const audio = new Uint8Array(10)
  const model = new MockSpeechModelV4({
    provider: 'scripted.speech',
    doGenerate: async () => ({
      audio,
      warnings: [],
      response: { timestamp: new Date(), modelId: 'voice', headers: {} },
    }),
  })
  await experimental_generateSpeech({ model, text: 'Hello', telemetry })
  expect((await record.of('model.call.started'))[0]?.data).toMatchObject({
    operation: 'speech',
    input: 'Hello',
  })
  expect((await record.of('model.call.completed'))[0]?.data.output).toMatchObject({ byteLength: 10 })
  expect(await record.of('run.completed')).toHaveLength(1)
  expect(record.claw.stats().open).toBe(0)
})
