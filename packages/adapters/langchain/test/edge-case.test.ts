import { AIMessage, ToolMessage } from '@langchain/core/messages'
import { Command, MessagesAnnotation, START, StateGraph } from '@langchain/langgraph'
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

describe('a tool', () => {
  test('that throws fails, and the run goes on', async () => {
    const bad = act('bad', () => {
      throw new RangeError('boom')
    })
    const agent = createAgent({
      model: new ScriptedModel([call(['bad', {}, 'call_1']), say('Sorry')]),
      tools: [bad],
    })
    await agent.invoke(hi, { callbacks })
    expect(await record.list()).toMatchInlineSnapshot(`
      "run.started LangGraph
        model.call.started scripted-1
        usage.reported scripted-1 17
        model.call.completed ok
        tool.call.started bad
        tool.call.failed bad error
        model.call.started scripted-1
        usage.reported scripted-1-2026 17
        model.call.completed ok
      run.completed"
    `)
    expect((await record.of('tool.call.failed'))[0]?.data).toMatchObject({
      toolCallId: 'call_1',
      outcome: 'error',
      error: { name: 'RangeError', message: 'boom' },
    })
  })

  test('that throws under a middleware that passes it on fails the run with it', async () => {
    const bad = act('bad', () => {
      throw new RangeError('boom')
    })
    const passes = createMiddleware({ name: 'passes', wrapToolCall: (request, handler) => handler(request) })
    const model = new ScriptedModel([call(['bad', {}, 'call_1']), say('Sorry')])
    const agent = createAgent({ model, tools: [bad], middleware: [passes] })
    await expect(agent.invoke(hi, { callbacks })).rejects.toThrow('boom')
    expect(await record.list()).toMatchInlineSnapshot(`
      "run.started LangGraph
        model.call.started scripted-1
        usage.reported scripted-1 17
        model.call.completed ok
        tool.call.started bad
        tool.call.failed bad error
      run.failed"
    `)
  })

  test('that answers with an error has failed', async () => {
    const bad = act('bad', (config) => {
      const toolCallId = (config as { toolCall?: { id?: string } }).toolCall?.id ?? ''
      return new ToolMessage({ status: 'error', content: 'no such file', tool_call_id: toolCallId })
    })
    const agent = createAgent({
      model: new ScriptedModel([call(['bad', {}, 'call_1']), say('Sorry')]),
      tools: [bad],
    })
    await agent.invoke(hi, { callbacks })
    const [failed] = await record.of('tool.call.failed')
    expect(failed?.data).toMatchObject({
      toolCallId: 'call_1',
      outcome: 'error',
      error: { message: 'no such file' },
    })
    expect(await record.of('run.completed')).toHaveLength(1)
  })

  test('that is called with other arguments than the model gave shows both', async () => {
    const edits = createMiddleware({
      name: 'edits',
      wrapToolCall: (request, handler) =>
        handler({ ...request, toolCall: { ...request.toolCall, args: { a: 10, b: 20 } } }),
    })
    const model = new ScriptedModel([call(['add', { a: 1, b: 2 }, 'call_1']), say('30')])
    await createAgent({ model, tools: [add], middleware: [edits] }).invoke(hi, { callbacks })
    expect((await record.of('model.call.completed'))[0]?.data.output).toMatchObject({
      tool_calls: [{ args: { a: 1, b: 2 } }],
    })
    expect((await record.of('tool.call.started'))[0]?.data.input).toEqual({ a: 10, b: 20 })
    expect((await record.of('tool.call.completed'))[0]?.data.output).toBe('30')
  })

  test('that commands the graph has not failed', async () => {
    const jump = act('jump', (config) => {
      const toolCallId = (config as { toolCall?: { id?: string } }).toolCall?.id ?? ''
      return new Command({
        update: { messages: [new ToolMessage({ content: 'jumped', tool_call_id: toolCallId })] },
      })
    })
    const agent = createAgent({
      model: new ScriptedModel([call(['jump', {}, 'call_1']), say('There')]),
      tools: [jump],
    })
    await agent.invoke(hi, { callbacks })
    expect((await record.of('tool.call.completed'))[0]?.data).toMatchObject({
      outcome: 'ok',
      output: { update: 'jumped' },
    })
  })
})

test('a command to the graph above is no failure', async () => {
  const inner = new StateGraph(MessagesAnnotation)
    .addNode('hands over', () => new Command({ goto: 'other', graph: Command.PARENT }), { ends: [] })
    .addEdge(START, 'hands over')
    .compile()
  const graph = new StateGraph(MessagesAnnotation)
    .addNode('inner', inner, { ends: ['other'] })
    .addNode('other', () => ({ messages: [new AIMessage('Here')] }))
    .addEdge(START, 'inner')
    .compile()
  await graph.invoke(hi, { callbacks })
  expect(await record.list()).toMatchInlineSnapshot(`
    "run.started LangGraph
      run.started LangGraph
      run.completed
    run.completed"
  `)
})

describe('a run that is told twice', () => {
  const listing = async (): Promise<string> => {
    const lines = await record.list()
    expect((await record.of('assistant.delta')).map(({ data }) => data.delta)).toEqual(['It is three'])
    return lines
  }

  test('by one handler on the model and on the call is recorded once', async () => {
    const model = new ScriptedModel([call(['add', { a: 1, b: 2 }, 'call_1']), say('It is three')], {
      callbacks,
    })
    const agent = createAgent({ model, tools: [add] })
    for await (const _ of await agent.stream(hi, { callbacks, streamMode: 'messages' })) void _
    expect(await listing()).toMatchInlineSnapshot(`
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

  test('by two handlers of one client is recorded once', async () => {
    const model = new ScriptedModel([call(['add', { a: 1, b: 2 }, 'call_1']), say('It is three')])
    const agent = createAgent({ model, tools: [add] })
    const both = [...callbacks, new PincerCallbackHandler(record.claw)]
    for await (const _ of await agent.stream(hi, { callbacks: both, streamMode: 'messages' })) void _
    expect(await listing()).toMatchInlineSnapshot(`
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

  test('for two clients is recorded by both', async () => {
    const other = recorded()
    const model = new ScriptedModel([say('Hi')])
    await model.invoke('hello', { callbacks: [...callbacks, new PincerCallbackHandler(other.claw)] })
    expect(await record.of('model.call.completed')).toHaveLength(1)
    expect(await other.of('model.call.completed')).toHaveLength(1)
    await other.done()
  })

  test('that only its model is told of has a run of its own', async () => {
    const agent = createAgent({ model: new ScriptedModel([say('Hi')], { callbacks }), tools: [] })
    await agent.invoke(hi)
    expect(await record.list()).toMatchInlineSnapshot(`
      "run.started model_request
        model.call.started scripted-1
        usage.reported scripted-1-2026 17
        model.call.completed ok
      run.completed"
    `)
  })
})
