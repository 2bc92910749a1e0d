import { MockMemory } from '@mastra/core/memory'
import { createTool } from '@mastra/core/tools'
import { createClient } from '@pincer/core'
import { GatewayError } from '@pincer/protocol'
import { eventually } from '@pincer/testing'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'

import { guardHooks, requireApproval } from '../src/index.ts'
import { addCall, addTool, agentOf, ask, asking, enforced, recorded, ScriptedModel } from './guard-fixture.ts'
import type { Recorded } from './guard-fixture.ts'

function scene(
  { claw }: Pick<Recorded, 'claw'>,
  options: object = {},
  calls = [addCall()],
  more: object = {},
) {
  const inputs: unknown[] = []
  const model = new ScriptedModel(calls, 'Done.')
  const agent = agentOf({ model, tools: { add: addTool(inputs, more) }, hooks: guardHooks(claw, options) })
  return { agent, inputs, model }
}

describe('a call', () => {
  it('that is allowed happens, and is recorded once', async () => {
    const record = enforced()
    const { agent, inputs, model } = scene(record)
    const { text } = await ask(agent)
    expect(text).toBe('Done.')
    expect(inputs).toEqual([{ a: 1, b: 2 }])
    expect(model.told).toEqual(['json: 3'])
    expect(record.gateway.asked).toMatchObject([
      { kind: 'tool_call', name: 'add', toolCallId: 'call_1', input: { a: 1, b: 2 } },
    ])
    expect(await record.of('tool.call.started')).toHaveLength(1)
    expect(await record.of('tool.call.completed')).toMatchObject([
      { data: { outcome: 'ok', toolCallId: 'call_1', output: 3 } },
    ])
    expect(record.claw.stats()).toMatchObject({ open: 0, lateEnds: 0 })
  })

  it('that is blocked does not happen, is told to the model in words, and is recorded', async () => {
    const record = enforced({ guard: () => ({ decision: 'block', reason: 'sums are forbidden' }) })
    const { agent, inputs, model } = scene(record)
    const { text, types } = await ask(agent)
    expect(text).toBe('Done.')
    expect(types).toContain('tool-result')
    expect(inputs).toEqual([])
    expect(model.told).toEqual([
      'text: The call of "add" was blocked and did not happen. Reason: sums are forbidden',
    ])
    expect(await record.of('tool.call.failed')).toMatchObject([{ data: { outcome: 'blocked' } }])
    expect(record.claw.stats()).toMatchObject({ open: 0, lateEnds: 0 })
  })

  it('that is blocked is an error of the tool where that is wanted', async () => {
    const record = enforced({ guard: () => ({ decision: 'block', reason: 'no' }) })
    const { agent, inputs, model } = scene(record, { onRefused: 'throw' })
    const { types } = await ask(agent)
    expect(types).toContain('tool-error')
    expect(inputs).toEqual([])
    expect(model.told.join()).toContain('The call of "add" was blocked and did not happen. Reason: no')
    expect(model.told.join()).not.toMatch(/ {4}at |node_modules|GuardBlockedError/)
  })

  it.each([['generate'], ['stream']])('waits for a person at the gateway, by %s', async (way) => {
    const record = asking()
    const { agent, inputs } = scene(record)
    const running = way === 'stream' ? ask(agent) : agent.generate('What is 1 + 2?', { maxSteps: 5 } as never)
    await eventually(() => record.gateway.asked.length === 1)
    expect(inputs).toEqual([])
    await record.gateway.approvals.decide('question_1', { decision: 'approve' })
    await running
    expect(inputs).toEqual([{ a: 1, b: 2 }])
    expect(await record.of('approval.resolved')).toMatchObject([{ data: { status: 'approved' } }])
    expect(record.claw.stats()).toMatchObject({ open: 0, lateEnds: 0 })
  })

  it('that a person denies does not happen', async () => {
    const record = asking()
    const { agent, inputs, model } = scene(record)
    const running = ask(agent)
    await eventually(() => record.gateway.asked.length === 1)
    await record.gateway.approvals.decide('question_1', { decision: 'deny', reason: 'not today' })
    await running
    expect(inputs).toEqual([])
    expect(model.told.join()).toContain('was denied by a person and did not happen. Reason: not today')
    expect(await record.of('tool.call.failed')).toMatchObject([{ data: { outcome: 'denied' } }])
  })

  it('that nobody decides about in time does not happen', async () => {
    const record = asking()
    const { agent, inputs, model } = scene(record, { approvalTimeoutMs: 30 })
    await ask(agent)
    expect(inputs).toEqual([])
    expect(model.told.join()).toContain('needs an approval that nobody gave in time')
    expect(await record.of('tool.call.failed')).toMatchObject([{ data: { outcome: 'timed_out' } }])
  })

  it('gets the arguments that a person put in', async () => {
    const record = asking()
    const { agent, inputs, model } = scene(record)
    const running = ask(agent)
    await eventually(() => record.gateway.asked.length === 1)
    await record.gateway.approvals.decide('question_1', { decision: 'approve', input: { a: 40, b: 2 } })
    await running
    expect(inputs).toEqual([{ a: 40, b: 2 }])
    expect(model.told).toEqual(['json: 42'])
  })

  it.each<[string, unknown]>([
    ['a text', 'both'],
    ['a list', [1, 2]],
    ['other types', { a: 'one', b: 2 }],
    ['nothing of it', {}],
  ])('does not happen with arguments of %s that a person put in', async (_, input) => {
    const record = asking()
    const { agent, inputs, model } = scene(record)
    const running = ask(agent)
    await eventually(() => record.gateway.asked.length === 1)
    await record.gateway.approvals.decide('question_1', { decision: 'approve', input: input as never })
    await running
    expect(inputs).toEqual([])
    expect(model.told).toHaveLength(1)
    expect(record.claw.stats()).toMatchObject({ open: 0, lateEnds: 0 })
  })

  it('whose tool throws is a failure, told to the model as without us', async () => {
    const record = enforced()
    const broken = createTool({
      id: 'add',
      description: 'Breaks.',
      inputSchema: z.object({}),
      execute: async () => {
        throw new Error('no sums left')
      },
    })
    const model = new ScriptedModel([{ id: 'call_1', name: 'add', args: {} }], 'Done.')
    const { types } = await ask(agentOf({ model, tools: { add: broken }, hooks: guardHooks(record.claw) }))
    expect(types).toContain('tool-error')
    expect(await record.of('tool.call.failed')).toMatchObject([{ data: { outcome: 'error' } }])
    expect(record.claw.stats()).toMatchObject({ open: 0, lateEnds: 0 })
  })

  it('of a tool that is left out is not asked about', async () => {
    const record = enforced({ guard: () => ({ decision: 'block', reason: 'no' }) })
    for (const tools of [['drop'], (name: string) => name === 'drop']) {
      const { agent, inputs } = scene(record, { tools })
      await ask(agent)
      expect(inputs).toHaveLength(1)
    }
    expect(record.gateway.asked).toEqual([])
  })

  it('is rated, and rated highest where that fails', async () => {
    const record = enforced()
    await ask(scene(record, { risk: 'high' }).agent)
    await ask(scene(record, { risk: (name: string) => (name === 'add' ? 'low' : 'high') }).agent)
    const broken = (): never => {
      throw new Error('no idea')
    }
    await ask(scene(record, { risk: broken, tools: broken }).agent)
    expect(record.gateway.asked.map(({ risk }) => risk)).toEqual(['high', 'low', 'critical'])
    expect(record.faults.length).toBeGreaterThan(0)
  })

  it('has the thread of the memory as its session, or the given one', async () => {
    for (const way of ['hooks', 'copies']) {
      const record = enforced()
      const make = (options: object) => {
        const add = addTool()
        return agentOf({
          model: new ScriptedModel([addCall()], 'Done.'),
          tools: way === 'hooks' ? { add } : requireApproval(record.claw, { add }, options),
          ...(way === 'hooks' && { hooks: guardHooks(record.claw, options) }),
          more: { memory: new MockMemory() },
        })
      }
      const memory = { thread: 'thread-1', resource: 'ada' }
      await ask(make({}), { memory })
      await ask(make({ sessionKey: 'chat-1' }), { memory })
      expect(record.gateway.asked).toMatchObject([{ sessionKey: 'thread-1' }, { sessionKey: 'chat-1' }])
      expect(await record.of('run.completed')).toHaveLength(2)
    }
  })

  it('stands in the run that goes on', async () => {
    const record = enforced()
    const { agent } = scene(record)
    await record.claw.run({ name: 'outer', sessionKey: 'chat-2' }, () => ask(agent))
    const [started] = await record.of('tool.call.started')
    const [run] = await record.of('run.started')
    expect(started?.runId).toBe(run?.runId)
    expect(record.gateway.asked).toMatchObject([{ sessionKey: 'chat-2' }])
  })
})

describe('several calls of one step', () => {
  it('are each decided by themselves', async () => {
    const record = asking()
    const { agent, inputs, model } = scene(record, {}, [addCall('one', 1), addCall('two', 2)])
    const running = ask(agent)
    await eventually(() => record.gateway.asked.length === 2)
    await record.gateway.approvals.decide('question_2', { decision: 'approve' })
    await record.gateway.approvals.decide('question_1', { decision: 'deny' })
    await running
    const [first] = record.gateway.asked
    expect(inputs).toEqual([{ a: first?.toolCallId === 'one' ? 2 : 1, b: 2 }])
    expect(model.told).toHaveLength(2)
    expect(record.claw.stats()).toMatchObject({ open: 0, lateEnds: 0 })
  })
})

describe('an abort', () => {
  it('while a person is asked ends the call, and nothing happens later', async () => {
    const record = asking()
    const controller = new AbortController()
    const { agent, inputs } = scene(record)
    const running = ask(agent, { abortSignal: controller.signal }).catch(() => {})
    await eventually(() => record.gateway.asked.length === 1)
    controller.abort(new Error('enough'))
    await running
    await record.gateway.approvals.decide('question_1', { decision: 'approve' })
    expect(inputs).toEqual([])
    await eventually(() => record.claw.stats().open === 0)
    expect(await record.of('tool.call.completed')).toMatchObject([{ data: { outcome: 'cancelled' } }])
  })

  it('while the tool runs cancels the call, once', async () => {
    const record = enforced()
    const controller = new AbortController()
    const started = Promise.withResolvers<void>()
    const slow = createTool({
      id: 'slow',
      description: 'Never ends.',
      inputSchema: z.object({}),
      execute: async () => {
        started.resolve()
        return new Promise<string>(() => {})
      },
    })
    const model = new ScriptedModel([{ id: 'call_1', name: 'slow', args: {} }], 'Done.')
    const agent = agentOf({ model, tools: { slow }, hooks: guardHooks(record.claw) })
    const output = await agent.stream('go', { abortSignal: controller.signal } as never)
    void output.consumeStream().catch(() => {})
    await started.promise
    controller.abort(new Error('enough'))
    await eventually(() => record.claw.stats().open === 0)
    expect(await record.of('tool.call.completed')).toMatchObject([{ data: { outcome: 'cancelled' } }])
    expect(record.claw.stats()).toMatchObject({ lateEnds: 0 })
  })
})

describe('in observe mode', () => {
  it('everything happens, and is recorded', async () => {
    const record = recorded({}, { guard: () => ({ decision: 'block', reason: 'no' }) })
    const { agent, inputs } = scene(record)
    await ask(agent)
    expect(inputs).toHaveLength(1)
    await eventually(() => record.gateway.asked.length === 1)
    expect(record.gateway.asked).toMatchObject([{ observe: true }])
    expect(await record.of('tool.call.completed')).toMatchObject([{ data: { outcome: 'ok' } }])
  })

  it('a gateway that fails is nothing to the host', async () => {
    const record = recorded({}, { fail: () => new GatewayError('gone', { retryable: true }) })
    const { agent, inputs } = scene(record)
    const { text } = await ask(agent)
    expect(text).toBe('Done.')
    expect(inputs).toHaveLength(1)
  })
})

describe('a guard that cannot be asked', () => {
  it.each([
    ['closed' as const, 0],
    ['open' as const, 1],
  ])('fails %s', async (fail, calls) => {
    const record = enforced({ fail: () => new GatewayError('gone', { retryable: false }) }, { fail })
    const { agent, inputs } = scene(record)
    await ask(agent)
    expect(inputs).toHaveLength(calls)
  })

  it.each<[string, unknown]>([
    ['nothing', undefined],
    ['a word of its own', { decision: 'perhaps' }],
    ['a text', 'allow'],
    ['an approval without an id', { decision: 'require_approval' }],
  ])('answers %s: nothing happens', async (_, decision) => {
    const record = recorded({ guard: { mode: 'enforce', approvalTimeoutMs: 100 } })
    const guard = { decide: async () => decision as never }
    const claw = createClient({
      gateway: { ...record.gateway, guard },
      guard: { mode: 'enforce' },
      onError: () => {},
    })
    const { agent, inputs } = scene({ claw })
    await ask(agent)
    expect(inputs).toEqual([])
    expect(claw.stats()).toMatchObject({ open: 0, lateEnds: 0 })
  })
})

describe('refused', () => {
  const make = guardHooks as (...values: readonly unknown[]) => unknown
  const { claw } = recorded()
  it.each([
    ['no claw', [{}], 'expected a claw of createClient'],
    ['an unknown option', [claw, { tool: ['add'] }], 'tool: not an option of guardHooks()'],
    ['a wrong risk', [claw, { risk: 'huge' }], 'risk: expected low, medium, high, critical or a function'],
    ['wrong tools', [claw, { tools: 'add' }], 'tools: expected a list of tool names or a function'],
    ['a wrong time', [claw, { approvalTimeoutMs: 0 }], 'approvalTimeoutMs: expected a number'],
    ['a wrong session', [claw, { sessionKey: '' }], 'sessionKey: expected a text'],
    ['a wrong answer', [claw, { onRefused: 'shout' }], "onRefused: expected 'output' or 'throw'"],
  ])('%s', (_, values, message) => {
    expect(() => make(...values)).toThrow(message)
  })
})
