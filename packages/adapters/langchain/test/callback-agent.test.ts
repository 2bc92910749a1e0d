import { tool } from '@langchain/core/tools'
import { MemorySaver, MessagesAnnotation, START, StateGraph } from '@langchain/langgraph'
import { createAgent } from 'langchain'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { z } from 'zod'

import { PincerCallbackHandler } from '../src/index.ts'
import { type Recorded, recorded } from './callback-fixture.ts'
import { call, say, ScriptedModel } from './scripted-model.ts'
import { add, hi } from './tools.ts'

let record: Recorded
let callbacks: PincerCallbackHandler[]
beforeEach(() => {
  record = recorded()
  callbacks = [new PincerCallbackHandler(record.claw)]
})
afterEach(() => record.done())

const threeSteps = (): ScriptedModel =>
  new ScriptedModel([call(['add', { a: 1, b: 2 }, 'call_1']), say('It is three')])

describe('an agent', () => {
  test('is a run with its model and tool calls, and nothing of the graph', async () => {
    const checkpointer = new MemorySaver()
    const agent = createAgent({ model: threeSteps(), tools: [add], name: 'adder', checkpointer })
    await agent.invoke(hi, {
      callbacks,
      configurable: { thread_id: 't1' },
      metadata: { tenant: 'acme' },
      tags: ['x'],
    })
    expect(await record.list()).toMatchInlineSnapshot(`
      "run.started adder
        model.call.started scripted-1
        usage.reported scripted-1 17
        model.call.completed ok
        tool.call.started add
        tool.call.completed add ok
        model.call.started scripted-1
        usage.reported scripted-1-2026 17
        model.call.completed ok
      run.completed"
    `)
    const events = await record.events()
    expect(events.every(({ sessionKey }) => sessionKey === 't1')).toBe(true)
    expect(events[0]?.data).toEqual({ name: 'adder', input: 'hi', metadata: { tenant: 'acme', tags: ['x'] } })
    expect((await record.of('run.completed'))[0]?.data.output).toBe('It is three')
  })

  test('tells everything of its calls', async () => {
    const agent = createAgent({ model: threeSteps(), tools: [add] })
    await agent.invoke(hi, { callbacks })
    const [started] = await record.of('model.call.started')
    expect(started?.data).toEqual({
      provider: 'scripted',
      model: 'scripted-1',
      operation: 'chat',
      input: [{ role: 'user', content: 'hi' }],
      parameters: { temperature: 0.5, tools: ['add'] },
    })
    expect((await record.of('usage.reported'))[1]?.data).toEqual({
      provider: 'scripted',
      model: 'scripted-1-2026',
      inputTokens: 12,
      cacheReadTokens: 4,
      cacheWriteTokens: 0,
      outputTokens: 5,
      reasoningTokens: 2,
      totalTokens: 17,
    })
    expect((await record.of('model.call.completed'))[0]?.data).toEqual({
      outcome: 'ok',
      output: {
        role: 'assistant',
        content: '',
        tool_calls: [{ id: 'call_1', name: 'add', args: { a: 1, b: 2 } }],
      },
      finishReason: 'tool_calls',
      responseId: 'msg_2',
      durationMs: expect.any(Number),
    })
    expect((await record.of('tool.call.started'))[0]?.data).toEqual({
      toolCallId: 'call_1',
      name: 'add',
      input: { a: 1, b: 2 },
    })
    expect((await record.of('tool.call.completed'))[0]?.data).toMatchObject({
      toolCallId: 'call_1',
      output: '3',
    })
  })

  test('streams its tokens', async () => {
    const agent = createAgent({ model: threeSteps(), tools: [add] })
    const stream = await agent.stream(hi, { callbacks, streamMode: 'messages' })
    let pieces = 0
    for await (const _ of stream) pieces++
    expect(pieces).toBeGreaterThan(3)
    expect(await record.list()).toMatchInlineSnapshot(`
      "run.started LangGraph
        model.call.started scripted-1
        usage.reported scripted-1 17
        model.call.completed ok
        tool.call.started add
        tool.call.completed add ok
        model.call.started scripted-1
        assistant.delta It is three
        usage.reported scripted-1-2026 17
        model.call.completed ok
      run.completed"
    `)
    const ends = await record.of('model.call.completed')
    expect(ends.every(({ data }) => Number(data.firstTokenMs) <= Number(data.durationMs))).toBe(true)
  })

  test('is recorded once by streamEvents', async () => {
    const agent = createAgent({ model: threeSteps(), tools: [add] })
    for await (const _ of agent.streamEvents(hi, { callbacks, version: 'v2' })) void _
    expect(await record.list()).toMatchInlineSnapshot(`
      "run.started LangGraph
        model.call.started scripted-1
        usage.reported scripted-1 17
        model.call.completed ok
        tool.call.started add
        tool.call.completed add ok
        model.call.started scripted-1
        assistant.delta It is three
        usage.reported scripted-1-2026 17
        model.call.completed ok
      run.completed"
    `)
  })

  test('calls tools side by side', async () => {
    const model = new ScriptedModel([
      call(['add', { a: 1, b: 2 }, 'call_1'], ['add', { a: 3, b: 4 }, 'call_2']),
      say('3 and 7'),
    ])
    await createAgent({ model, tools: [add] }).invoke(hi, { callbacks })
    expect(await record.list()).toMatchInlineSnapshot(`
      "run.started LangGraph
        model.call.started scripted-1
        usage.reported scripted-1 17
        model.call.completed ok
        tool.call.started add
        tool.call.started add
        tool.call.completed add ok
        tool.call.completed add ok
        model.call.started scripted-1
        usage.reported scripted-1-2026 17
        model.call.completed ok
      run.completed"
    `)
    const outputs = (await record.of('tool.call.completed')).map(({ data }) => [data.toolCallId, data.output])
    expect(outputs).toEqual([
      ['call_1', '3'],
      ['call_2', '7'],
    ])
  })

  test('inside a tool is a run under the tool call', async () => {
    const inner = createAgent({ model: threeSteps(), tools: [add], name: 'inner' })
    const delegate = tool(
      async ({ question }, config) =>
        (await inner.invoke({ messages: [{ role: 'user', content: question }] }, config)).messages.at(-1)
          ?.text ?? '',
      { name: 'delegate', description: 'Asks another agent.', schema: z.object({ question: z.string() }) },
    )
    const model = new ScriptedModel([
      call(['delegate', { question: 'one and two?' }, 'call_0']),
      say('Three'),
    ])
    const checkpointer = new MemorySaver()
    const agent = createAgent({ model, tools: [delegate], name: 'outer', checkpointer })
    await agent.invoke(hi, { callbacks, configurable: { thread_id: 't1' } })
    expect(await record.list()).toMatchInlineSnapshot(`
      "run.started outer
        model.call.started scripted-1
        usage.reported scripted-1 17
        model.call.completed ok
        tool.call.started delegate
          run.started inner
            model.call.started scripted-1
            usage.reported scripted-1 17
            model.call.completed ok
            tool.call.started add
            tool.call.completed add ok
            model.call.started scripted-1
            usage.reported scripted-1-2026 17
            model.call.completed ok
          run.completed
        tool.call.completed delegate ok
        model.call.started scripted-1
        usage.reported scripted-1-2026 17
        model.call.completed ok
      run.completed"
    `)
    const runs = await record.of('run.started')
    expect(runs.map(({ sessionKey, data }) => [sessionKey, data.input])).toEqual([
      ['t1', 'hi'],
      ['t1', 'one and two?'],
    ])
    expect(runs[1]?.parentRunId).toBe(runs[0]?.runId)
    expect(runs[1]?.data.parentActionId).toBe((await record.of('tool.call.started'))[0]?.actionId)
  })

  test('without a name inside a tool that hands nothing on is found too', async () => {
    const inner = createAgent({ model: new ScriptedModel([say('inner')]), tools: [] })
    const delegate = tool(async () => (await inner.invoke(hi)).messages.at(-1)?.text ?? '', {
      name: 'delegate',
      description: 'Asks another agent.',
      schema: z.object({}),
    })
    const model = new ScriptedModel([call(['delegate', {}, 'call_0']), say('outer')])
    await createAgent({ model, tools: [delegate], name: 'outer' }).invoke(hi, { callbacks })
    expect(await record.list()).toMatchInlineSnapshot(`
      "run.started outer
        model.call.started scripted-1
        usage.reported scripted-1 17
        model.call.completed ok
        tool.call.started delegate
          run.started LangGraph
            model.call.started scripted-1
            usage.reported scripted-1-2026 17
            model.call.completed ok
          run.completed
        tool.call.completed delegate ok
        model.call.started scripted-1
        usage.reported scripted-1-2026 17
        model.call.completed ok
      run.completed"
    `)
  })

  test('as a node of a graph is a run under the run of the graph', async () => {
    const inner = createAgent({ model: new ScriptedModel([say('inner')]), tools: [], name: 'inner' })
    const graph = new StateGraph(MessagesAnnotation)
      .addNode('sub', inner.graph)
      .addNode('after', () => ({ messages: [] }))
      .addEdge(START, 'sub')
      .addEdge('sub', 'after')
      .compile()
    await graph.invoke(hi, { callbacks, runName: 'whole' })
    expect(await record.list()).toMatchInlineSnapshot(`
      "run.started whole
        run.started inner
          model.call.started scripted-1
          usage.reported scripted-1-2026 17
          model.call.completed ok
        run.completed
      run.completed"
    `)
  })
})

describe('the options', () => {
  test('of the handler name its runs', async () => {
    const handler = new PincerCallbackHandler(record.claw, {
      name: 'support',
      agentId: 'agent-7',
      sessionKey: 'session-7',
      metadata: { region: 'eu' },
    })
    const checkpointer = new MemorySaver()
    const agent = createAgent({
      model: new ScriptedModel([say('Hi')]),
      tools: [],
      name: 'adder',
      checkpointer,
    })
    await agent.invoke(hi, { callbacks: [handler], configurable: { thread_id: 't1' } })
    expect((await record.events())[0]).toMatchObject({
      agentId: 'agent-7',
      sessionKey: 'session-7',
      data: { name: 'support', metadata: { region: 'eu' } },
    })
  })

  test('a run name of the call comes before the name of the agent', async () => {
    const agent = createAgent({
      model: new ScriptedModel([say('Hi')]),
      tools: [],
      name: 'adder',
    })
    await agent.invoke(hi, { callbacks, runName: 'nightly', metadata: { thread_id: 7 } })
    expect((await record.events())[0]).toMatchObject({
      sessionKey: '7',
      data: { name: 'nightly' },
    })
  })

  test('what is no claw is refused', () => {
    expect(() => new PincerCallbackHandler({} as never)).toThrow('expected a claw of createClient')
  })
})

test('stands under the run that the caller is in', async () => {
  const agent = createAgent({ model: new ScriptedModel([say('Hi')]), tools: [] })
  await record.claw.run({ name: 'request' }, () => agent.invoke(hi, { callbacks }))
  expect(await record.list()).toMatchInlineSnapshot(`
    "run.started request
      run.started LangGraph
        model.call.started scripted-1
        usage.reported scripted-1-2026 17
        model.call.completed ok
      run.completed
    run.completed"
  `)
})

test('is a handler to LangChain, and asks it for nothing', async () => {
  const { isBaseCallbackHandler } = await import('@langchain/core/callbacks/base')
  const [handler] = callbacks
  expect(isBaseCallbackHandler(handler)).toBe(true)
  expect(handler?.copy()).toBe(handler)
  expect(Object.keys(handler ?? {}).some((key) => key.startsWith('lc_'))).toBe(false)
  expect(handler).toMatchObject({
    awaitHandlers: true,
    raiseError: false,
    ignoreChain: false,
    ignoreLLM: false,
  })
})
