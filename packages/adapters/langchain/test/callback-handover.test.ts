import { Command, interrupt, MemorySaver } from '@langchain/langgraph'
import { createManualClock } from '@pincer/testing'
import { createAgent, createMiddleware } from 'langchain'
import { expect, test } from 'vitest'

import { PincerCallbackHandler } from '../src/index.ts'
import { toolCallsOf } from '../src/tool-calls.ts'
import { recorded } from './callback-fixture.ts'
import { call, say, ScriptedModel } from './scripted-model.ts'
import { act, add, hi } from './tools.ts'

const addCall = (): ReturnType<typeof call> => call(['add', { a: 1, b: 2 }, 'call_1'])

test('goes on with a call that the guard has started, under the run that the model asked in', async () => {
  const record = recorded()
  const calls = toolCallsOf(record.claw)
  const guards = createMiddleware({
    name: 'guards',
    wrapToolCall: async ({ toolCall, ...request }, next) => {
      const parent = calls.parentOf(toolCall.id ?? '')
      if (parent === undefined) throw new Error('nobody saw the model ask')
      const started = parent.startToolCall({
        toolCallId: 'call_1',
        name: 'add',
        input: toolCall.args,
        risk: 'low',
      })
      calls.handOver('call_1', started)
      return started.within(async () =>
        next({ ...request, toolCall: { ...toolCall, args: { a: 10, b: 20 } } }),
      )
    },
  })
  const model = new ScriptedModel([addCall(), say('Thirty')])
  const agent = createAgent({ model, tools: [add], middleware: [guards] })
  await agent.invoke(hi, { callbacks: [new PincerCallbackHandler(record.claw)] })
  expect(await record.list()).toMatchInlineSnapshot(`
    "run.started LangGraph
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
  expect((await record.of('tool.call.started'))[0]?.data).toMatchObject({
    input: { a: 1, b: 2 },
    risk: 'low',
  })
  expect((await record.of('tool.call.completed'))[0]?.data.output).toBe('30')
  expect(calls.parentOf('call_1')).toBeUndefined()
  await record.done()
})

test('asks nothing where the guard has asked already, and still pauses', async () => {
  const record = recorded()
  const asks = act('asks', () => {
    const question = { actionRequests: [{ name: 'asks', args: {} }] }
    toolCallsOf(record.claw).noteInterrupt(question)
    return `got ${JSON.stringify(interrupt(question))}`
  })
  const agent = createAgent({
    model: new ScriptedModel([call(['asks', {}, 'call_1']), say('Done')]),
    tools: [asks],
    checkpointer: new MemorySaver(),
  })
  const config = { callbacks: [new PincerCallbackHandler(record.claw)], configurable: { thread_id: 't1' } }
  await agent.invoke(hi, config)
  expect(await record.list()).toMatchInlineSnapshot(`
    "run.started LangGraph
      model.call.started scripted-1
      usage.reported scripted-1 17
      model.call.completed ok
      tool.call.started asks"
  `)
  await agent.invoke(new Command({ resume: { decisions: [{ type: 'approve' }] } }), config)
  expect(await record.list()).toMatchInlineSnapshot(`
    "run.started LangGraph
      model.call.started scripted-1
      usage.reported scripted-1 17
      model.call.completed ok
      tool.call.started asks
      tool.call.completed asks ok
      model.call.started scripted-1
      usage.reported scripted-1-2026 17
      model.call.completed ok
    run.completed"
  `)
  await record.done()
})

test('leaves a call alone that its client has ended by time', async () => {
  const clock = createManualClock()
  const record = recorded({ clock, idleTimeoutMs: 1_000 })
  const model = new ScriptedModel([
    async () => {
      await clock.advance(5_000)
      return say('late')
    },
  ])
  await model.invoke('hello', { callbacks: [new PincerCallbackHandler(record.claw, { clock })] })
  await clock.advance(1)
  expect((await record.of('model.call.completed')).map(({ data }) => data.outcome)).toEqual(['abandoned'])
  expect(await record.of('run.timed_out')).toHaveLength(1)
  await record.done()
})

test('forgets the steps of a client that ended them', async () => {
  const clock = createManualClock()
  const record = recorded()
  const handler = new PincerCallbackHandler(record.claw, { clock, idleTimeoutMs: 8_000 })
  handler.handleChainStart({}, 'a', 'run-1')
  handler.handleChainStart({}, 'a', 'run-2', 'run-1')
  await record.claw.close({ timeoutMs: 1_000 })
  expect(clock.pending()).toBe(1)
  await clock.advance(1_001)
  expect(clock.pending()).toBe(0)
  await record.done()
})

test('keeps no more than 20,000 steps', async () => {
  const record = recorded({ maxOpen: 100_000, recordInputs: false, outbox: { maxEvents: 100_000 } })
  const handler = new PincerCallbackHandler(record.claw)
  for (let index = 0; index < 20_002; index++) handler.handleChatModelStart({}, [[]], `run-${index}`)
  const ended = await record.of('model.call.completed')
  expect(ended.map(({ data }) => [data.outcome, data.reason])).toEqual([
    ['cancelled', 'more than 20000 steps were open'],
    ['cancelled', 'more than 20000 steps were open'],
  ])
  expect(record.claw.stats().open).toBe(40_000)
  await record.claw.close({ timeoutMs: 1 })
})
