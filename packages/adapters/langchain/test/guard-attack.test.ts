// What could get a call past the guard, or make it look allowed.
import { Command, MemorySaver } from '@langchain/langgraph'
import { createClient } from '@pincer/core'
import { type Approvals, GatewayError } from '@pincer/protocol'
import { createFakeGateway, eventually } from '@pincer/testing'
import { createAgent } from 'langchain'
import { describe, expect, it } from 'vitest'

import { guardMiddleware } from '../src/guard.ts'
import { PincerCallbackHandler } from '../src/index.ts'
import { gatewayTools } from '../src/tools.ts'
import { addCall, addTool, enforced, question, type Recorded, ScriptedModel } from './guard-fixture.ts'

function asking(guard: Parameters<typeof enforced>[1] = {}): Recorded {
  const held: { recorded?: Recorded } = {}
  held.recorded = enforced(
    {
      guard: ({ name, toolCallId = '', inputHash = '', sessionKey = '' }) => {
        const { gateway } = held.recorded!
        const approvalId = `question_${gateway.asked.length}`
        gateway.openApproval({ approvalId, name, toolCallId, inputHash, sessionKey })
        return { decision: 'require_approval', approvalId }
      },
    },
    guard,
  )
  return held.recorded
}

function durable({ claw }: Recorded) {
  const inputs: unknown[] = []
  const model = new ScriptedModel([addCall()], 'Done.')
  const agent = createAgent({
    model,
    tools: [addTool(inputs)],
    middleware: [guardMiddleware(claw, { durable: true })],
    checkpointer: new MemorySaver(),
  })
  const config = { configurable: { thread_id: 'ada' }, callbacks: [new PincerCallbackHandler(claw)] }
  return { agent, config, inputs, model }
}

describe('a resume', () => {
  it.each<[string, unknown]>([
    ['that approves more than was asked', [{ type: 'approve' }, { type: 'approve' }]],
    ['that approves nothing', []],
    ['of no list', { 0: { type: 'approve' }, length: 1 }],
    ['of another kind', [{ type: 'APPROVE' }]],
    ['with another tool', [{ type: 'edit', editedAction: { name: 'drop', args: {} } }]],
    ['with the name in other letters', [{ type: 'edit', editedAction: { name: 'ADD', args: {} } }]],
    ['whose type is inherited', [Object.create({ type: 'approve' })]],
    ['with arguments that are a list', [{ type: 'edit', editedAction: { name: 'add', args: [1] } }]],
  ])('%s does nothing', async (_, decisions) => {
    const record = asking()
    const { agent, config, inputs } = durable(record)
    await agent.invoke(question, config)
    await expect(agent.invoke(new Command({ resume: { decisions } }), config)).rejects.toThrow(
      'resume.decisions',
    )
    expect(inputs).toEqual([])
    await record.claw.close({ timeoutMs: 100 })
    expect(record.claw.stats()).toMatchObject({ open: 0, lateEnds: 0 })
  })

  it('that approves what the gateway denied is a denial', async () => {
    const record = asking()
    const { agent, config, inputs, model } = durable(record)
    await agent.invoke(question, config)
    await record.gateway.approvals.decide('question_1', { decision: 'deny', reason: 'never' })
    await agent.invoke(new Command({ resume: { decisions: [{ type: 'approve' }] } }), config)
    expect(inputs).toEqual([])
    expect(model.answers).toMatchObject([{ status: 'error' }])
  })

  it('that is sent twice acts once', async () => {
    const record = asking()
    const { agent, config, inputs } = durable(record)
    await agent.invoke(question, config)
    const approve = new Command({ resume: { decisions: [{ type: 'approve' }] } })
    await Promise.allSettled([agent.invoke(approve, config), agent.invoke(approve, config)])
    expect(inputs).toHaveLength(1)
  })
})

describe('edited arguments', () => {
  it('that do not fit the tool are told to the model, and the tool is not called', async () => {
    const record = asking()
    const { agent, config, inputs, model } = durable(record)
    await agent.invoke(question, config)
    const editedAction = { name: 'add', args: { a: 'one', __proto__: { b: 2 } } }
    await agent.invoke(new Command({ resume: { decisions: [{ type: 'edit', editedAction }] } }), config)
    expect(inputs).toEqual([])
    expect(model.answers).toMatchObject([{ status: 'error' }])
    expect(model.answers[0]?.text).not.toMatch(/ {4}at |\/work|node_modules/)
    expect(record.claw.stats()).toMatchObject({ open: 0, lateEnds: 0 })
  })
})

describe('a gateway that dies between the question and the answer', () => {
  it.each([['open' as const], ['closed' as const]])('gives no permission: fail %s', async (fail) => {
    const record = asking({ fail, approvalTimeoutMs: 300 })
    const inputs: unknown[] = []
    const model = new ScriptedModel([addCall()], 'Done.')
    const run = createAgent({ model, tools: [addTool(inputs)], middleware: [guardMiddleware(record.claw)] })
    const running = run.invoke(question)
    await eventually(() => record.gateway.asked.length === 1)
    record.gateway.behaviour.fail = () => new GatewayError('gone', { retryable: false })
    await record.gateway.approvals.decide('question_1', { decision: 'deny' }).catch(() => {})
    await running
    expect(inputs).toEqual([])
    expect(model.answers).toMatchObject([{ status: 'error' }])
  })
})

it('a name in other letters is not the tool that was left out', async () => {
  const { claw, gateway } = enforced({ guard: () => ({ decision: 'block', reason: 'no' }) })
  const inputs: unknown[] = []
  const model = new ScriptedModel([{ ...addCall(), name: 'ADD' }], 'Done.')
  const middleware = [guardMiddleware(claw, { tools: (name) => name !== 'ADD' })]
  // The first minors of LangChain end the agent for a tool that is not there, later ones tell the model.
  await createAgent({ model, tools: [addTool(inputs)], middleware })
    .invoke(question)
    .catch(() => {})
  expect(gateway.asked).toEqual([])
  expect(inputs).toEqual([])
})

it('a tool of a name that a tool of the gateway has is asked about', async () => {
  const fake = createFakeGateway({ guard: () => ({ decision: 'block', reason: 'no' }) })
  const tools = {
    list: async () => [{ name: 'add' }],
    invoke: async () => ({ status: 'ok' as const, toolCallId: 'x', output: 1 }),
  }
  const claw = createClient({ gateway: { ...fake, tools }, guard: { mode: 'enforce' }, onError: () => {} })
  await gatewayTools(claw)
  for (const isDurable of [false, true]) {
    const inputs: unknown[] = []
    const model = new ScriptedModel([addCall()], 'Done.')
    const middleware = [guardMiddleware(claw, { durable: isDurable })]
    await createAgent({ model, tools: [addTool(inputs)], middleware }).invoke(question)
    expect(inputs).toEqual([])
  }
  expect(fake.asked).toHaveLength(2)
})

it('a tool of a gateway that hangs is given up when it is aborted', async () => {
  const tools = { list: async () => [{ name: 'add' }], invoke: (): Promise<never> => new Promise(() => {}) }
  const approvals: Approvals = createFakeGateway().approvals
  const claw = createClient({ gateway: { ...createFakeGateway(), approvals, tools }, onError: () => {} })
  const [tool] = await gatewayTools(claw)
  await expect(tool?.invoke({}, { signal: AbortSignal.timeout(30) })).rejects.toBeDefined()
  await eventually(() => claw.stats().open === 0)
})
