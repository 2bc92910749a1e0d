import { tool } from '@langchain/core/tools'
import { MemorySaver } from '@langchain/langgraph'
import { eventually } from '@pincer/testing'
import { createAgent } from 'langchain'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'

import { guardMiddleware } from '../src/guard.ts'
import { addCall, addTool, enforced, question, recorded, ScriptedModel } from './guard-fixture.ts'

describe('a call that the guard lets through', () => {
  it('happens, is asked about once and recorded once', async () => {
    const { claw, gateway, of } = enforced()
    const model = new ScriptedModel([addCall()], 'It is 3.')
    const middleware = [guardMiddleware(claw, { risk: 'high' })]
    const agent = createAgent({ model, tools: [addTool()], middleware })
    const { messages } = await agent.invoke(question)
    expect(messages.at(-1)?.text).toBe('It is 3.')
    expect(model.answers).toMatchObject([{ content: '3', status: 'success', tool_call_id: 'call_1' }])
    expect(gateway.asked).toMatchObject([
      { kind: 'tool_call', name: 'add', toolCallId: 'call_1', input: { a: 1, b: 2 }, risk: 'high' },
    ])
    expect(await of('tool.call.started')).toMatchObject([{ data: { toolCallId: 'call_1', name: 'add' } }])
    expect(await of('tool.call.completed')).toMatchObject([{ data: { outcome: 'ok', output: '3' } }])
    expect(claw.stats()).toMatchObject({ open: 0, lateEnds: 0 })
  })

  it('stands in the session of its thread, where no run is around it', async () => {
    const { claw, gateway, of } = enforced()
    const model = new ScriptedModel([addCall()])
    const agent = createAgent({
      model,
      tools: [addTool()],
      middleware: [guardMiddleware(claw)],
      checkpointer: new MemorySaver(),
    })
    await agent.invoke(question, { configurable: { thread_id: 'thread-7' } })
    expect(gateway.asked).toMatchObject([{ sessionKey: 'thread-7' }])
    expect(await of('run.completed')).toMatchObject([{ sessionKey: 'thread-7' }])
    expect(claw.stats().open).toBe(0)
  })

  it('three at once: each is asked about once', async () => {
    const { claw, gateway } = enforced()
    const calls: unknown[] = []
    const model = new ScriptedModel([addCall('one', 1), addCall('two', 2), addCall('three', 3)])
    const agent = createAgent({ model, tools: [addTool(calls)], middleware: [guardMiddleware(claw)] })
    await agent.invoke(question)
    expect(gateway.asked).toHaveLength(3)
    expect(new Set(gateway.asked.map(({ toolCallId }) => toolCallId))).toEqual(
      new Set(['one', 'two', 'three']),
    )
    expect(calls).toHaveLength(3)
    expect(model.answers.map(({ content }) => content)).toEqual(['3', '4', '5'])
  })
})

describe('a refused call', () => {
  it('that is blocked is told to the model, never happens, and is recorded as blocked', async () => {
    const { claw, of } = enforced({ guard: () => ({ decision: 'block', reason: 'no sums on Sundays' }) })
    const calls: unknown[] = []
    const model = new ScriptedModel([addCall()], 'I may not.')
    const agent = createAgent({ model, tools: [addTool(calls)], middleware: [guardMiddleware(claw)] })
    const { messages } = await agent.invoke(question)
    expect(messages.at(-1)?.text).toBe('I may not.')
    expect(calls).toEqual([])
    expect(model.answers).toMatchObject([
      {
        status: 'error',
        name: 'add',
        tool_call_id: 'call_1',
        content: 'The call of "add" was blocked and did not happen. Reason: no sums on Sundays',
      },
    ])
    expect(await of('tool.call.failed')).toMatchObject([{ data: { outcome: 'blocked' } }])
    expect(claw.stats().open).toBe(0)
  })

  it('is thrown with onRefused: throw', async () => {
    const { claw } = enforced({ guard: () => ({ decision: 'block', reason: 'no' }) })
    const middleware = [guardMiddleware(claw, { onRefused: 'throw' })]
    const agent = createAgent({ model: new ScriptedModel([addCall()]), tools: [addTool()], middleware })
    const thrown = await agent.invoke(question).catch((error: Error) => error)
    // Newer versions of LangChain wrap it.
    const refusal: unknown = Reflect.get(thrown, 'cause') ?? thrown
    expect(refusal).toMatchObject({ code: 'guard_blocked', action: 'add' })
  })

  it('does not keep the other calls of the message from happening', async () => {
    const { claw } = enforced({
      guard: ({ toolCallId }) => ({ decision: toolCallId === 'two' ? 'block' : 'allow' }),
    })
    const model = new ScriptedModel([addCall('one'), addCall('two'), addCall('three')])
    const agent = createAgent({ model, tools: [addTool()], middleware: [guardMiddleware(claw)] })
    await agent.invoke(question)
    expect(model.answers.map(({ status }) => status)).toEqual(['success', 'error', 'success'])
  })
})

describe('a call that a person is asked about', () => {
  const askAlways = { guard: () => ({ decision: 'require_approval' as const, approvalId: 'approval_1' }) }

  it('waits, and goes on with the arguments that the person put in', async () => {
    const { claw, gateway, of } = enforced(askAlways)
    gateway.openApproval({ approvalId: 'approval_1', name: 'add' })
    const calls: unknown[] = []
    const model = new ScriptedModel([addCall()])
    const agent = createAgent({ model, tools: [addTool(calls)], middleware: [guardMiddleware(claw)] })
    const running = agent.invoke(question)
    await eventually(async () => (await of('approval.requested')).length === 1)
    expect(calls).toEqual([])
    await gateway.approvals.decide('approval_1', { decision: 'approve', input: { a: 40, b: 2 } })
    await running
    expect(calls).toEqual([{ a: 40, b: 2 }])
    expect(model.answers[0]?.content).toBe('42')
    expect(await of('tool.call.started')).toMatchObject([{ data: { input: { a: 1, b: 2 } } }])
    expect(await of('approval.resolved')).toMatchObject([
      { data: { status: 'approved', input: { a: 40, b: 2 } } },
    ])
    expect(gateway.asked).toHaveLength(1)
  })

  it('and that is denied is told to the model with the reason', async () => {
    const { claw, gateway, of } = enforced(askAlways)
    gateway.openApproval({ approvalId: 'approval_1', name: 'add' })
    await gateway.approvals.decide('approval_1', { decision: 'deny', reason: 'too expensive' })
    const model = new ScriptedModel([addCall()])
    const agent = createAgent({ model, tools: [addTool()], middleware: [guardMiddleware(claw)] })
    await agent.invoke(question)
    expect(model.answers[0]).toMatchObject({
      status: 'error',
      content: 'The call of "add" was denied by a person and did not happen. Reason: too expensive',
    })
    expect(await of('tool.call.failed')).toMatchObject([{ data: { outcome: 'denied' } }])
  })

  it('and that nobody decides in time is told to the model', async () => {
    const { claw, gateway, of } = enforced(askAlways, { approvalTimeoutMs: 30 })
    gateway.openApproval({ approvalId: 'approval_1', name: 'add' })
    const model = new ScriptedModel([addCall()])
    const agent = createAgent({ model, tools: [addTool()], middleware: [guardMiddleware(claw)] })
    await agent.invoke(question)
    expect(model.answers[0]?.content).toBe(
      'The call of "add" needs an approval that nobody gave in time, and did not happen.',
    )
    expect(await of('tool.call.failed')).toMatchObject([{ data: { outcome: 'timed_out' } }])
  })

  it('is given up when the agent is aborted', async () => {
    const { claw, gateway, of } = enforced(askAlways)
    gateway.openApproval({ approvalId: 'approval_1', name: 'add' })
    const calls: unknown[] = []
    const agent = createAgent({
      model: new ScriptedModel([addCall()]),
      tools: [addTool(calls)],
      middleware: [guardMiddleware(claw)],
    })
    const controller = new AbortController()
    const running = agent.invoke(question, { signal: controller.signal }).catch((error: unknown) => error)
    await eventually(async () => (await of('approval.requested')).length === 1)
    controller.abort()
    expect(await running).toBeInstanceOf(Error)
    await eventually(async () => (await of('tool.call.completed')).length === 1)
    expect(await of('tool.call.completed')).toMatchObject([{ data: { outcome: 'cancelled' } }])
    expect(calls).toEqual([])
    expect(claw.stats().open).toBe(0)
  })
})

describe('which calls are asked about', () => {
  it.each([
    ['by name', ['add']],
    ['by a test of the call', (name: string) => name === 'add'],
  ])('%s', async (_, tools) => {
    const { claw, gateway } = enforced()
    const echo = tool(({ text }) => text, { name: 'echo', schema: z.object({ text: z.string() }) })
    const model = new ScriptedModel([addCall(), { id: 'call_2', name: 'echo', args: { text: 'hi' } }])
    const middleware = [guardMiddleware(claw, { tools })]
    const agent = createAgent({ model, tools: [addTool(), echo], middleware })
    await agent.invoke(question)
    expect(gateway.asked.map(({ name }) => name)).toEqual(['add'])
    expect(model.answers.map(({ content }) => content)).toEqual(['3', 'hi'])
  })

  it('all where the test itself throws, and the fault is told', async () => {
    const { claw, gateway, faults } = enforced()
    const tools = (): boolean => {
      throw new Error('broken test')
    }
    const agent = createAgent({
      model: new ScriptedModel([addCall()]),
      tools: [addTool()],
      middleware: [guardMiddleware(claw, { tools, risk: tools as never })],
    })
    await agent.invoke(question)
    expect(gateway.asked).toMatchObject([{ name: 'add', risk: 'critical' }])
    expect(faults).toHaveLength(2)
  })
})

describe('options', () => {
  const make = guardMiddleware as (...given: readonly unknown[]) => unknown
  const { claw } = recorded()

  it.each([
    ['no claw', [{}], 'expected a claw of createClient'],
    ['an unknown name', [claw, { tool: ['add'] }], 'tool is no option; it takes risk, onRefused'],
    ['a wrong risk', [claw, { risk: 'huge' }], 'risk: expected low, medium, high, critical or a function'],
    ['wrong tools', [claw, { tools: 'add' }], 'tools: expected a list of tool names or a function'],
    ['a wrong onRefused', [claw, { onRefused: 'ignore' }], "onRefused: expected 'message' or 'throw'"],
    ['a wrong time', [claw, { approvalTimeoutMs: 0 }], 'approvalTimeoutMs: expected a number greater'],
    ['a prototype name', [claw, { constructor: true }], 'constructor is no option'],
  ])('%s is refused', (_, given, message) => {
    expect(() => make(...given)).toThrow(expect.objectContaining({ code: 'invalid_option' }))
    expect(() => make(...given)).toThrow(message)
  })
})
