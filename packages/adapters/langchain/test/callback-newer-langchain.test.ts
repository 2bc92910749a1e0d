// What the first minors of LangChain 1.x do not tell: which agent it is, pieces of blocks and of tools, that a stream was stopped.
import { type Runnable, RunnableLambda } from '@langchain/core/runnables'
import { Command, interrupt, MemorySaver, MessagesAnnotation, START, StateGraph } from '@langchain/langgraph'
import { createAgent } from 'langchain'
import { afterEach, beforeEach, expect, test } from 'vitest'

import { PincerCallbackHandler } from '../src/index.ts'
import { type Recorded, recorded } from './callback-fixture.ts'
import { call, say, ScriptedModel } from './scripted-model.ts'
import { act, hi } from './tools.ts'

let record: Recorded
let callbacks: PincerCallbackHandler[]
beforeEach(() => {
  record = recorded()
  callbacks = [new PincerCallbackHandler(record.claw)]
})
afterEach(() => record.done())

const agentIds = async (): Promise<unknown> => (await record.of('run.started')).map(({ agentId }) => agentId)

test('an agent is known by its name, also under a run name of the call', async () => {
  const agent = createAgent({ model: new ScriptedModel([say('Hi')]), tools: [], name: 'adder' })
  await agent.invoke(hi, { callbacks, runName: 'nightly' })
  expect((await record.events()).every(({ agentId }) => agentId === 'adder')).toBe(true)
})

test('an agent without a name inside a tool belongs to the agent of the tool', async () => {
  const inner = createAgent({ model: new ScriptedModel([say('inner')]), tools: [] })
  const delegate = act('delegate', async () => (await inner.invoke(hi)).messages.at(-1)?.text ?? '')
  const model = new ScriptedModel([call(['delegate', {}, 'call_0']), say('outer')])
  await createAgent({ model, tools: [delegate], name: 'outer' }).invoke(hi, { callbacks })
  expect(await agentIds()).toEqual(['outer', 'outer'])
})

test('an agent as a node of a graph is known by its own name', async () => {
  const inner = createAgent({ model: new ScriptedModel([say('inner')]), tools: [], name: 'inner' })
  const graph = new StateGraph(MessagesAnnotation).addNode('sub', inner.graph).addEdge(START, 'sub').compile()
  await graph.invoke(hi, { callbacks })
  expect(await agentIds()).toEqual([undefined, 'inner'])
})

test('a tool that another process resumes has the id of its call', async () => {
  const asks = act('asks', () => `got ${String(interrupt('Are you sure?'))}`)
  const agent = createAgent({
    model: new ScriptedModel([call(['asks', {}, 'call_1']), say('Done')]),
    tools: [asks],
    checkpointer: new MemorySaver(),
  })
  const config = { configurable: { thread_id: 't1' } }
  await agent.invoke(hi, config)
  await agent.invoke(new Command({ resume: 'yes' }), { ...config, callbacks })
  expect((await record.of('tool.call.started'))[0]?.data.toolCallId).toBe('call_1')
})

test('a stream of block events says everything once', async () => {
  const asking = {
    name: 'asks for blocks',
    awaitHandlers: true,
    lc_prefer_chat_model_stream_events: true,
    copy: () => asking,
  }
  await new ScriptedModel([say('Hello there')]).invoke('hello', {
    callbacks: [...callbacks, asking] as never,
  })
  expect(await record.list()).toMatchInlineSnapshot(`
    "run.started ScriptedModel
      model.call.started scripted-1
      assistant.delta Hello there
      usage.reported scripted-1 17
      model.call.completed ok
    run.completed"
  `)
})

test('a tool that yields shows its progress', async () => {
  const steps = act('steps', async function* () {
    yield 'one'
    yield { two: 2 }
    return 'done'
  })
  await steps.invoke({}, { callbacks })
  expect((await record.of('tool.call.delta')).map(({ data }) => data.delta)).toEqual(['one', '{"two":2}'])
  expect(await record.of('run.completed')).toHaveLength(1)
})

test('an abort while a model streams cancels the call and its run', async () => {
  const abort = new AbortController()
  const model = new ScriptedModel([say('one two three four')])
  const read = async (): Promise<void> => {
    const stream = await model.stream('hello', { callbacks, signal: abort.signal })
    for await (const { text } of stream) if (text === 'two ') abort.abort()
  }
  await expect(read()).rejects.toThrow('abort')
  expect(await record.list()).toMatchInlineSnapshot(`
    "run.started ScriptedModel
      model.call.started scripted-1
      assistant.delta one two 
      model.call.completed cancelled aborted
    run.cancelled aborted"
  `)
})

test('a graph in a chain that does not know its conversation goes on in a run of its own', async () => {
  const graph = new StateGraph(MessagesAnnotation)
    .addNode('asks', () => ({ messages: [say(String(interrupt({ question: 'Sure?' })))] }))
    .addEdge(START, 'asks')
    .compile({ checkpointer: new MemorySaver() }) as unknown as Runnable
  const chain: Runnable = RunnableLambda.from((given: typeof hi) => given).pipe(graph)
  const config = { callbacks, configurable: { thread_id: 't1' } }
  await chain.invoke(hi, config)
  await chain.invoke(new Command({ resume: 'yes' }), config)
  expect(await record.list()).toMatchInlineSnapshot(`
    "run.started RunnableSequence
      run.started LangGraph
        approval.requested asks
      run.completed
    run.completed
    run.started RunnableSequence
      run.started LangGraph
      run.completed
    run.completed"
  `)
  expect((await record.of('run.completed'))[0]?.data.stopReason).toBe('interrupted')
  expect((await record.of('run.started'))[3]?.data.metadata).toEqual({ resumes: 't1' })
})

test('an agent that was never seen to pause does not go on with the run of another in its conversation', async () => {
  const make = (name: string) =>
    createAgent({
      name,
      model: new ScriptedModel([call(['asks', {}, 'call_1']), say(`${name} is done`)]),
      tools: [act('asks', () => String(interrupt('sure?')))],
      checkpointer: new MemorySaver(),
    })
  const [ada, bob] = [make('ada'), make('bob')]
  const seen = { callbacks, configurable: { thread_id: 'shared' } }
  await ada.invoke(hi, seen)
  await bob.invoke(hi, { configurable: { thread_id: 'shared' } })
  await bob.invoke(new Command({ resume: 'yes' }), seen)
  await ada.invoke(new Command({ resume: 'yes' }), seen)
  const started = await record.of('run.started')
  expect(started.map(({ data }) => data.name)).toEqual(['ada', 'bob'])
  const ended = (await record.of('run.completed')).find(({ runId }) => runId === started[0]?.runId)
  expect(ended?.data.output).toBe('ada is done')
})
