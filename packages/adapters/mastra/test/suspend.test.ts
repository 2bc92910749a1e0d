import { createTool } from '@mastra/core/tools'
import { GatewayError } from '@pincer/protocol'
import { eventually } from '@pincer/testing'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'

import { guardHooks, requireApproval } from '../src/index.ts'
import {
  addCall,
  addTool,
  agentOf,
  ask,
  asking,
  enforced,
  readStream,
  type Recorded,
  recorded,
  ScriptedModel,
} from './guard-fixture.ts'

function scene(
  { claw }: Pick<Recorded, 'claw'>,
  options: object = {},
  calls = [addCall()],
  more: object = {},
) {
  const inputs: unknown[] = []
  const model = new ScriptedModel(calls, 'Done.')
  const tools = requireApproval(claw, { add: addTool(inputs, more) }, options)
  const agent = agentOf({ model, tools })
  const about = (runId: string, toolCallId = 'call_1') => ({ runId, toolCallId })
  return {
    agent,
    inputs,
    model,
    approve: (runId: string, toolCallId?: string) =>
      readStream(agent.approveToolCall(about(runId, toolCallId))),
    decline: (runId: string, reason: string, toolCallId?: string) =>
      readStream(agent.declineToolCall({ ...about(runId, toolCallId), reason })),
  }
}

describe('a tool that needs approval', () => {
  it('runs where the guard allows', async () => {
    const record = enforced()
    const { agent, inputs, model } = scene(record)
    expect(await ask(agent)).toMatchObject({ text: 'Done.', questions: [] })
    expect(inputs).toEqual([{ a: 1, b: 2 }])
    expect(model.told).toEqual(['json: 3'])
    expect(record.gateway.asked).toHaveLength(1)
    expect(await record.of('tool.call.completed')).toMatchObject([{ data: { outcome: 'ok', output: 3 } }])
    expect(record.claw.stats()).toMatchObject({ open: 0, lateEnds: 0 })
  })

  it('does not run where the guard blocks', async () => {
    const record = enforced({ guard: () => ({ decision: 'block', reason: 'no' }) })
    const { agent, inputs, model } = scene(record)
    expect((await ask(agent)).types).toContain('tool-result')
    expect(inputs).toEqual([])
    expect(model.told).toEqual(['text: The call of "add" was blocked and did not happen. Reason: no'])
    expect(await record.of('tool.call.failed')).toMatchObject([{ data: { outcome: 'blocked' } }])
    expect(record.claw.stats()).toMatchObject({ open: 0, lateEnds: 0 })
  })

  it('suspends the run with a question, and the call stays open', async () => {
    const record = asking()
    const { agent, inputs } = scene(record)
    const came = await ask(agent)
    expect(came).toMatchObject({
      finishReason: 'suspended',
      questions: [{ toolCallId: 'call_1', toolName: 'add', args: { a: 1, b: 2 } }],
    })
    expect(inputs).toEqual([])
    expect(await record.of('approval.requested')).toMatchObject([{ data: { approvalId: 'question_1' } }])
    expect(await record.of('tool.call.completed')).toEqual([])
    expect(await record.of('tool.call.failed')).toEqual([])
  })

  it('goes on with approveToolCall: the gateway is told, and was asked once', async () => {
    const record = asking()
    const { agent, inputs, model, approve } = scene(record, { decidedBy: 'ada' })
    const { runId } = await ask(agent)
    expect(await approve(runId)).toMatchObject({ text: 'Done.', finishReason: 'stop' })
    expect(inputs).toEqual([{ a: 1, b: 2 }])
    expect(model.told).toEqual(['json: 3'])
    expect(record.gateway.asked).toHaveLength(1)
    expect(await record.gateway.approvals.list()).toMatchObject([{ status: 'approved', decidedBy: 'ada' }])
    expect(await record.of('tool.call.started')).toHaveLength(1)
    expect(await record.of('tool.call.completed')).toMatchObject([{ data: { outcome: 'ok', output: 3 } }])
    expect(record.claw.stats()).toMatchObject({ open: 0, lateEnds: 0 })
  })

  it('goes on with declineToolCall: nothing happens, and the gateway is told why', async () => {
    const record = asking()
    const { agent, inputs, model, decline } = scene(record)
    const { runId } = await ask(agent)
    expect(await decline(runId, 'not today')).toMatchObject({ text: 'Done.' })
    expect(inputs).toEqual([])
    expect(model.told.join()).toContain('was denied by a person and did not happen. Reason: not today')
    expect(await record.gateway.approvals.list()).toMatchObject([
      { status: 'denied', decisionReason: 'not today' },
    ])
    expect(await record.of('tool.call.failed')).toMatchObject([{ data: { outcome: 'denied' } }])
    expect(record.claw.stats()).toMatchObject({ open: 0, lateEnds: 0 })
  })

  it('is not asked about by the hooks as well', async () => {
    const record = asking()
    const inputs: unknown[] = []
    const model = new ScriptedModel([addCall()], 'Done.')
    const tools = requireApproval(record.claw, { add: addTool(inputs) })
    const agent = agentOf({ model, tools, hooks: guardHooks(record.claw) })
    const { runId } = await ask(agent)
    await readStream(agent.approveToolCall({ runId, toolCallId: 'call_1' }))
    expect(inputs).toHaveLength(1)
    expect(record.gateway.asked).toHaveLength(1)
  })

  it('goes on by approveToolCallGenerate, too', async () => {
    const record = asking()
    const { agent, inputs } = scene(record)
    const paused = (await agent.generate('What is 1 + 2?', { maxSteps: 5 } as never)) as unknown as {
      readonly runId: string
      readonly finishReason: string
    }
    expect(paused.finishReason).toBe('suspended')
    const next = await agent.approveToolCallGenerate({ runId: paused.runId, toolCallId: 'call_1' })
    expect(next.text).toBe('Done.')
    expect(inputs).toHaveLength(1)
    expect(record.gateway.asked).toHaveLength(1)
  })

  it('gets the arguments that a person put in at the gateway', async () => {
    const record = asking()
    const { agent, inputs, approve } = scene(record)
    const { runId } = await ask(agent)
    await record.gateway.approvals.decide('question_1', { decision: 'approve', input: { a: 40, b: 2 } })
    await approve(runId)
    expect(inputs).toEqual([{ a: 40, b: 2 }])
  })

  it('is entered with what its schema makes of the arguments, before and after the question', async () => {
    const record = asking()
    const inputSchema = z.object({ a: z.number(), b: z.number().default(5) })
    const { agent, inputs, approve } = scene(record, {}, [{ id: 'call_1', name: 'add', args: { a: 1 } }], {
      inputSchema,
    })
    const { runId } = await ask(agent)
    await approve(runId)
    expect(inputs).toEqual([{ a: 1, b: 5 }])
    expect(record.gateway.asked).toHaveLength(1)
  })

  it('waits for the gateway where that is wanted', async () => {
    const record = asking()
    const { agent, inputs } = scene(record, { ask: 'wait' })
    const running = ask(agent)
    await eventually(() => record.gateway.asked.length === 1)
    await record.gateway.approvals.decide('question_1', { decision: 'approve' })
    expect(await running).toMatchObject({ text: 'Done.', questions: [] })
    expect(inputs).toHaveLength(1)
    expect(record.claw.stats()).toMatchObject({ open: 0, lateEnds: 0 })
  })

  it('runs in observe mode', async () => {
    const record = recorded({}, { guard: () => ({ decision: 'require_approval', approvalId: 'x' }) })
    const { agent, inputs } = scene(record)
    expect(await ask(agent)).toMatchObject({ text: 'Done.', questions: [] })
    expect(inputs).toHaveLength(1)
  })

  it('is rated by its annotations, where no risk is given', async () => {
    const record = enforced()
    for (const annotations of [{ destructiveHint: true }, { readOnlyHint: true }, {}])
      await ask(scene(record, {}, [addCall()], { mcp: { annotations } }).agent)
    const mcpMetadata = { serverName: 'far' }
    await ask(
      scene(record, {}, [addCall()], { mcpMetadata, mcp: { annotations: { readOnlyHint: true } } }).agent,
    )
    await ask(
      scene(record, { risk: 'critical' }, [addCall()], { mcp: { annotations: { readOnlyHint: true } } })
        .agent,
    )
    expect(record.gateway.asked.map(({ risk }) => risk)).toEqual([
      'high',
      'low',
      undefined,
      undefined,
      'critical',
    ])
  })

  it('tells the model a refusal past its own toModelOutput', async () => {
    const record = enforced({ guard: () => ({ decision: 'block', reason: 'no' }) })
    const toModelOutput = (output: { readonly sum: { readonly text: string } }) => ({
      type: 'text',
      value: output.sum.text,
    })
    const { agent, model } = scene(record, {}, [addCall()], { toModelOutput })
    await ask(agent)
    expect(model.told.join()).toContain('The call of "add" was blocked')
  })
})

describe('two calls of one step', () => {
  it('are asked about one after the other, and each answer is its own', async () => {
    const record = asking()
    const { agent, inputs, approve, decline } = scene(record, {}, [addCall('one', 1), addCall('two', 2)])
    const first = await ask(agent)
    expect(first.questions).toMatchObject([{ toolCallId: 'one' }])
    const second = await approve(first.runId, 'one')
    expect(second.questions).toMatchObject([{ toolCallId: 'two' }])
    const last = await decline(first.runId, 'no more', 'two')
    expect(last.text).toBe('Done.')
    expect(inputs).toEqual([{ a: 1, b: 2 }])
    expect(record.gateway.asked).toHaveLength(2)
    expect(record.claw.stats()).toMatchObject({ open: 0, lateEnds: 0 })
  })
})

describe('a tool that suspends by itself', () => {
  function suspender(entered: unknown[]) {
    return createTool({
      id: 'add',
      description: 'Asks for a name.',
      inputSchema: z.object({ a: z.number(), b: z.number() }),
      suspendSchema: z.object({ ask: z.string() }),
      resumeSchema: z.object({ name: z.string() }),
      execute: async (_, context) => {
        const { resumeData, suspend } = context.agent ?? {}
        entered.push(resumeData)
        if (resumeData !== undefined) return resumeData.name
        return await suspend?.({ ask: 'who?' })
      },
    })
  }

  it('is asked about once, and gets what it is resumed with', async () => {
    const record = enforced()
    const entered: unknown[] = []
    const model = new ScriptedModel([addCall()], 'Done.')
    const agent = agentOf({ model, tools: requireApproval(record.claw, { add: suspender(entered) }) })
    const { runId, types } = await ask(agent)
    expect(types).toContain('tool-call-suspended')
    const next = await readStream(agent.resumeStream({ name: 'Ada' }, { runId, toolCallId: 'call_1' }))
    expect(next.text).toBe('Done.')
    expect(entered).toEqual([undefined, { name: 'Ada' }])
    expect(model.told).toEqual(['text: Ada'])
    expect(record.gateway.asked).toHaveLength(1)
    expect(await record.of('tool.call.completed')).toMatchObject([{ data: { output: 'Ada' } }])
    expect(record.claw.stats()).toMatchObject({ open: 0, lateEnds: 0 })
  })

  it('waits for the gateway before it is entered', async () => {
    const record = asking()
    const entered: unknown[] = []
    const model = new ScriptedModel([addCall()], 'Done.')
    const agent = agentOf({ model, tools: requireApproval(record.claw, { add: suspender(entered) }) })
    const running = ask(agent)
    await eventually(() => record.gateway.asked.length === 1)
    expect(entered).toEqual([])
    await record.gateway.approvals.decide('question_1', { decision: 'approve' })
    const { runId } = await running
    await readStream(agent.resumeStream({ name: 'Ada' }, { runId, toolCallId: 'call_1' }))
    expect(entered).toEqual([undefined, { name: 'Ada' }])
    expect(record.gateway.asked).toHaveLength(1)
  })
})

describe("Mastra's own approval", () => {
  it('has its say, its function runs twice, and the gateway is asked once', async () => {
    const record = enforced()
    const inputs: unknown[] = []
    const model = new ScriptedModel([addCall()], 'Done.')
    const seen: unknown[] = []
    const own = (input: unknown): boolean => {
      seen.push(input)
      return true
    }
    const tools = requireApproval(record.claw, { add: addTool(inputs, { requireApproval: own }) })
    const agent = agentOf({ model, tools })
    const { runId, questions } = await ask(agent)
    expect(questions).toHaveLength(1)
    expect(record.gateway.asked).toEqual([])
    await readStream(agent.approveToolCall({ runId, toolCallId: 'call_1' }))
    expect(inputs).toHaveLength(1)
    expect(seen.length).toBeGreaterThan(1)
    expect(record.gateway.asked).toHaveLength(1)
  })

  it('is not what the gateway wants: its question is put as well', async () => {
    const record = asking()
    const { agent, inputs, approve } = scene(record, {}, [addCall()], { requireApproval: true })
    const first = await ask(agent)
    const second = await approve(first.runId)
    expect(inputs).toEqual([])
    expect(second.questions).toHaveLength(1)
    await approve(first.runId)
    expect(inputs).toHaveLength(1)
    expect(record.gateway.asked).toHaveLength(1)
  })
})

describe('an answer', () => {
  it('is not lost where the gateway could not be reached', async () => {
    const record = asking()
    const { agent, inputs, approve } = scene(record)
    const { runId } = await ask(agent)
    record.gateway.behaviour.fail = () => new GatewayError('gone', { retryable: false })
    expect(await approve(runId)).toMatchObject({ questions: [{ toolCallId: 'call_1' }] })
    expect(inputs).toEqual([])
    record.gateway.behaviour.fail = undefined
    expect(await approve(runId)).toMatchObject({ text: 'Done.' })
    expect(inputs).toHaveLength(1)
    expect(record.gateway.asked).toHaveLength(1)
    expect(record.claw.stats()).toMatchObject({ open: 0, lateEnds: 0 })
  })
})

describe('refused', () => {
  const make = requireApproval as (...values: readonly unknown[]) => unknown
  const { claw } = recorded()
  it.each([
    ['no claw', [{}, {}], 'expected a claw of createClient'],
    ['a list of tools', [claw, []], 'expected tools by name'],
    ['an unknown option', [claw, {}, { durable: true }], 'durable: not an option of requireApproval()'],
    ['a wrong way to ask', [claw, {}, { ask: 'user' }], "ask: expected 'suspend' or 'wait'"],
    ['a wrong name', [claw, {}, { decidedBy: 1 }], 'decidedBy: expected a text'],
  ])('%s', (_, values, message) => {
    expect(() => make(...values)).toThrow(message)
  })

  it('nothing that this process does not execute', () => {
    const provider = { type: 'provider-defined', id: 'x.search', args: {} }
    const tools = requireApproval(claw, { provider })
    expect(tools.provider).toBe(provider)
  })
})
