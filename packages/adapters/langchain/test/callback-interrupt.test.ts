import { type Runnable, RunnableLambda } from '@langchain/core/runnables'
import { Command, interrupt, MemorySaver, MessagesAnnotation, START, StateGraph } from '@langchain/langgraph'
import { type AgentMiddleware, createAgent, humanInTheLoopMiddleware } from 'langchain'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'

import { PincerCallbackHandler } from '../src/index.ts'
import { type Recorded, recorded } from './callback-fixture.ts'
import { call, say, ScriptedModel } from './scripted-model.ts'
import { act, add, hi } from './tools.ts'

let record: Recorded
let config: { callbacks: PincerCallbackHandler[]; configurable: { thread_id: string } }
beforeEach(() => {
  record = recorded()
  config = { callbacks: [new PincerCallbackHandler(record.claw)], configurable: { thread_id: 't1' } }
})
afterEach(() => record.done())

// Its own type does not hold under exact optional properties.
const asksPeople = (): AgentMiddleware => {
  const make = humanInTheLoopMiddleware as (options: object) => unknown
  return make({ interruptOn: { add: true } }) as AgentMiddleware
}
const addCall = (): ReturnType<typeof call> => call(['add', { a: 1, b: 2 }, 'call_1'])

describe('an interrupt inside a tool', () => {
  const asks = act('asks', () => `got ${String(interrupt('Are you sure?'))}`)
  const makeAgent = (): ReturnType<typeof createAgent> =>
    createAgent({
      model: new ScriptedModel([call(['asks', {}, 'call_1']), say('Done')]),
      tools: [asks],
      checkpointer: new MemorySaver(),
    }) as never

  test('pauses the call and its run, and the answer goes on with both', async () => {
    const agent = makeAgent()
    await agent.invoke(hi, config)
    expect(await record.list()).toMatchInlineSnapshot(`
      "run.started LangGraph
        model.call.started scripted-1
        usage.reported scripted-1 17
        model.call.completed ok
        tool.call.started asks
        approval.requested asks"
    `)
    const [asked] = await record.of('approval.requested')
    const [tool] = await record.of('tool.call.started')
    expect(asked?.data).toEqual({
      approvalId: expect.stringMatching(/^[0-9a-f]{32}$/),
      name: 'asks',
      toolCallId: 'call_1',
      input: 'Are you sure?',
    })
    expect(asked?.actionId).toBe(tool?.actionId)
    await agent.invoke(new Command({ resume: 'yes' }), config)
    expect(await record.list()).toMatchInlineSnapshot(`
      "run.started LangGraph
        model.call.started scripted-1
        usage.reported scripted-1 17
        model.call.completed ok
        tool.call.started asks
        approval.requested asks
        approval.resolved approved
        tool.call.completed asks ok
        model.call.started scripted-1
        usage.reported scripted-1-2026 17
        model.call.completed ok
      run.completed"
    `)
    expect((await record.of('approval.resolved'))[0]?.data).toEqual({
      approvalId: asked?.data.approvalId,
      status: 'approved',
      input: 'yes',
    })
    expect((await record.of('tool.call.completed'))[0]?.data.output).toBe('got yes')
  })

  test('does not idle out, and ends with the client', async () => {
    await makeAgent().invoke(hi, config)
    await record.claw.close({ timeoutMs: 1_000 })
    expect((await record.events()).map(({ type }) => type).slice(-3)).toEqual([
      'approval.requested',
      'tool.call.completed',
      'run.timed_out',
    ])
  })

  test('is cancelled where the conversation goes on without an answer', async () => {
    const agent = makeAgent()
    await agent.invoke(hi, config)
    await agent.invoke(hi, config)
    expect((await record.of('run.cancelled')).map(({ data }) => data.reason)).toEqual([
      'the conversation went on without an answer',
    ])
    expect((await record.of('approval.resolved'))[0]?.data.status).toBe('cancelled')
    expect(await record.of('run.completed')).toHaveLength(1)
  })

  test('that another process resumes goes on in a run of its own', async () => {
    const agent = makeAgent()
    await agent.invoke(hi, { ...config, callbacks: [] })
    await agent.invoke(new Command({ resume: 'yes' }), config)
    expect(await record.list()).toMatchInlineSnapshot(`
      "run.started LangGraph
        tool.call.started asks
        tool.call.completed asks ok
        model.call.started scripted-1
        usage.reported scripted-1-2026 17
        model.call.completed ok
      run.completed"
    `)
    const [run] = await record.of('run.started')
    expect(run).toMatchObject({ sessionKey: 't1', data: { metadata: { resumes: 't1' } } })
  })

  test('twice in one tool is two questions', async () => {
    const twice = act('twice', () => `${String(interrupt('One?'))} ${String(interrupt('Two?'))}`)
    const agent = createAgent({
      model: new ScriptedModel([call(['twice', {}, 'call_1']), say('Done')]),
      tools: [twice],
      checkpointer: new MemorySaver(),
    })
    await agent.invoke(hi, config)
    await agent.invoke(new Command({ resume: 'a' }), config)
    await agent.invoke(new Command({ resume: 'b' }), config)
    const asked = (await record.of('approval.requested')).map(({ data }) => [data.approvalId, data.input])
    const answered = (await record.of('approval.resolved')).map(({ data }) => [data.approvalId, data.input])
    expect(asked.map(([, input]) => input)).toEqual(['One?', 'Two?'])
    expect(answered.map(([id]) => id)).toEqual(asked.map(([id]) => id))
    expect(answered.map(([, input]) => input)).toEqual(['a', 'b'])
    expect((await record.of('tool.call.completed')).map(({ data }) => data.output)).toEqual(['a b'])
    expect(await record.of('tool.call.started')).toHaveLength(1)
    expect(await record.of('run.started')).toHaveLength(1)
  })

  test('in two tools at once is answered one by one', async () => {
    const agent = createAgent({
      model: new ScriptedModel([call(['asks', {}, 'call_1'], ['asks', {}, 'call_2']), say('Done')]),
      tools: [asks],
      checkpointer: new MemorySaver(),
    })
    await agent.invoke(hi, config)
    const asked = (await record.of('approval.requested')).map(({ data }) => data)
    expect(new Set(asked.map(({ toolCallId }) => toolCallId))).toEqual(new Set(['call_1', 'call_2']))
    const ids = asked.map(({ approvalId }) => approvalId)
    await agent.invoke(new Command({ resume: { [ids[0] ?? '']: 'a' } }), config)
    expect(await record.of('run.completed')).toEqual([])
    expect((await record.of('approval.resolved')).map(({ data }) => data.approvalId)).toEqual([ids[0]])
    await agent.invoke(new Command({ resume: { [ids[1] ?? '']: 'b' } }), config)
    expect((await record.of('approval.resolved')).map(({ data }) => data.approvalId)).toEqual(ids)
    expect((await record.of('approval.requested')).length).toBe(2)
    expect(await record.of('run.completed')).toHaveLength(1)
    expect((await record.of('tool.call.completed')).every(({ data }) => data.outcome === 'ok')).toBe(true)
  })
})

describe('the human-in-the-loop middleware', () => {
  const makeAgent = (
    ...turns: ConstructorParameters<typeof ScriptedModel>[0]
  ): ReturnType<typeof createAgent> =>
    createAgent({
      model: new ScriptedModel(turns),
      tools: [add],
      name: 'adder',
      checkpointer: new MemorySaver(),
      middleware: [asksPeople()],
    }) as never

  test('pauses the run with its questions, and goes on with the answers', async () => {
    const agent = makeAgent(addCall(), say('Three'))
    await agent.invoke(hi, config)
    expect(await record.of('run.completed')).toEqual([])
    expect((await record.of('approval.requested')).map(({ data }) => data)).toEqual([
      {
        approvalId: expect.any(String),
        name: 'add',
        toolCallId: 'call_1',
        input: { a: 1, b: 2 },
        reason: expect.stringContaining('requires approval'),
      },
    ])
    await agent.invoke(new Command({ resume: { decisions: [{ type: 'approve' }] } }), config)
    expect(await record.list()).toMatchInlineSnapshot(`
      "run.started adder
        model.call.started scripted-1
        usage.reported scripted-1 17
        model.call.completed ok
        approval.requested add
        approval.resolved approved
        tool.call.started add
        tool.call.completed add ok
        model.call.started scripted-1
        usage.reported scripted-1-2026 17
        model.call.completed ok
      run.completed"
    `)
    expect((await record.of('run.completed'))[0]?.data.output).toBe('Three')
  })

  test('tells what was edited', async () => {
    const both = call(['add', { a: 1, b: 2 }, 'call_1'], ['add', { a: 3, b: 4 }, 'call_2'])
    const agent = makeAgent(both, say('Done'))
    await agent.invoke(hi, config)
    const asked = (await record.of('approval.requested')).map(({ data }) => data)
    expect(asked.map(({ toolCallId }) => toolCallId)).toEqual(['call_1', 'call_2'])
    const decisions = [
      { type: 'edit', editedAction: { name: 'add', args: { a: 10, b: 20 } } },
      { type: 'approve' },
    ]
    await agent.invoke(new Command({ resume: { decisions } }), config)
    expect((await record.of('approval.resolved')).map(({ data }) => data)).toEqual([
      { approvalId: asked[0]?.approvalId, status: 'approved', input: { a: 10, b: 20 } },
      { approvalId: asked[1]?.approvalId, status: 'approved' },
    ])
    expect((await record.of('tool.call.completed')).map(({ data }) => data.output)).toEqual(['30', '7'])
  })

  test('tells why something was rejected', async () => {
    const agent = makeAgent(addCall(), say('Then not'))
    await agent.invoke(hi, config)
    const decisions = [{ type: 'reject', message: 'not that one' }]
    await agent.invoke(new Command({ resume: { decisions } }), config)
    const [resolved] = await record.of('approval.resolved')
    expect(resolved?.data).toMatchObject({ status: 'denied', reason: 'not that one' })
    expect(await record.of('tool.call.started')).toEqual([])
    expect(await record.of('run.completed')).toHaveLength(1)
  })

  test('of an agent inside a tool pauses both runs', async () => {
    const inner = createAgent({
      model: new ScriptedModel([addCall(), say('Three')]),
      tools: [add],
      name: 'inner',
      middleware: [asksPeople()],
    })
    const delegate = act('delegate', async (given) => (await inner.invoke(hi, given)).messages.at(-1)?.text)
    const outer = createAgent({
      model: new ScriptedModel([call(['delegate', {}, 'call_0']), say('It is three')]),
      tools: [delegate],
      name: 'outer',
      checkpointer: new MemorySaver(),
    })
    await outer.invoke(hi, config)
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
            approval.requested add"
    `)
    await outer.invoke(new Command({ resume: { decisions: [{ type: 'approve' }] } }), config)
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
            approval.requested add
            approval.resolved approved
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
  })
})

describe('a graph in a chain', () => {
  const makeChain = (): Runnable => {
    const graph = new StateGraph(MessagesAnnotation)
      .addNode('asks', () => ({ messages: [say(String(interrupt({ question: 'Sure?' })))] }))
      .addEdge(START, 'asks')
      .compile({ checkpointer: new MemorySaver() })
    return RunnableLambda.from((given: typeof hi) => given).pipe(graph as unknown as Runnable)
  }

  test('is resumed through the chain that knows its conversation', async () => {
    const chain = makeChain()
    const known = { ...config, metadata: { thread_id: 't1' } }
    await chain.invoke(hi, known)
    expect(await record.list()).toMatchInlineSnapshot(`
      "run.started RunnableSequence
        run.started LangGraph
          approval.requested asks"
    `)
    await chain.invoke(new Command({ resume: 'yes' }), known)
    expect(await record.list()).toMatchInlineSnapshot(`
      "run.started RunnableSequence
        run.started LangGraph
          approval.requested asks
          approval.resolved approved
        run.completed
      run.completed"
    `)
  })

  test('that fails after an answer has failed', async () => {
    const graph = new StateGraph(MessagesAnnotation)
      .addNode('asks', () => {
        interrupt('Sure?')
        throw new Error('too late')
      })
      .addEdge(START, 'asks')
      .compile({ checkpointer: new MemorySaver() })
    await graph.invoke(hi, config)
    await expect(graph.invoke(new Command({ resume: 'yes' }), config)).rejects.toThrow('too late')
    expect(await record.list()).toMatchInlineSnapshot(`
      "run.started LangGraph
        approval.requested asks
        approval.resolved approved
      run.failed"
    `)
  })
})

test('keeps no more than a thousand interrupted runs', async () => {
  const graph = new StateGraph(MessagesAnnotation)
    .addNode('asks', () => ({ messages: [say(String(interrupt('Sure?')))] }))
    .addEdge(START, 'asks')
    .compile({ checkpointer: new MemorySaver() })
  for (let index = 0; index < 1_003; index++)
    await graph.invoke(hi, { ...config, configurable: { thread_id: `t${index}` } })
  const cancelled = await record.of('run.cancelled')
  expect(cancelled.map(({ sessionKey }) => sessionKey)).toEqual(['t0', 't1', 't2'])
  expect(record.claw.stats().open).toBe(1_000)
}, 30_000)
