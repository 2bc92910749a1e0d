import { createClient } from '@pincer/core'
import { GatewayError } from '@pincer/protocol'
import { eventually } from '@pincer/testing'
import { convertToModelMessages, type ModelMessage, type UIMessage } from 'ai'
import { describe, expect, it } from 'vitest'

import { parseApprovalReason, writeApprovalReason } from '../src/approval-reason.ts'
import { settleDenials } from '../src/approval-settle.ts'
import { pincerApproval } from '../src/approval.ts'
import { pincerTelemetry } from '../src/telemetry.ts'
import {
  addCall,
  addTool,
  answered,
  asking,
  generate,
  type Recorded,
  runners,
  ScriptedModel,
} from './approval-fixture.ts'

function scene({ claw }: Pick<Recorded, 'claw'>) {
  const inputs: unknown[] = []
  const toolApproval = pincerApproval(claw, { ask: 'user', decidedBy: 'Ada' })
  return {
    inputs,
    program: {
      model: new ScriptedModel([addCall()], 'Done.'),
      tools: { add: addTool(inputs) },
      toolApproval,
    },
  }
}

describe.each(runners)('%s: a denial in the chat is told to the gateway', (_, run) => {
  it('by telemetry, and recorded once', async () => {
    const { claw, gateway, of } = asking()
    const { inputs, program } = scene({ claw })
    const telemetry = pincerTelemetry(claw)
    const paused = await run({ ...program, telemetry })
    await run({ ...program, telemetry, messages: answered(paused, false) })
    expect(inputs).toEqual([])
    await eventually(async () => (await gateway.approvals.get('question_1'))?.status === 'denied')
    expect(await gateway.approvals.get('question_1')).toMatchObject({
      decisionReason: 'said no',
      decidedBy: 'Ada',
    })
    expect(await of('tool.call.failed')).toMatchObject([{ data: { outcome: 'denied' } }])
    expect(await of('approval.resolved')).toMatchObject([{ data: { status: 'denied', reason: 'said no' } }])
    expect(claw.stats()).toMatchObject({ open: 0, lateEnds: 0 })
  })

  it('by settleDenials, in the process that asked', async () => {
    const { claw, gateway, of } = asking()
    const { inputs, program } = scene({ claw })
    const messages = answered(await run(program), false)
    await settleDenials(claw, messages, { decidedBy: 'Ada' })
    await run({ ...program, messages })
    expect(inputs).toEqual([])
    expect(await gateway.approvals.get('question_1')).toMatchObject({ status: 'denied', decidedBy: 'Ada' })
    expect(await of('tool.call.failed')).toMatchObject([{ data: { outcome: 'denied' } }])
    expect(claw.stats()).toMatchObject({ open: 0, lateEnds: 0 })
  })

  it('by settleDenials, in another process', async () => {
    const { claw, gateway } = asking()
    const { program } = scene({ claw })
    const messages = answered(await run(program), false)
    await settleDenials(createClient({ gateway }), messages)
    expect(await gateway.approvals.get('question_1')).toMatchObject({
      status: 'denied',
      decisionReason: 'said no',
    })
  })
})

describe('settleDenials', () => {
  it('asks a gateway nothing where there is nothing to settle', async () => {
    const { claw, gateway } = asking()
    const { program } = scene({ claw })
    const paused = await generate(program)
    gateway.behaviour.fail = () => new Error('must not be asked')
    await settleDenials(claw, paused.messages)
    await settleDenials(claw, answered(paused, true))
    await settleDenials(claw, [])
  })

  it('does not answer a question about another call', async () => {
    const { claw, gateway } = asking()
    const { program } = scene({ claw })
    const paused = await generate(program)
    const text = JSON.stringify(answered(paused, false)).replace('"a":1', '"a":7')
    const elsewhere = createClient({ gateway })
    for (const client of [claw, elsewhere]) await settleDenials(client, JSON.parse(text) as ModelMessage[])
    await settleDenials(claw, answered(paused, false), { sessionKey: 'bob' })
    expect(await gateway.approvals.get('question_1')).toMatchObject({ status: 'pending' })
  })

  it('lets the first answer win, and survives a gateway that is gone', async () => {
    const { claw, gateway, faults } = asking()
    const { program } = scene({ claw })
    const messages = answered(await generate(program), false)
    await gateway.approvals.decide('question_1', { decision: 'approve' })
    await settleDenials(claw, messages)
    expect(await gateway.approvals.get('question_1')).toMatchObject({ status: 'approved' })
    expect(faults).toEqual([])
    gateway.behaviour.fail = () => new GatewayError('gone')
    await settleDenials(createClient({ gateway, onError: (error) => faults.push(error) }), messages)
    expect(faults).toHaveLength(1)
  })

  it('refuses what it cannot read', async () => {
    const { claw } = asking()
    const settle = settleDenials as (...values: readonly unknown[]) => Promise<void>
    await expect(settle({}, [])).rejects.toThrow('settleDenials: expected a claw of createClient')
    await expect(settle(claw, 'hi')).rejects.toThrow('settleDenials: expected model messages')
  })
})

it('an answer goes through the messages of a user interface', async () => {
  const record = asking()
  const { inputs, program } = scene(record)
  await generate(program)
  const ui = (approved: boolean): UIMessage[] => [
    { id: '1', role: 'user', parts: [{ type: 'text', text: 'What is 1 + 2?' }] },
    {
      id: '2',
      role: 'assistant',
      parts: [
        {
          type: 'tool-add',
          toolCallId: 'call_1',
          state: 'approval-responded',
          input: { a: 1, b: 2 },
          approval: {
            id: 'aitxt-1',
            approved,
            requestReason: writeApprovalReason({ approvalId: 'question_1' }),
          },
        },
      ],
    },
  ]
  const tools = program.tools
  await settleDenials(record.claw, await convertToModelMessages(ui(false), { tools }), {
    sessionKey: 'nobody',
  })
  await generate({ ...program, messages: await convertToModelMessages(ui(true), { tools }) })
  expect(inputs).toHaveLength(1)
  expect(await record.gateway.approvals.get('question_1')).toMatchObject({ status: 'approved' })
})

describe('the reason of a request', () => {
  it.each([
    [{ approvalId: 'apr_1' }],
    [{ approvalId: 'apr_1', reason: 'refunds need a person' }],
    [{ approvalId: 'a b/ü[]:%', reason: 'two\nlines [pincer:x] and more' }],
  ])('is read as it was written: %o', (question) => {
    expect(parseApprovalReason(writeApprovalReason(question))).toEqual(question)
  })

  it.each([
    [undefined],
    [5],
    [''],
    ['just words'],
    ['[pincer:]'],
    ['[pincer:%]'],
    [`[pincer:${'x'.repeat(9_999)}]`],
  ])('that is none of ours is none: %s', (reason) => {
    expect(parseApprovalReason(reason)).toBeUndefined()
  })

  it('is not without end, and quickly read', () => {
    const reason = writeApprovalReason({ approvalId: 'apr_1', reason: 'no '.repeat(1_000_000) })
    expect(reason.length).toBeLessThan(3_000)
    expect(parseApprovalReason(reason)?.approvalId).toBe('apr_1')
    const startedAt = performance.now()
    for (const piece of ['[pincer:', ' [', ' ', '[pincer:a]']) parseApprovalReason(piece.repeat(200))
    expect(performance.now() - startedAt).toBeLessThan(500)
  })
})
