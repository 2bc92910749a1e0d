import { setTimeout as pause } from 'node:timers/promises'

import { AIMessageChunk, type AIMessageFields } from '@langchain/core/messages'
import { RunnableLambda } from '@langchain/core/runnables'
import { END, MessagesAnnotation, START, StateGraph } from '@langchain/langgraph'
import { createManualClock, type ManualClock } from '@pincer/testing'
import { createAgent, createMiddleware } from 'langchain'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'

import { PincerCallbackHandler } from '../src/index.ts'
import { type Recorded, recorded } from './callback-fixture.ts'
import { call, say, ScriptedModel } from './scripted-model.ts'
import { act, add, hi } from './tools.ts'

let record: Recorded
let callbacks: PincerCallbackHandler[]
beforeEach(() => {
  record = recorded()
  callbacks = [new PincerCallbackHandler(record.claw)]
})
afterEach(() => record.done())

// The first handler of a client decides about time, so this one has a client of its own.
function withClock(): {
  readonly clock: ManualClock
  readonly timed: Recorded
  readonly handler: PincerCallbackHandler
} {
  const clock = createManualClock()
  const timed = recorded()
  return { clock, timed, handler: new PincerCallbackHandler(timed.claw, { clock, idleTimeoutMs: 60_000 }) }
}

const longAnswer = (): ScriptedModel => new ScriptedModel([say('one two three four')])

describe('a reader that stops', () => {
  test('inside a chain cancels the call, with what had come', async () => {
    const model = longAnswer()
    const chain = RunnableLambda.from(async (_: string, config) => {
      for await (const { text } of await model.stream('hello', config)) if (text === 'two ') break
      return 'enough'
    })
    await chain.invoke('a', { callbacks })
    expect(await record.list()).toMatchInlineSnapshot(`
      "run.started RunnableLambda
        model.call.started scripted-1
        assistant.delta one two 
        model.call.completed cancelled its reader stopped
      run.completed"
    `)
    expect((await record.of('model.call.completed'))[0]?.data.output).toMatchObject({ content: 'one two ' })
  })

  test('inside a node cancels the call where the node ends, not where the run does', async () => {
    const model = longAnswer()
    const graph = new StateGraph(MessagesAnnotation)
      .addNode('reads', async (_, config) => {
        for await (const _piece of await model.stream('hello', config)) break
        return { messages: [] }
      })
      .addNode('answers', async (_, config) => ({
        messages: [await new ScriptedModel([say('Hi')]).invoke('b', config)],
      }))
      .addEdge(START, 'reads')
      .addEdge('reads', 'answers')
      .addEdge('answers', END)
      .compile()
    await graph.invoke(hi, { callbacks })
    expect(await record.list()).toMatchInlineSnapshot(`
      "run.started LangGraph
        model.call.started scripted-1
        assistant.delta one 
        model.call.completed cancelled its reader stopped
        model.call.started scripted-1
        usage.reported scripted-1-2026 17
        model.call.completed ok
      run.completed"
    `)
  })

  test('outside cancels the call and its run by time', async () => {
    const { clock, timed, handler } = withClock()
    for await (const _ of await longAnswer().stream('hello', { callbacks: [handler] })) break
    await clock.advance(50_000)
    expect(await timed.of('model.call.completed')).toEqual([])
    await clock.advance(50_000)
    expect(await timed.list()).toMatchInlineSnapshot(`
      "run.started ScriptedModel
        model.call.started scripted-1
        assistant.delta one 
        model.call.completed cancelled nobody read it any further
      run.cancelled nobody read it any further"
    `)
    expect(clock.pending()).toBe(0)
    await timed.done()
  })

  test('outside a chain cancels the chain by time', async () => {
    const { clock, timed, handler } = withClock()
    const chain = RunnableLambda.from((text: string) => text).pipe(longAnswer())
    for await (const _ of await chain.stream('hello', { callbacks: [handler] })) break
    await clock.advance(200_000)
    expect(await timed.list()).toMatchInlineSnapshot(`
      "run.started RunnableSequence
        model.call.started scripted-1
        assistant.delta one 
        model.call.completed cancelled nobody read it any further
      run.cancelled nobody read it any further"
    `)
    expect(clock.pending()).toBe(0)
    await timed.done()
  })

  test('outside an agent cancels its run by time', async () => {
    const { clock, timed, handler } = withClock()
    const agent = createAgent({ model: longAnswer(), tools: [] })
    for await (const _ of await agent.stream(hi, { callbacks: [handler], streamMode: 'messages' })) break
    // The graph goes on without its reader.
    await expect.poll(async () => (await timed.of('model.call.completed')).length).toBe(1)
    await clock.advance(200_000)
    expect(await timed.list()).toMatchInlineSnapshot(`
      "run.started LangGraph
        model.call.started scripted-1
        assistant.delta one two three four
        usage.reported scripted-1-2026 17
        model.call.completed ok
      run.cancelled nobody read it any further"
    `)
    expect(timed.claw.stats().open).toBe(0)
    expect(clock.pending()).toBe(0)
    await timed.done()
  })

  test('reports the usage that had come', async () => {
    const model = longAnswer()
    const usage_metadata = { input_tokens: 10, output_tokens: 1, total_tokens: 11 }
    model.chunks = [
      new AIMessageChunk({ content: 'a', usage_metadata } as AIMessageFields),
      new AIMessageChunk({ content: 'b' }),
    ]
    const chain = RunnableLambda.from(async (_: string, config) => {
      for await (const { text } of await model.stream('hello', config)) if (text === 'b') break
      return 'enough'
    })
    await chain.invoke('a', { callbacks })
    expect((await record.of('usage.reported')).map(({ data }) => data.totalTokens)).toEqual([11])
  })

  test('is not taken for one who is slow', async () => {
    const { clock, timed, handler } = withClock()
    const model = new ScriptedModel([
      async () => {
        await clock.advance(500_000)
        return say('late')
      },
    ])
    await createAgent({ model, tools: [] }).invoke(hi, { callbacks: [handler] })
    expect((await timed.of('run.completed')).map(({ data }) => data.output)).toEqual(['late'])
    await timed.done()
  })
})

describe('an abort', () => {
  test.each([
    ['no reason', undefined],
    ['an error of its own', new Error('the user left')],
    ['a text', 'the user left'],
  ])('with %s cancels an agent while its model works', async (_, reason) => {
    const abort = new AbortController()
    const model = new ScriptedModel([
      (signal) =>
        new Promise((_resolve, reject) => {
          signal?.addEventListener('abort', () => reject(new Error('the connection broke')))
          abort.abort(reason)
        }),
    ])
    const agent = createAgent({ model, tools: [] })
    await expect(agent.invoke(hi, { callbacks, signal: abort.signal })).rejects.toBeDefined()
    expect((await record.list()).split('\n').map((line) => line.trim())).toEqual([
      'run.started LangGraph',
      'model.call.started scripted-1',
      'model.call.completed cancelled aborted',
      'run.cancelled aborted',
    ])
  })

  test('while a tool works cancels it and the run', async () => {
    const abort = new AbortController()
    const slow = act('slow', async () => {
      abort.abort()
      await pause(10)
      return 'late'
    })
    const agent = createAgent({ model: new ScriptedModel([call(['slow', {}, 'call_1'])]), tools: [slow] })
    await expect(agent.invoke(hi, { callbacks, signal: abort.signal })).rejects.toThrow()
    expect(await record.list()).toMatchInlineSnapshot(`
      "run.started LangGraph
        model.call.started scripted-1
        usage.reported scripted-1 17
        model.call.completed ok
        tool.call.started slow
        tool.call.completed slow cancelled aborted
      run.cancelled aborted"
    `)
  })

  test('while a middleware waits cancels the run', async () => {
    const abort = new AbortController()
    const waits = createMiddleware({
      name: 'waits',
      wrapToolCall: (request) =>
        new Promise((_, reject) => {
          request.runtime.signal?.addEventListener('abort', () => reject(request.runtime.signal?.reason))
          setImmediate(() => abort.abort(new Error('nobody answers')))
        }),
    })
    const model = new ScriptedModel([call(['add', { a: 1, b: 2 }, 'call_1'])])
    const agent = createAgent({ model, tools: [add], middleware: [waits] })
    await expect(agent.invoke(hi, { callbacks, signal: abort.signal })).rejects.toBeDefined()
    expect(await record.list()).toMatchInlineSnapshot(`
      "run.started LangGraph
        model.call.started scripted-1
        usage.reported scripted-1 17
        model.call.completed ok
      run.cancelled aborted"
    `)
  })

  test('by time is a time-out', async () => {
    const model = new ScriptedModel([
      (signal) => new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason))),
    ])
    await expect(
      createAgent({ model, tools: [] }).invoke(hi, { callbacks, timeout: 20 }),
    ).rejects.toBeDefined()
    expect(await record.list()).toMatchInlineSnapshot(`
      "run.started LangGraph
        model.call.started scripted-1
        model.call.failed error
      run.timed_out timed out"
    `)
  })
})
