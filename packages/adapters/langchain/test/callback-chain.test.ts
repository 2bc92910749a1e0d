import { dispatchCustomEvent } from '@langchain/core/callbacks/dispatch'
import { Document } from '@langchain/core/documents'
import { AIMessage, AIMessageChunk, type AIMessageFields, type UsageMetadata } from '@langchain/core/messages'
import { StringOutputParser } from '@langchain/core/output_parsers'
import { ChatPromptTemplate } from '@langchain/core/prompts'
import { RunnableLambda, RunnablePassthrough, RunnableSequence } from '@langchain/core/runnables'
import { InMemoryCache } from '@langchain/core/caches'
import { FakeLLM, FakeRetriever, FakeStreamingLLM } from '@langchain/core/utils/testing'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'

import { PincerCallbackHandler } from '../src/index.ts'
import { type Recorded, recorded } from './callback-fixture.ts'
import { call, say, ScriptedModel } from './scripted-model.ts'
import { add } from './tools.ts'

let record: Recorded
let callbacks: PincerCallbackHandler[]
beforeEach(() => {
  record = recorded()
  callbacks = [new PincerCallbackHandler(record.claw)]
})
afterEach(() => record.done())

const prompt = ChatPromptTemplate.fromTemplate('Tell me about {topic}')

describe('a chain', () => {
  test('is a run; its prompt, its parser and its routes are not', async () => {
    const chain = RunnableSequence.from([
      { topic: new RunnablePassthrough() },
      RunnableLambda.from((input: { topic: string }) => input),
      prompt,
      new ScriptedModel([say('Bergen is wet')]),
      new StringOutputParser(),
    ])
    expect(await chain.invoke('Bergen', { callbacks })).toBe('Bergen is wet')
    expect(await record.list()).toMatchInlineSnapshot(`
      "run.started RunnableSequence
        model.call.started scripted-1
        usage.reported scripted-1-2026 17
        model.call.completed ok
      run.completed"
    `)
    expect((await record.of('run.started'))[0]?.data.input).toBe('Bergen')
    expect((await record.of('run.completed'))[0]?.data.output).toBe('Bergen is wet')
    expect((await record.of('model.call.started'))[0]?.data.input).toEqual([
      { role: 'user', content: 'Tell me about Bergen' },
    ])
  })

  test('is recorded alike as a stream', async () => {
    const chain = prompt.pipe(new ScriptedModel([say('Bergen is wet')])).pipe(new StringOutputParser())
    let text = ''
    for await (const piece of await chain.stream({ topic: 'Bergen' }, { callbacks })) text += piece
    expect(text).toBe('Bergen is wet')
    expect(await record.list()).toMatchInlineSnapshot(`
      "run.started RunnableSequence
        model.call.started scripted-1
        assistant.delta Bergen is wet
        usage.reported scripted-1-2026 17
        model.call.completed ok
      run.completed"
    `)
    expect((await record.of('run.started'))[0]?.data.input).toEqual({ topic: 'Bergen' })
    expect((await record.of('run.completed'))[0]?.data.output).toBe('Bergen is wet')
  })

  test('is a run for each input of a batch', async () => {
    const chain = prompt.pipe(new ScriptedModel([say('One'), say('Two')]))
    await chain.batch([{ topic: 'a' }, { topic: 'b' }], { callbacks })
    const runs = await record.of('run.started')
    expect(runs.map(({ data, parentRunId }) => [data.input, parentRunId])).toEqual([
      [{ topic: 'a' }, undefined],
      [{ topic: 'b' }, undefined],
    ])
    // LangChain tells each run of a batch what came of all.
    const all = [
      { role: 'assistant', content: 'One' },
      { role: 'assistant', content: 'Two' },
    ]
    expect((await record.of('run.completed')).map(({ data }) => data.output)).toEqual([all, all])
    expect((await record.of('model.call.completed')).map(({ data }) => data.output)).toEqual(all)
    for (const { runId } of runs) {
      const own = (await record.events()).filter((event) => event.runId === runId)
      expect(own.map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5])
    }
  })

  test('called twice is two runs', async () => {
    const chain = prompt.pipe(new ScriptedModel([say('One'), say('Two')]))
    await chain.invoke({ topic: 'a' }, { callbacks })
    await chain.invoke({ topic: 'a' }, { callbacks })
    expect(await record.of('run.completed')).toHaveLength(2)
  })

  test('falls back without failing', async () => {
    const model = new ScriptedModel([new Error('overloaded')]).withFallbacks([new ScriptedModel([say('Hi')])])
    await prompt.pipe(model).invoke({ topic: 'a' }, { callbacks })
    expect(await record.list()).toMatchInlineSnapshot(`
      "run.started RunnableSequence
        model.call.started scripted-1
        model.call.failed error
        model.call.started scripted-1
        usage.reported scripted-1-2026 17
        model.call.completed ok
      run.completed"
    `)
  })

  test('tries again without failing', async () => {
    const model = new ScriptedModel([new Error('overloaded'), say('Hi')]).withRetry({ stopAfterAttempt: 2 })
    await prompt.pipe(model).invoke({ topic: 'a' }, { callbacks })
    expect(await record.list()).toMatchInlineSnapshot(`
      "run.started RunnableSequence
        model.call.started scripted-1
        model.call.failed error
        model.call.started scripted-1
        usage.reported scripted-1-2026 17
        model.call.completed ok
      run.completed"
    `)
  })

  test('fails with its model, and tells how', async () => {
    const error = Object.assign(new RangeError('no such model'), { status: 404, code: 'model_not_found' })
    await expect(prompt.pipe(new ScriptedModel([error])).invoke({ topic: 'a' }, { callbacks })).rejects.toBe(
      error,
    )
    expect(await record.list()).toMatchInlineSnapshot(`
      "run.started RunnableSequence
        model.call.started scripted-1
        model.call.failed error
      run.failed"
    `)
    const info = { name: 'RangeError', message: 'no such model', status: 404, code: 'model_not_found' }
    expect((await record.of('model.call.failed'))[0]?.data).toMatchObject({ outcome: 'error', error: info })
    expect((await record.of('run.failed'))[0]?.data.error).toMatchObject(info)
  })

  test('shows what its retriever found', async () => {
    const output = [new Document({ pageContent: 'It rains.', metadata: { source: 'guide' } })]
    const chain = RunnableSequence.from([
      { topic: new FakeRetriever({ output }).pipe((found) => found[0]?.pageContent ?? '') },
      prompt,
      new ScriptedModel([say('Take a coat')]),
    ])
    await chain.invoke('Bergen', { callbacks, runName: 'weather' })
    expect(await record.list()).toMatchInlineSnapshot(`
      "run.started weather
        retrieval.started FakeRetriever
        retrieval.completed ok
        model.call.started scripted-1
        usage.reported scripted-1-2026 17
        model.call.completed ok
      run.completed"
    `)
    expect((await record.of('retrieval.started'))[0]?.data).toEqual({
      name: 'FakeRetriever',
      query: 'Bergen',
    })
    expect((await record.of('retrieval.completed'))[0]?.data.documents).toEqual([
      { pageContent: 'It rains.', metadata: { source: 'guide' } },
    ])
  })

  test('keeps custom events', async () => {
    const step = RunnableLambda.from(async (input: string) => {
      await dispatchCustomEvent('progress', { done: 0.5 })
      await dispatchCustomEvent('note', 'half')
      return input
    })
    await step.pipe((text: string) => text).invoke('a', { callbacks })
    expect((await record.of('raw')).map(({ data }) => data)).toEqual([
      { name: 'progress', payload: { done: 0.5 } },
      { name: 'note', payload: 'half' },
    ])
  })
})

describe('outside a chain', () => {
  test('a model has a run of its own', async () => {
    await new ScriptedModel([say('Hi')]).invoke('hello', { callbacks, metadata: { thread_id: 't1' } })
    expect(await record.list()).toMatchInlineSnapshot(`
      "run.started ScriptedModel
        model.call.started scripted-1
        usage.reported scripted-1-2026 17
        model.call.completed ok
      run.completed"
    `)
    expect((await record.events()).every(({ sessionKey }) => sessionKey === 't1')).toBe(true)
  })

  test('a model stands right under the run that the caller is in', async () => {
    const model = new ScriptedModel([say('Hi')])
    await record.claw.run({ name: 'request' }, () => model.invoke('hello', { callbacks }))
    expect(await record.list()).toMatchInlineSnapshot(`
      "run.started request
        model.call.started scripted-1
        usage.reported scripted-1-2026 17
        model.call.completed ok
      run.completed"
    `)
  })

  test('a model that fails fails its run', async () => {
    await expect(new ScriptedModel([new Error('down')]).invoke('hello', { callbacks })).rejects.toThrow(
      'down',
    )
    expect(await record.list()).toMatchInlineSnapshot(`
      "run.started ScriptedModel
        model.call.started scripted-1
        model.call.failed error
      run.failed"
    `)
  })

  test('a tool has a run of its own', async () => {
    await add.invoke({ a: 1, b: 2 }, { callbacks })
    expect(await record.list()).toMatchInlineSnapshot(`
      "run.started add
        tool.call.started add
        tool.call.completed add ok
      run.completed"
    `)
    expect((await record.of('tool.call.completed'))[0]?.data.output).toBe('3')
  })

  test('a retriever has a run of its own', async () => {
    await new FakeRetriever().invoke('Bergen', { callbacks })
    expect(await record.list()).toMatchInlineSnapshot(`
      "run.started FakeRetriever
        retrieval.started FakeRetriever
        retrieval.completed ok
      run.completed"
    `)
  })

  test('a model of text is a completion', async () => {
    await new FakeLLM({ response: 'Hi' }).invoke('hello', { callbacks })
    const [started] = await record.of('model.call.started')
    expect(started?.data).toMatchObject({ operation: 'completion', input: 'hello', model: 'FakeLLM' })
    expect((await record.of('model.call.completed'))[0]?.data.output).toBe('Hi')
  })

  test('a model of text streams', async () => {
    const stream = await new FakeStreamingLLM({ responses: ['Hello'] }).stream('hello', { callbacks })
    for await (const _ of stream) void _
    expect((await record.of('assistant.delta')).map(({ data }) => data.delta)).toEqual(['Hello'])
  })

  test('several prompts to one model are several calls', async () => {
    await new ScriptedModel([say('One'), say('Two')]).generate(
      [[{ role: 'user', content: 'a' }], [{ role: 'user', content: 'b' }]] as never,
      { callbacks },
    )
    const inputs = (await record.of('model.call.started')).map(({ data }) => data.input)
    expect(inputs).toEqual([[{ role: 'user', content: 'a' }], [{ role: 'user', content: 'b' }]])
    expect(await record.of('run.completed')).toHaveLength(2)
  })

  test('what comes out of a cache uses nothing', async () => {
    const model = new ScriptedModel([say('Hi')], { cache: new InMemoryCache() })
    await model.invoke('hello', { callbacks })
    await model.invoke('hello', { callbacks })
    expect(await record.of('model.call.completed')).toHaveLength(2)
    expect(await record.of('usage.reported')).toHaveLength(1)
  })
})

describe('an answer', () => {
  const answer = async (fields: AIMessageFields): Promise<unknown> => {
    await new ScriptedModel([new AIMessage(fields)]).invoke('hello', { callbacks })
    return (await record.of('model.call.completed')).at(-1)?.data
  }

  test.each([
    ['length', { finish_reason: 'length' }],
    ['length', { stop_reason: 'max_tokens' }],
    ['length', { finishReason: 'MAX_TOKENS' }],
    ['length', { status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' } }],
    ['content_filter', { finish_reason: 'content_filter' }],
    ['content_filter', { finishReason: 'SAFETY' }],
    ['refusal', { stop_reason: 'refusal' }],
    ['ok', { stopReason: 'end_turn' }],
  ])('is %s for %j', async (outcome, metadata) => {
    expect(await answer({ content: 'Hi', response_metadata: metadata })).toMatchObject({ outcome })
  })

  test('that refuses is a refusal', async () => {
    const refused = await answer({ content: '', additional_kwargs: { refusal: 'I cannot' } })
    expect(refused).toMatchObject({ outcome: 'refusal', output: { refusal: 'I cannot' } })
  })

  test('has no id that LangChain made up', async () => {
    expect(await answer({ content: 'Hi' })).toHaveProperty('responseId', undefined)
    expect(await answer({ content: 'Hi', response_metadata: { id: 'resp_1' } })).toHaveProperty(
      'responseId',
      'resp_1',
    )
  })
})

describe('a stream', () => {
  const stream = async (...chunks: AIMessageFields[]): Promise<void> => {
    const model = new ScriptedModel([say('')])
    model.chunks = chunks.map((fields) => new AIMessageChunk(fields))
    for await (const _ of await model.stream('hello', { callbacks })) void _
  }
  const pieces = async (): Promise<unknown[]> =>
    (await record.events())
      .filter(({ type }) => type.endsWith('.delta'))
      .map(({ type, data }) => ({ type, ...data }))

  test.each([
    ['the field of DeepSeek', { content: '', additional_kwargs: { reasoning_content: 'Hm' } }],
    ["LangChain's blocks", { content: [{ type: 'reasoning', reasoning: 'Hm' }] }],
    ["Anthropic's blocks", { content: [{ type: 'thinking', thinking: 'Hm' }] }],
    ["OpenAI's summaries", { content: [], additional_kwargs: { reasoning: { summary: [{ text: 'Hm' }] } } }],
  ])('thinks in %s', async (_, thought) => {
    await stream(thought as AIMessageFields, { content: 'Hi' })
    expect(await pieces()).toEqual([
      { type: 'assistant.delta', delta: 'Hi' },
      { type: 'thinking.delta', delta: 'Hm' },
    ])
  })

  test('of blocks takes only the text for text', async () => {
    await stream(
      { content: [{ type: 'text', text: 'Hi' }] },
      { content: [{ type: 'input_json_delta', input: '{"a":' } as never] },
    )
    expect(await pieces()).toEqual([{ type: 'assistant.delta', delta: 'Hi' }])
  })

  test('adds up what its chunks say of usage, as LangChain does', async () => {
    const usage = (input_tokens: number, output_tokens: number): UsageMetadata => ({
      input_tokens,
      output_tokens,
      total_tokens: input_tokens + output_tokens,
    })
    await stream(
      { content: 'a', usage_metadata: usage(10, 1) } as AIMessageFields,
      { content: 'b', usage_metadata: usage(0, 7) } as AIMessageFields,
    )
    expect(
      (await record.of('usage.reported')).map(({ data }) => [data.inputTokens, data.outputTokens]),
    ).toEqual([[10, 8]])
  })

  test('has its first token with the first piece of a tool call', async () => {
    const model = new ScriptedModel([call(['add', { a: 1, b: 2 }, 'call_1'])])
    for await (const _ of await model.stream('hello', { callbacks })) void _
    expect((await record.of('model.call.completed'))[0]?.data.firstTokenMs).toEqual(expect.any(Number))
    expect(await pieces()).toEqual([])
  })
})
