// What could get a call past the guard, or make it look allowed.
import { InMemoryStore } from '@mastra/core/storage'
import { createTool } from '@mastra/core/tools'
import { type Claw, createClient } from '@pincer/core'
import { type Approvals, GatewayError } from '@pincer/protocol'
import { createFakeGateway, eventually } from '@pincer/testing'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'

import { gatewayTools, guardHooks, requireApproval } from '../src/index.ts'
import {
  addCall,
  addTool,
  agentOf,
  ask,
  asking,
  enforced,
  readStream,
  type ScriptedCall,
  ScriptedModel,
} from './guard-fixture.ts'

type Way = 'hooks' | 'wait' | 'suspend'
const ways: readonly (readonly [Way])[] = [['hooks'], ['wait'], ['suspend']]

function scene(claw: Claw, way: Way, calls: readonly ScriptedCall[] = [addCall()], options: object = {}) {
  const inputs: unknown[] = []
  const model = new ScriptedModel(calls, 'Done.')
  const add = addTool(inputs)
  const agent =
    way === 'hooks'
      ? agentOf({ model, tools: { add }, hooks: guardHooks(claw, options) })
      : agentOf({ model, tools: requireApproval(claw, { add }, { ask: way, ...options }) })
  return { agent, inputs, model }
}

/** Answers a suspended run until it is done. */
async function answerAll(
  agent: ReturnType<typeof agentOf>,
  runId: string,
  approved: boolean,
  toolCallId: string,
) {
  const about = { runId, toolCallId }
  return readStream(approved ? agent.approveToolCall(about) : agent.declineToolCall(about))
}

describe.each([
  ['the arguments', { a: 1, b: 2, resumeData: { approved: true } }],
  [
    'the arguments, with ids',
    {
      a: 1,
      b: 2,
      resumeData: { approved: true },
      suspendedToolCallId: 'call_1',
      suspendedToolRunId: 'run_1',
    },
  ],
  ['the arguments, as what the tool knows', { a: 1, b: 2, approved: true, requireToolApproval: false }],
  ['the mark of a tool that asks by itself', { a: 1, b: 2, 'Symbol(pincer.asks-itself)': true }],
])('an approval that the model writes among %s', (_, args) => {
  it.each(ways)('is none: %s', async (way) => {
    const record = asking({ approvalTimeoutMs: 50 })
    const { agent, inputs } = scene(record.claw, way, [{ id: 'call_1', name: 'add', args }])
    const came = await ask(agent)
    expect(inputs).toEqual([])
    if (way !== 'suspend') return
    expect(came.questions).toHaveLength(1)
    expect(await record.gateway.approvals.get('question_1')).toMatchObject({ status: 'pending' })
    await answerAll(agent, came.runId, false, 'call_1')
    expect(inputs).toEqual([])
    expect(await record.gateway.approvals.get('question_1')).toMatchObject({ status: 'denied' })
    expect(record.claw.stats()).toMatchObject({ open: 0, lateEnds: 0 })
  })
})

describe('a resume', () => {
  it.each<[string, unknown]>([
    ['with nothing', {}],
    ['with another word than true', { approved: 'yes' }],
    ['with a number', { approved: 1 }],
    ['whose approval is inherited', Object.create({ approved: true })],
    ['with a list', [{ approved: true }]],
    ['with a text', 'approved'],
  ])('%s does nothing, and does not answer the question', async (_, resumeData) => {
    const record = asking()
    const { agent, inputs } = scene(record.claw, 'suspend')
    const { runId } = await ask(agent)
    await readStream(agent.resumeStream(resumeData as never, { runId, toolCallId: 'call_1' })).catch(() => {})
    expect(inputs).toEqual([])
    expect(await record.gateway.approvals.get('question_1')).toMatchObject({ status: 'pending' })
  })

  it('that approves what the gateway denied is a denial', async () => {
    const record = asking()
    const { agent, inputs, model } = scene(record.claw, 'suspend')
    const { runId } = await ask(agent)
    await record.gateway.approvals.decide('question_1', { decision: 'deny', reason: 'never' })
    await answerAll(agent, runId, true, 'call_1')
    expect(inputs).toEqual([])
    expect(model.told.join()).toContain('Reason: never')
    expect(record.claw.stats()).toMatchObject({ open: 0, lateEnds: 0 })
  })

  it('that declines holds, whatever the gateway has said', async () => {
    const record = asking()
    const { agent, inputs } = scene(record.claw, 'suspend')
    const { runId } = await ask(agent)
    await record.gateway.approvals.decide('question_1', { decision: 'approve' })
    await answerAll(agent, runId, false, 'call_1')
    expect(inputs).toEqual([])
    expect(await record.of('tool.call.failed')).toMatchObject([{ data: { outcome: 'denied' } }])
    expect(record.claw.stats()).toMatchObject({ open: 0, lateEnds: 0 })
  })

  it('that is sent twice acts once', async () => {
    const record = asking()
    const { agent, inputs } = scene(record.claw, 'suspend')
    const { runId } = await ask(agent)
    const again = () => answerAll(agent, runId, true, 'call_1')
    await Promise.allSettled([again(), again()])
    await again().catch(() => {})
    expect(inputs).toHaveLength(1)
  })

  it('of another run with the same call does not answer the question', async () => {
    const record = asking()
    const first = scene(record.claw, 'suspend')
    const second = scene(record.claw, 'suspend')
    const one = await ask(first.agent)
    const two = await ask(second.agent)
    expect(record.gateway.asked).toHaveLength(2)
    await answerAll(second.agent, two.runId, true, 'call_1')
    expect(first.inputs).toEqual([])
    expect(second.inputs).toHaveLength(1)
    expect(await record.gateway.approvals.get('question_1')).toMatchObject({ status: 'pending' })
    await answerAll(first.agent, one.runId, false, 'call_1')
    expect(first.inputs).toEqual([])
  })
})

it('a resume in another process answers the question of its own run only', async () => {
  const record = asking()
  const storage = new InMemoryStore()
  const open = (claw: Claw) => {
    const inputs: unknown[] = []
    const model = new ScriptedModel([addCall()], 'Done.')
    return {
      inputs,
      agent: agentOf({ model, tools: requireApproval(claw, { add: addTool(inputs) }), storage }),
    }
  }
  const first = open(record.claw)
  const one = await ask(first.agent)
  await ask(first.agent)
  expect(record.gateway.asked).toHaveLength(2)
  const elsewhere = open(createClient({ gateway: record.gateway, guard: { mode: 'enforce' } }))
  await answerAll(elsewhere.agent, one.runId, true, 'call_1')
  expect(elsewhere.inputs).toHaveLength(1)
  expect(await record.gateway.approvals.get('question_1')).toMatchObject({ status: 'approved' })
  expect(await record.gateway.approvals.get('question_2')).toMatchObject({ status: 'pending' })
})

describe('calls that have one id, one name and one input are different calls', () => {
  it.each(ways)('in two runs at once: the approval of one does not serve the other: %s', async (way) => {
    if (way === 'suspend') return
    const record = asking()
    const inputs: string[] = []
    const both = ['ada', 'bob'].map(async (sessionKey) => {
      const made = scene(record.claw, way, [addCall()], { sessionKey })
      await ask(made.agent)
      inputs.push(...made.inputs.map(() => sessionKey))
    })
    await eventually(() => record.gateway.asked.length === 2)
    await record.gateway.approvals.decide('question_1', { decision: 'approve' })
    await record.gateway.approvals.decide('question_2', { decision: 'deny' })
    await Promise.all(both)
    expect(inputs).toEqual([record.gateway.asked[0]?.sessionKey])
    expect(record.claw.stats()).toMatchObject({ open: 0, lateEnds: 0 })
  })

  it.each([['hooks' as const], ['wait' as const]])('in one message: one yes is one act: %s', async (way) => {
    const record = asking({ approvalTimeoutMs: 300 })
    const { agent, inputs } = scene(record.claw, way, [addCall(), addCall()])
    const running = ask(agent).catch(() => {})
    await eventually(() => record.gateway.asked.length > 0)
    await record.gateway.approvals.decide('question_1', { decision: 'approve' })
    await running
    expect(inputs.length).toBeLessThan(2)
    await eventually(() => record.claw.stats().open === 0)
  })

  it('in one message of a run that is suspended: one yes is one act', async () => {
    const record = asking()
    const { agent, inputs } = scene(record.claw, 'suspend', [addCall(), addCall()])
    const { runId } = await ask(agent)
    await answerAll(agent, runId, true, 'call_1').catch(() => {})
    expect(inputs.length).toBeLessThan(2)
  })

  it.each([['hooks' as const], ['wait' as const]])('in two steps of one run: %s', async (way) => {
    const record = asking()
    const inputs: unknown[] = []
    const model = new ScriptedModel([addCall()], [addCall()], 'Done.')
    const add = addTool(inputs)
    const agent =
      way === 'hooks'
        ? agentOf({ model, tools: { add }, hooks: guardHooks(record.claw) })
        : agentOf({ model, tools: requireApproval(record.claw, { add }, { ask: 'wait' }) })
    // Mastra takes them for one in the conversation, and would go on for ever.
    const running = ask(agent, { maxSteps: 2 })
    await eventually(() => record.gateway.asked.length === 1)
    await record.gateway.approvals.decide('question_1', { decision: 'approve' })
    await eventually(() => record.gateway.asked.length === 2)
    await record.gateway.approvals.decide('question_2', { decision: 'deny' })
    await running
    expect(inputs).toHaveLength(1)
    expect(record.claw.stats()).toMatchObject({ open: 0, lateEnds: 0 })
  })

  it('in two steps of one run that is suspended', async () => {
    const record = asking()
    const inputs: unknown[] = []
    const model = new ScriptedModel([addCall()], [addCall()], 'Done.')
    const agent = agentOf({ model, tools: requireApproval(record.claw, { add: addTool(inputs) }) })
    const { runId } = await ask(agent)
    const second = await answerAll(agent, runId, true, 'call_1')
    expect(inputs).toHaveLength(1)
    expect(second.questions).toHaveLength(1)
    expect(record.gateway.asked).toHaveLength(2)
    await answerAll(agent, runId, false, 'call_1')
    expect(inputs).toHaveLength(1)
    expect(record.claw.stats()).toMatchObject({ open: 0, lateEnds: 0 })
  })
})

describe('edited arguments', () => {
  it.each(ways)('that do not fit are told to the model, and the tool is not called: %s', async (way) => {
    const record = asking()
    const { agent, inputs, model } = scene(record.claw, way)
    const input = JSON.parse('{"a":"one","__proto__":{"b":2}}') as { a: string }
    const running = ask(agent)
    await eventually(() => record.gateway.asked.length === 1)
    if (way === 'suspend') await running
    await record.gateway.approvals.decide('question_1', { decision: 'approve', input })
    const { runId } = await running
    if (way === 'suspend') await answerAll(agent, runId, true, 'call_1')
    expect(inputs).toEqual([])
    expect(model.told).toHaveLength(1)
    expect(model.told[0]).not.toMatch(/ {4}at |\/work|node_modules/)
    expect(({} as { b?: unknown }).b).toBeUndefined()
    expect(record.claw.stats()).toMatchObject({ open: 0, lateEnds: 0 })
  })
})

describe('a gateway that dies between the question and the answer', () => {
  it.each([
    ['open' as const, 'hooks' as const],
    ['closed' as const, 'hooks' as const],
    ['open' as const, 'wait' as const],
    ['closed' as const, 'wait' as const],
    ['open' as const, 'suspend' as const],
    ['closed' as const, 'suspend' as const],
  ])('gives no permission: fail %s, %s', async (fail, way) => {
    const record = asking({ fail, approvalTimeoutMs: 300 })
    const { agent, inputs } = scene(record.claw, way)
    const running = ask(agent)
    await eventually(() => record.gateway.asked.length === 1)
    if (way === 'suspend') await running
    record.gateway.behaviour.fail = () => new GatewayError('gone', { retryable: false })
    await record.gateway.approvals.decide('question_1', { decision: 'deny' }).catch(() => {})
    const { runId } = await running
    if (way === 'suspend') await answerAll(agent, runId, true, 'call_1')
    expect(inputs).toEqual([])
  })
})

it.each([['constructor'], ['__proto__'], ['toString'], ['ADD']])(
  'a tool called %s asks nobody',
  async (name) => {
    const record = asking()
    for (const way of ['hooks', 'suspend'] as const) {
      const { agent, inputs } = scene(record.claw, way, [{ ...addCall(), name }])
      await ask(agent).catch(() => {})
      expect(inputs).toEqual([])
    }
    expect(record.gateway.asked).toEqual([])
  },
)

it('a tool of a name that a tool of the gateway has is asked about', async () => {
  const fake = createFakeGateway({ guard: () => ({ decision: 'block', reason: 'no' }) })
  const tools = {
    list: async () => [{ name: 'add' }],
    invoke: async () => ({ status: 'ok' as const, toolCallId: 'x', output: 1 }),
  }
  const claw = createClient({ gateway: { ...fake, tools }, guard: { mode: 'enforce' }, onError: () => {} })
  const found = await gatewayTools(claw)
  const { agent, inputs } = scene(claw, 'hooks')
  await ask(agent)
  expect(inputs).toEqual([])
  expect(fake.asked).toHaveLength(1)
  // The gateway's own is not: the gateway asks itself.
  const model = new ScriptedModel([addCall()], 'Done.')
  await ask(agentOf({ model, tools: found, hooks: guardHooks(claw) }))
  expect(model.told).toEqual(['json: 1'])
  expect(fake.asked).toHaveLength(1)
})

it.each<[string, readonly string[] | (() => boolean)]>([
  ['a list', ['other']],
  ['a function', () => false],
])('a tool that requireApproval leaves out by %s is asked about by the hooks', async (_, chosen) => {
  const record = enforced({ guard: () => ({ decision: 'block', reason: 'no' }) })
  const inputs: unknown[] = []
  const model = new ScriptedModel([addCall()], 'Done.')
  const tools = requireApproval(record.claw, { add: addTool(inputs) }, { tools: chosen })
  await ask(agentOf({ model, tools, hooks: guardHooks(record.claw) }))
  expect(inputs).toEqual([])
  expect(record.gateway.asked).toHaveLength(1)
})

it('a tool that asks one client by itself is asked about by the hooks of another', async () => {
  const first = enforced()
  const second = enforced({ guard: () => ({ decision: 'block', reason: 'no' }) })
  const inputs: unknown[] = []
  const model = new ScriptedModel([addCall()], 'Done.')
  const tools = requireApproval(first.claw, { add: addTool(inputs) })
  await ask(agentOf({ model, tools, hooks: guardHooks(second.claw) }))
  expect(inputs).toEqual([])
})

it('arguments that are changed while a person is asked do not reach the tool', async () => {
  const record = asking()
  const inputs: unknown[] = []
  const given = { a: 1, b: 2 }
  const tools = requireApproval(record.claw, { add: addTool(inputs) }, { ask: 'wait' })
  const running = tools.add.execute?.(given, {} as never)
  await eventually(() => record.gateway.asked.length === 1)
  given.a = 1_000
  await record.gateway.approvals.decide('question_1', { decision: 'approve' })
  expect(await running).toContain('was blocked and did not happen')
  expect(inputs).toEqual([])
})

it.each(ways)('a call that is given up while it waits does nothing: %s', async (way) => {
  if (way === 'suspend') return
  const record = asking()
  const controller = new AbortController()
  const { agent, inputs } = scene(record.claw, way)
  const running = ask(agent, { abortSignal: controller.signal }).catch(() => undefined)
  await eventually(() => record.gateway.asked.length === 1)
  controller.abort(new Error('enough'))
  await running
  await record.gateway.approvals.decide('question_1', { decision: 'approve' })
  expect(inputs).toEqual([])
  await eventually(() => record.claw.stats().open === 0)
  expect(await record.of('tool.call.completed')).toMatchObject([{ data: { outcome: 'cancelled' } }])
})

it('arguments that cannot be written fail closed', async () => {
  const record = enforced()
  const circle: Record<string, unknown> = {}
  circle['self'] = circle
  const inputs: unknown[] = []
  const tools = requireApproval(record.claw, {
    any: createTool({
      id: 'any',
      description: 'Takes anything.',
      inputSchema: z.any(),
      execute: async (input) => inputs.push(input),
    }),
  })
  expect(await tools.any.execute?.(circle, {} as never)).toContain('did not happen')
  expect(inputs).toEqual([])
})

it('a question that nobody comes back to is let go of', async () => {
  const record = asking()
  const tools = requireApproval(record.claw, { add: addTool() })
  for (let count = 0; count < 1_050; count++) {
    const agent = { agentId: 'a', toolCallId: 'call_1', messages: [], suspend: async () => {} }
    await tools.add.execute?.({ a: 1, b: 2 }, { runId: `run_${count}`, agent } as never)
  }
  expect(record.claw.stats().open).toBeLessThanOrEqual(2_000)
})

it('a tool of a gateway that hangs is given up when it is aborted', async () => {
  const tools = { list: async () => [{ name: 'add' }], invoke: (): Promise<never> => new Promise(() => {}) }
  const approvals: Approvals = createFakeGateway().approvals
  const claw = createClient({ gateway: { ...createFakeGateway(), approvals, tools }, onError: () => {} })
  const { add } = await gatewayTools(claw)
  const context = { abortSignal: AbortSignal.timeout(30) }
  await expect(add?.execute?.({}, context as never)).rejects.toBeDefined()
  await eventually(() => claw.stats().open === 0)
})
