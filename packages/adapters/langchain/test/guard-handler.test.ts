import { tool } from '@langchain/core/tools'
import { Command, interrupt, MemorySaver } from '@langchain/langgraph'
import { createClient } from '@pincer/core'
import { localGateway } from '@pincer/local-gateway'
import { eventually } from '@pincer/testing'
import { createAgent } from 'langchain'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'

import { guardMiddleware, guardTool } from '../src/guard.ts'
import { PincerCallbackHandler } from '../src/index.ts'
import { gatewayTools } from '../src/tools.ts'
import { addCall, addTool, enforced, question, type Recorded, ScriptedModel } from './guard-fixture.ts'

/** Runs an agent that is guarded and recorded. */
async function run(record: Recorded, calls = [addCall()], tools = [addTool()]): Promise<ScriptedModel> {
  const { claw } = record
  const model = new ScriptedModel(calls, 'Done.')
  const agent = createAgent({ model, tools, middleware: [guardMiddleware(claw)] })
  const { messages } = await agent.invoke(question, { callbacks: [new PincerCallbackHandler(claw)] })
  expect(messages.at(-1)?.text).toBe('Done.')
  await claw.flush()
  expect(claw.stats()).toMatchObject({ open: 0, lateEnds: 0 })
  return model
}

describe('with the callback handler, each call is recorded once, in the run of its agent', () => {
  it('where it happens', async () => {
    const record = enforced()
    await run(record, [addCall('one', 1), addCall('two', 2), addCall('three', 3)])
    const [model] = await record.of('model.call.started')
    const started = await record.of('tool.call.started')
    expect(new Set(started.map(({ data }) => data.toolCallId))).toEqual(new Set(['one', 'two', 'three']))
    expect(started).toHaveLength(3)
    expect(new Set(started.map(({ runId }) => runId))).toEqual(new Set([model?.runId]))
    const completed = await record.of('tool.call.completed')
    expect(new Map(completed.map(({ data }) => [data.toolCallId, data.output]))).toEqual(
      new Map([
        ['one', '3'],
        ['two', '4'],
        ['three', '5'],
      ]),
    )
    expect(completed).toHaveLength(3)
    expect(new Set(record.gateway.asked.map(({ runId }) => runId))).toEqual(new Set([model?.runId]))
    expect(await record.of('run.started')).toHaveLength(1)
    expect(await record.of('run.completed')).toHaveLength(1)
  })

  it('where it is blocked', async () => {
    const record = enforced({ guard: () => ({ decision: 'block', reason: 'no' }) })
    await run(record)
    expect(await record.of('tool.call.started')).toHaveLength(1)
    expect(await record.of('tool.call.failed')).toMatchObject([{ data: { outcome: 'blocked' } }])
    expect(await record.of('run.completed')).toHaveLength(1)
  })

  it('where its arguments do not fit', async () => {
    const record = enforced()
    await run(record, [{ id: 'call_1', name: 'add', args: { a: 'x', b: 1 } }])
    expect(await record.of('tool.call.started')).toHaveLength(1)
    expect(await record.of('tool.call.failed')).toMatchObject([{ data: { outcome: 'error' } }])
  })

  it('where the tool throws', async () => {
    const record = enforced()
    const failing = tool(() => Promise.reject(new Error('boom')), { name: 'add', schema: z.object({}) })
    await run(record, [addCall()], [failing])
    expect(await record.of('tool.call.failed')).toMatchObject([{ data: { error: { message: 'boom' } } }])
    expect(await record.of('run.completed')).toHaveLength(1)
  })

  it('where a person is asked and changes the arguments', async () => {
    const record = enforced({ guard: () => ({ decision: 'require_approval', approvalId: 'approval_1' }) })
    record.gateway.openApproval({ approvalId: 'approval_1', name: 'add' })
    const running = run(record)
    await eventually(async () => (await record.of('approval.requested')).length === 1)
    await record.gateway.approvals.decide('approval_1', { decision: 'approve', input: { a: 40, b: 2 } })
    const model = await running
    expect(model.answers[0]?.content).toBe('42')
    expect(await record.of('tool.call.started')).toMatchObject([{ data: { input: { a: 1, b: 2 } } }])
    expect(await record.of('approval.resolved')).toMatchObject([{ data: { input: { a: 40, b: 2 } } }])
  })

  it('where the tool is guarded itself, too', async () => {
    const record = enforced()
    await run(record, [addCall()], [guardTool(addTool(), record.claw)])
    expect(await record.of('tool.call.started')).toHaveLength(1)
    expect(record.gateway.asked).toHaveLength(1)
  })

  it('where the tool interrupts, and the graph is resumed', async () => {
    const { claw, gateway, of } = enforced()
    const asking = tool(() => `said ${String(interrupt('go on?'))}`, { name: 'add', schema: z.object({}) })
    const agent = createAgent({
      model: new ScriptedModel([addCall()], 'Done.'),
      tools: [asking],
      middleware: [guardMiddleware(claw)],
      checkpointer: new MemorySaver(),
    })
    const config = {
      configurable: { thread_id: 'thread-1' },
      callbacks: [new PincerCallbackHandler(claw)],
    }
    await agent.invoke(question, config)
    await agent.invoke(new Command({ resume: 'yes' }), config)
    expect(gateway.asked).toHaveLength(1)
    expect(await of('tool.call.completed')).toMatchObject([{ data: { outcome: 'ok', output: 'said yes' } }])
    expect(await of('run.completed')).toHaveLength(1)
    expect(claw.stats()).toMatchObject({ open: 0, lateEnds: 0 })
  })
})

describe('with the callback handler, a tool outside of agents is recorded once', () => {
  it('where it is guarded', async () => {
    const { claw, of } = enforced()
    const callbacks = [new PincerCallbackHandler(claw)]
    expect(await guardTool(addTool(), claw).invoke({ a: 1, b: 2 }, { callbacks })).toBe('3')
    expect(await of('tool.call.started')).toHaveLength(1)
    expect(await of('tool.call.completed')).toHaveLength(1)
    expect(await of('run.started')).toHaveLength(1)
    expect(claw.stats()).toMatchObject({ open: 0, lateEnds: 0 })
  })

  it('where it is a tool of the gateway, in an agent too', async () => {
    const gateway = localGateway({
      databasePath: ':memory:',
      tools: [{ name: 'math.one', inputSchema: { type: 'object' }, execute: () => 1 }],
    })
    const claw = createClient({ gateway })
    const callbacks = [new PincerCallbackHandler(claw)]
    const tools = await gatewayTools(claw)
    expect(await tools[0]?.invoke({}, { callbacks })).toBe('1')
    const model = new ScriptedModel([{ id: 'call_1', name: 'math_one', args: {} }], 'Done.')
    await createAgent({ model, tools, middleware: [guardMiddleware(claw)] }).invoke(question, { callbacks })
    expect(claw.stats()).toMatchObject({ open: 0, lateEnds: 0 })
    await claw.flush()
    const { items } = await gateway.runs.list()
    const trees = await Promise.all(items.map(({ runId }) => gateway.runs.get(runId)))
    const actions = trees.flatMap((tree) => tree?.actions ?? []).filter(({ kind }) => kind === 'tool_call')
    expect(actions).toMatchObject([{ name: 'math.one' }, { name: 'math.one' }])
    await claw.close()
  })
})
