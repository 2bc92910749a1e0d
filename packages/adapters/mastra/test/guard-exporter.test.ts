// What the guard and the exporter both see is one action, with one end, in the agent's run.
import { createClient } from '@pincer/core'
import type { ClawEvent, GuardDecision, GuardRequest } from '@pincer/protocol'
import { createFakeGateway, type FakeGateway } from '@pincer/testing'
import { describe, expect, it } from 'vitest'

import { gatewayTools, guardHooks, requireApproval } from '../src/index.ts'
import { watch } from './exporter-fixture.ts'
import { addCall, addTool, ask, readStream, ScriptedModel } from './guard-fixture.ts'

type Decide = (request: GuardRequest, gateway: FakeGateway) => GuardDecision

const allow: Decide = () => ({ decision: 'allow' })
const block: Decide = () => ({ decision: 'block', reason: 'no' })
const question: Decide = ({ name, toolCallId = '', inputHash = '', sessionKey }, gateway) => {
  const approvalId = `question_${gateway.asked.length}`
  const about = { approvalId, name, toolCallId, inputHash, ...(sessionKey !== undefined && { sessionKey }) }
  gateway.openApproval(about)
  return { decision: 'require_approval', approvalId }
}

function scene(way: 'hooks' | 'copies', decide: Decide) {
  const fake = createFakeGateway()
  fake.behaviour.guard = (request) => decide(request, fake)
  const claw = createClient({ gateway: fake, guard: { mode: 'enforce' }, onError: () => {} })
  const inputs: unknown[] = []
  const add = addTool(inputs)
  const model = new ScriptedModel([addCall()], 'Done.')
  const watched = watch([], {
    claw,
    gateway: fake,
    model,
    tools: way === 'hooks' ? { add } : requireApproval(claw, { add }),
    ...(way === 'hooks' && { hooks: guardHooks(claw) }),
  })
  return { ...watched, fake, inputs }
}

function toolEvents(events: readonly ClawEvent[]): readonly string[] {
  return events.filter(({ type }) => type.startsWith('tool.')).map(({ type }) => type)
}

function runIdsOf(events: readonly ClawEvent[]): readonly unknown[] {
  return [...new Set(events.map(({ runId }) => runId))]
}

describe.each([['hooks' as const], ['copies' as const]])('a call under the guard, by %s', (way) => {
  it('that is allowed is one action of the agent’s run', async () => {
    const { agent, recorded, inputs, claw, fake } = scene(way, allow)
    await ask(agent)
    expect(inputs).toHaveLength(1)
    const events = await recorded()
    expect(toolEvents(events)).toEqual(['tool.call.started', 'tool.call.completed'])
    expect(runIdsOf(events)).toHaveLength(1)
    expect(events.find(({ type }) => type === 'tool.call.completed')).toMatchObject({
      data: { toolCallId: 'call_1', name: 'add', output: 3 },
    })
    expect(fake.asked).toHaveLength(1)
    expect(claw.stats()).toMatchObject({ open: 0, lateEnds: 0 })
  })

  it('that is blocked is one action of the agent’s run', async () => {
    const { agent, recorded, inputs, claw } = scene(way, block)
    await ask(agent)
    expect(inputs).toEqual([])
    const events = await recorded()
    expect(toolEvents(events)).toEqual(['tool.call.started', 'tool.call.failed'])
    expect(events.find(({ type }) => type === 'tool.call.failed')).toMatchObject({
      data: { outcome: 'blocked' },
    })
    expect(runIdsOf(events)).toHaveLength(1)
    expect(claw.stats()).toMatchObject({ open: 0, lateEnds: 0 })
  })
})

describe('a run that is suspended for a person', () => {
  it.each([
    [true, 'tool.call.completed'],
    [false, 'tool.call.failed'],
  ])('goes on as the same action of the same run: %s', async (approved, end) => {
    const { agent, recorded, inputs, claw, fake } = scene('copies', question)
    const { runId, questions } = await ask(agent)
    expect(questions).toHaveLength(1)
    const paused = await recorded()
    expect(toolEvents(paused)).toEqual(['tool.call.started'])
    expect(paused.filter(({ type }) => type === 'approval.requested')).toHaveLength(1)
    const about = { runId, toolCallId: 'call_1' }
    await readStream(approved ? agent.approveToolCall(about) : agent.declineToolCall(about))
    expect(inputs).toHaveLength(approved ? 1 : 0)
    const events = await recorded()
    expect(toolEvents(events)).toEqual(['tool.call.started', end])
    expect(runIdsOf(events)).toHaveLength(1)
    expect(events.filter(({ type }) => type === 'approval.resolved')).toMatchObject([
      { data: { approvalId: 'question_1', status: approved ? 'approved' : 'denied' } },
    ])
    expect(events.at(-1)?.type).toBe('run.completed')
    expect(fake.asked).toHaveLength(1)
    expect(claw.stats()).toMatchObject({ open: 0, lateEnds: 0 })
  })
})

it('a tool of the gateway is one action of the agent’s run', async () => {
  const fake = createFakeGateway()
  const invoked: unknown[] = []
  const tools = {
    list: async () => [{ name: 'math.add' }],
    invoke: async (name: string, invocation: object) => {
      invoked.push({ name, ...invocation })
      return { status: 'ok' as const, toolCallId: 'call_1', output: 3 }
    },
  }
  const gateway = { ...fake, tools, kept: fake.kept }
  const claw = createClient({ gateway, onError: () => {} })
  const model = new ScriptedModel([{ id: 'call_1', name: 'math_add', args: {} }], 'Done.')
  const { agent } = watch([], { claw, model, tools: await gatewayTools(claw) })
  await ask(agent)
  await claw.flush({ timeoutMs: 5_000 })
  const events = fake.kept
  expect(toolEvents(events)).toEqual(['tool.call.started', 'tool.call.completed'])
  expect(runIdsOf(events)).toHaveLength(1)
  expect(invoked).toMatchObject([{ name: 'math.add', toolCallId: 'call_1', runId: events[0]?.runId }])
  expect(claw.stats()).toMatchObject({ open: 0, lateEnds: 0 })
})
