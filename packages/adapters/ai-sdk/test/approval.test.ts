import { eventually } from '@pincer/testing'
import { generateText, isStepCount, streamText } from 'ai'
import { describe, expect, it } from 'vitest'

import { parseApprovalReason } from '../src/approval-reason.ts'
import { pincerApproval } from '../src/approval.ts'
import { pincerTelemetry } from '../src/telemetry.ts'
import {
  addCall,
  addTool,
  answered,
  asking,
  enforced,
  question,
  recorded,
  requestsOf,
  runners,
  ScriptedModel,
} from './approval-fixture.ts'

const block = { guard: () => ({ decision: 'block' as const, reason: 'not today' }) }
const blockedWords = 'The call of "add" was blocked and did not happen. Reason: not today'

function scene() {
  const inputs: unknown[] = []
  return { inputs, tools: { add: addTool(inputs) }, model: new ScriptedModel([addCall()], 'Done.') }
}

describe.each(runners)('%s', (_, run) => {
  describe.each([[false], [true]])('with telemetry: %s', (isWatched) => {
    const watch = (claw: Parameters<typeof pincerTelemetry>[0]) =>
      isWatched ? pincerTelemetry(claw) : undefined

    it('runs what the guard allows, asked about once', async () => {
      const { claw, gateway, of } = enforced()
      const { inputs, tools, model } = scene()
      const said = await run({ model, tools, toolApproval: pincerApproval(claw), telemetry: watch(claw) })
      expect(said.text).toBe('Done.')
      expect(inputs).toEqual([{ a: 1, b: 2 }])
      expect(gateway.asked).toMatchObject([{ name: 'add', toolCallId: 'call_1', input: { a: 1, b: 2 } }])
      expect(await of('tool.call.started')).toMatchObject([{ data: { toolCallId: 'call_1', name: 'add' } }])
      expect(await of('tool.call.completed')).toMatchObject([
        { data: isWatched ? { outcome: 'ok', output: 3 } : { outcome: 'ok' } },
      ])
      expect(claw.stats()).toMatchObject({ open: 0, lateEnds: 0 })
    })

    it('tells the model what the guard blocks, recorded once', async () => {
      const { claw, of } = enforced(block)
      const { inputs, tools, model } = scene()
      const said = await run({ model, tools, toolApproval: pincerApproval(claw), telemetry: watch(claw) })
      expect(said.text).toBe('Done.')
      expect(inputs).toEqual([])
      expect(model.told).toEqual([`execution-denied: ${blockedWords}`])
      expect(await of('tool.call.started')).toHaveLength(1)
      expect(await of('tool.call.failed')).toMatchObject([
        { data: { toolCallId: 'call_1', outcome: 'blocked' } },
      ])
      expect(claw.stats()).toMatchObject({ open: 0, lateEnds: 0 })
    })

    it('waits for the gateway, which approves', async () => {
      const { claw, gateway, of } = asking()
      const { inputs, tools, model } = scene()
      const running = run({ model, tools, toolApproval: pincerApproval(claw), telemetry: watch(claw) })
      await eventually(() => gateway.asked.length === 1)
      expect(inputs).toEqual([])
      await gateway.approvals.decide('question_1', { decision: 'approve' })
      expect((await running).text).toBe('Done.')
      expect(inputs).toHaveLength(1)
      expect(await of('approval.resolved')).toMatchObject([{ data: { status: 'approved' } }])
      expect(await of('tool.call.completed')).toHaveLength(1)
      expect(claw.stats()).toMatchObject({ open: 0, lateEnds: 0 })
    })

    it('waits for the gateway, which denies', async () => {
      const { claw, gateway, of } = asking()
      const { inputs, tools, model } = scene()
      const running = run({ model, tools, toolApproval: pincerApproval(claw), telemetry: watch(claw) })
      await eventually(() => gateway.asked.length === 1)
      await gateway.approvals.decide('question_1', { decision: 'deny', reason: 'never' })
      await running
      expect(inputs).toEqual([])
      expect(model.told).toEqual([
        'execution-denied: The call of "add" was denied by a person and did not happen. Reason: never',
      ])
      expect(await of('tool.call.failed')).toMatchObject([{ data: { outcome: 'denied' } }])
      expect(claw.stats()).toMatchObject({ open: 0, lateEnds: 0 })
    })

    it('waits for nobody for ever', async () => {
      const { claw, of } = asking()
      const { inputs, tools, model } = scene()
      const toolApproval = pincerApproval(claw, { approvalTimeoutMs: 30 })
      await run({ model, tools, toolApproval, telemetry: watch(claw) })
      expect(inputs).toEqual([])
      expect(model.told[0]).toContain('needs an approval that nobody gave in time')
      expect(await of('tool.call.failed')).toMatchObject([{ data: { outcome: 'timed_out' } }])
      expect(claw.stats()).toMatchObject({ open: 0, lateEnds: 0 })
    })

    it('asks the chat, whose yes is told to the gateway', async () => {
      const { claw, gateway, of } = asking()
      const { inputs, tools, model } = scene()
      const toolApproval = pincerApproval(claw, { ask: 'user', decidedBy: 'Ada' })
      const program = { model, tools, toolApproval, telemetry: watch(claw) }
      const paused = await run(program)
      expect(paused.finishReason).toBe('tool-calls')
      const [request] = requestsOf(paused)
      expect(parseApprovalReason(request?.reason)).toEqual({
        approvalId: 'question_1',
        reason: 'sums need a person',
      })
      const said = await run({ ...program, messages: answered(paused, true) })
      expect(said.text).toBe('Done.')
      expect(inputs).toHaveLength(1)
      expect(gateway.asked).toHaveLength(1)
      expect(await gateway.approvals.get('question_1')).toMatchObject({
        status: 'approved',
        decidedBy: 'Ada',
      })
      expect(await of('tool.call.started')).toHaveLength(1)
      expect(await of('tool.call.completed')).toMatchObject([{ data: { outcome: 'ok' } }])
      expect(await of('approval.resolved')).toMatchObject([{ data: { status: 'approved' } }])
      expect(claw.stats()).toMatchObject({ open: 0, lateEnds: 0 })
    })

    it('asks the chat, and the gateway denies first', async () => {
      const { claw, gateway, of } = asking()
      const { inputs, tools, model } = scene()
      const program = {
        model,
        tools,
        toolApproval: pincerApproval(claw, { ask: 'user' }),
        telemetry: watch(claw),
      }
      const paused = await run(program)
      await gateway.approvals.decide('question_1', { decision: 'deny', reason: 'never' })
      const said = await run({ ...program, messages: answered(paused, true) })
      expect(said.text).toBe('Done.')
      expect(inputs).toEqual([])
      expect(model.told[0]).toContain('was denied by a person and did not happen. Reason: never')
      expect(await of('tool.call.failed')).toMatchObject([{ data: { outcome: 'denied' } }])
      expect(claw.stats()).toMatchObject({ open: 0, lateEnds: 0 })
    })

    it('asks the chat, and the gateway approves first', async () => {
      const { claw, gateway } = asking()
      const { inputs, tools, model } = scene()
      const program = {
        model,
        tools,
        toolApproval: pincerApproval(claw, { ask: 'user' }),
        telemetry: watch(claw),
      }
      const paused = await run(program)
      await gateway.approvals.decide('question_1', { decision: 'approve', decidedBy: 'Bob' })
      await run({ ...program, messages: answered(paused, true) })
      expect(inputs).toHaveLength(1)
      expect(await gateway.approvals.get('question_1')).toMatchObject({ decidedBy: 'Bob' })
      expect(claw.stats()).toMatchObject({ open: 0, lateEnds: 0 })
    })
  })
})

describe('in observe mode', () => {
  it.each(runners)('%s is what it is without us', async (_, run) => {
    const { claw, gateway, of } = recorded({}, block)
    const bare = scene()
    const plain = await run(bare)
    const { inputs, tools, model } = scene()
    const said = await run({ model, tools, toolApproval: pincerApproval(claw) })
    expect(JSON.stringify(said)).toBe(JSON.stringify(plain))
    expect(inputs).toEqual(bare.inputs)
    await eventually(() => gateway.asked.length === 1)
    expect(gateway.asked).toMatchObject([{ observe: true }])
    await eventually(async () => (await of('guard.decided')).length === 1)
    expect(await of('guard.decided')).toMatchObject([{ data: { decision: 'block', enforced: false } }])
    expect(claw.stats()).toMatchObject({ open: 0, lateEnds: 0 })
  })
})

it.each([[generateText], [streamText]])(
  'is one action where telemetry hides the arguments: %o',
  async (run) => {
    const { claw, gateway, of } = enforced()
    const { inputs, tools, model } = scene()
    const result = await run({
      model,
      tools,
      messages: [...question],
      stopWhen: isStepCount(3),
      toolApproval: pincerApproval(claw),
      telemetry: { recordInputs: false, integrations: [pincerTelemetry(claw)] },
    })
    expect(await result.text).toBe('Done.')
    expect(inputs).toEqual([{ a: 1, b: 2 }])
    expect(gateway.asked).toMatchObject([{ input: { a: 1, b: 2 } }])
    expect(await of('tool.call.started')).toHaveLength(1)
    expect(await of('run.started')).toHaveLength(1)
    expect(claw.stats()).toMatchObject({ open: 0, lateEnds: 0 })
  },
)
