import { generateText, isStepCount, type ModelMessage, streamText, type ToolModelMessage } from 'ai'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'

import { pincerTelemetry } from '../src/index.ts'
import { toolCallsOf } from '../src/tool-calls.ts'
import { type Recorded, recorded } from './telemetry-fixture.ts'
import { call, say, ScriptedModel } from './telemetry-model.ts'
import { add } from './telemetry-tools.ts'

let record: Recorded
let telemetry: { integrations: ReturnType<typeof pincerTelemetry>[] }
beforeEach(() => use(recorded()))
afterEach(() => record.done())

function use(next: Recorded): void {
  record = next
  telemetry = { integrations: [pincerTelemetry(record.claw)] }
}

const base = { tools: { add }, stopWhen: isStepCount(5) }
const user: ModelMessage = { role: 'user', content: 'Add them' }
const asks = (): ScriptedModel => new ScriptedModel([call(['add', { a: 1, b: 2 }, 'c1'])])

/** Lets a call end on its questions; returns the messages so far and the questions' ids. */
async function pause(model = asks(), about = ['c1']): Promise<{ messages: ModelMessage[]; ids: string[] }> {
  const { content, responseMessages } = await generateText({
    ...base,
    model,
    messages: [user],
    telemetry,
    toolApproval: ({ toolCall }) =>
      about.includes(toolCall.toolCallId) ? { type: 'user-approval', reason: 'it costs' } : 'approved',
  })
  const requests = content.filter(
    (part) => part.type === 'tool-approval-request' && part.isAutomatic !== true,
  )
  return {
    messages: [user, ...responseMessages],
    ids: requests.map((part) => (part.type === 'tool-approval-request' ? part.approvalId : '')),
  }
}

function answer(ids: readonly string[], approved: boolean, reason?: string): ToolModelMessage {
  return {
    role: 'tool',
    content: ids.map((approvalId) => ({
      type: 'tool-approval-response',
      approvalId,
      approved,
      ...(reason !== undefined && { reason }),
    })),
  }
}

const ways = ['generateText', 'streamText'] as const

async function resume(
  way: (typeof ways)[number],
  messages: ModelMessage[],
  model: ScriptedModel,
): Promise<string> {
  const options = { ...base, model, messages, telemetry, toolApproval: () => 'user-approval' as const }
  return way === 'generateText' ? (await generateText(options)).text : streamText(options).text
}

describe('a call that is denied without anybody being asked', () => {
  test.each(ways)('is a denied call, and the run goes on, %s', async (way) => {
    const model = new ScriptedModel([call(['add', { a: 1, b: 2 }, 'c1']), say('Never mind')])
    const options = {
      ...base,
      model,
      messages: [user],
      telemetry,
      toolApproval: () => ({ type: 'denied', reason: 'not today' }) as const,
    }
    if (way === 'generateText') await generateText(options)
    else await streamText(options).consumeStream()
    const lines = (await record.list()).split('\n').filter((line) => !line.includes('delta'))
    expect(lines.slice(1)).toEqual([
      '  model.call.started model',
      '  usage.reported model-2026 15',
      '  model.call.completed ok',
      '  tool.call.started add',
      '  tool.call.failed add denied',
      '  model.call.started model',
      '  usage.reported model-2026 15',
      '  model.call.completed ok',
      'run.completed stop',
    ])
    const [failed] = await record.of('tool.call.failed')
    expect(failed?.data.error).toMatchObject({
      code: 'approval_denied',
      message: '"add" was denied: not today',
    })
  })

  test('is not recorded again where the guard has recorded it', async () => {
    const model = new ScriptedModel([call(['add', { a: 1, b: 2 }, 'c1']), say('Never mind')])
    const known = toolCallsOf(record.claw)
    await generateText({
      ...base,
      model,
      messages: [user],
      telemetry,
      toolApproval({ toolCall: { toolCallId, toolName, input }, messages }) {
        const parent = known.runOf(toolCallId, messages)
        expect(parent).toBeDefined()
        const asked = record.claw.startToolCall({
          toolCallId,
          name: toolName,
          input,
          ...(parent && { parent }),
        })
        known.add(asked)
        asked.fail(Object.assign(new Error('no'), { code: 'guard_blocked' }))
        return { type: 'denied', reason: 'no' }
      },
    })
    expect((await record.of('tool.call.failed')).map(({ data }) => data.outcome)).toEqual(['blocked'])
  })

  test('is one action with the guard where it is allowed, also where inputs are hidden', async () => {
    const known = toolCallsOf(record.claw)
    for (const recordInputs of [true, false])
      for (const way of ways) {
        const options = {
          ...base,
          model: new ScriptedModel([call(['add', { a: 1, b: 2 }, `c_${way}_${recordInputs}`]), say('Three')]),
          messages: [user],
          telemetry: { ...telemetry, recordInputs },
          toolApproval({ toolCall, messages }: { toolCall: { toolCallId: string }; messages: unknown }) {
            const parent = known.runOf(toolCall.toolCallId, messages)
            const { toolCallId } = toolCall
            known.add(record.claw.startToolCall({ toolCallId, name: 'add', ...(parent && { parent }) }))
            return 'approved' as const
          },
        }
        if (way === 'generateText') await generateText(options)
        else await streamText(options).consumeStream()
      }
    expect(await record.of('tool.call.started')).toHaveLength(4)
    expect((await record.of('tool.call.completed')).map(({ data }) => data.output)).toEqual([3, 3, 3, 3])
    expect(await record.of('run.started')).toHaveLength(4)
  })
})

describe('a call that a person is asked about', () => {
  test('pauses the run, which goes on with the answer', async () => {
    const { messages, ids } = await pause()
    expect(await record.list()).toMatchInlineSnapshot(`
      "run.started generateText
        model.call.started model
        usage.reported model-2026 15
        model.call.completed ok
        approval.requested add it costs"
    `)
    const [requested] = await record.of('approval.requested')
    expect(requested?.data).toEqual({
      approvalId: ids[0],
      name: 'add',
      toolCallId: 'c1',
      input: { a: 1, b: 2 },
      reason: 'it costs',
    })
    expect(record.claw.stats().open).toBe(1)
    const later = [...messages, answer(ids, true)]
    expect(await resume('generateText', later, new ScriptedModel([say('Three')]))).toBe('Three')
    expect(await record.list()).toMatchInlineSnapshot(`
      "run.started generateText
        model.call.started model
        usage.reported model-2026 15
        model.call.completed ok
        approval.requested add it costs
        approval.resolved approved
        tool.call.started add
        tool.call.completed add ok
        model.call.started model
        usage.reported model-2026 15
        model.call.completed ok
      run.completed stop"
    `)
    expect(new Set((await record.events()).map(({ runId }) => runId)).size).toBe(1)
  })

  test.each(ways)('that is denied is a denied call of the same run, %s', async (way) => {
    const { messages, ids } = await pause()
    await resume(way, [...messages, answer(ids, false, 'too dear')], new ScriptedModel([say('Well')]))
    const events = await record.events()
    expect(new Set(events.map(({ runId }) => runId)).size).toBe(1)
    const [resolved] = await record.of('approval.resolved')
    expect(resolved?.data).toEqual({ approvalId: ids[0], status: 'denied', reason: 'too dear' })
    const [failed] = await record.of('tool.call.failed')
    expect(failed?.data).toMatchObject({ toolCallId: 'c1', outcome: 'denied' })
    expect(failed?.data.error.message).toBe('"add" was denied: too dear')
    expect(record.claw.stats().open).toBe(0)
  })

  test('stands beside one that goes on at once', async () => {
    const model = new ScriptedModel([call(['add', { a: 1, b: 2 }, 'c1'], ['add', { a: 3, b: 4 }, 'c2'])])
    const { messages, ids } = await pause(model)
    expect((await record.of('tool.call.completed')).map(({ data }) => data.toolCallId)).toEqual(['c2'])
    await resume('streamText', [...messages, answer(ids, true)], new ScriptedModel([say('Ten')]))
    expect((await record.of('tool.call.completed')).map(({ data }) => data.toolCallId)).toEqual(['c2', 'c1'])
    expect(await record.of('run.completed')).toHaveLength(1)
  })

  test('may ask again after its answer', async () => {
    const first = await pause()
    const messages = [...first.messages, answer(first.ids, true)]
    const again = new ScriptedModel([call(['add', { a: 5, b: 5 }, 'c2'])])
    const { content, responseMessages } = await generateText({
      ...base,
      model: again,
      messages,
      telemetry,
      toolApproval: () => 'user-approval',
    })
    const request = content.find((part) => part.type === 'tool-approval-request')
    expect(record.claw.stats().open).toBe(1)
    const later = [...messages, ...responseMessages, answer([request?.approvalId ?? ''], true)]
    await resume('generateText', later, new ScriptedModel([say('Thirteen')]))
    expect(new Set((await record.events()).map(({ runId }) => runId)).size).toBe(1)
    expect(await record.of('approval.resolved')).toHaveLength(2)
    expect(record.claw.stats().open).toBe(0)
  })

  test('and is answered in another process leaves a new run that says so', async () => {
    const { messages, ids } = await pause()
    const waiting = record
    use(recorded())
    await resume('generateText', [...messages, answer(ids, true)], new ScriptedModel([say('Three')]))
    const [started] = await record.of('run.started')
    expect(started?.data.metadata).toEqual({ operation: 'generateText', resumes: ids })
    expect((await record.of('tool.call.completed')).map(({ data }) => data.toolCallId)).toEqual(['c1'])
    await waiting.done()
  })

  test('and is never answered is cancelled when the conversation goes on', async () => {
    const { messages } = await pause()
    const later: ModelMessage[] = [
      ...messages,
      { role: 'tool', content: [{ type: 'tool-result', toolCallId: 'c1', toolName: 'add', output: denied }] },
      { role: 'user', content: 'Forget it' },
    ]
    await resume('generateText', later, new ScriptedModel([say('Fine')]))
    expect((await record.of('approval.resolved'))[0]?.data).toMatchObject({ status: 'cancelled' })
    expect((await record.of('run.cancelled'))[0]?.data.reason).toBe(
      'the conversation went on without an answer',
    )
    expect(await record.of('run.completed')).toHaveLength(1)
  })

  test('tells the guard, which has asked, what the chat answered', async () => {
    const known = toolCallsOf(record.claw)
    const answers: unknown[] = []
    const { content, responseMessages } = await generateText({
      ...base,
      model: asks(),
      messages: [user],
      telemetry,
      toolApproval({ toolCall: { toolCallId, toolName }, messages }) {
        const parent = known.runOf(toolCallId, messages)
        const asked = record.claw.startToolCall({ toolCallId, name: toolName, ...(parent && { parent }) })
        known.add(asked, (given) => {
          answers.push(given)
          asked.fail(Object.assign(new Error('no'), { code: 'approval_denied' }))
        })
        asked.run.pause({ approvalId: 'gateway_1', name: toolName, toolCallId }, asked.actionId)
        return 'user-approval'
      },
    })
    const request = content.find((part) => part.type === 'tool-approval-request')
    // The guard's question is the only one.
    expect((await record.of('approval.requested')).map(({ data }) => data.approvalId)).toEqual(['gateway_1'])
    const later = [user, ...responseMessages, answer([request?.approvalId ?? ''], false, 'no')]
    await resume('generateText', later, new ScriptedModel([say('Fine')]))
    expect(answers).toEqual([{ approved: false, reason: 'no' }])
    expect(await record.of('tool.call.started')).toHaveLength(1)
    expect(await record.of('tool.call.failed')).toHaveLength(1)
  })

  test('goes on in its run also where the messages are hidden', async () => {
    const hidden = { ...telemetry, recordInputs: false }
    const model = new ScriptedModel([call(['add', { a: 1, b: 2 }, 'c1'], ['add', { a: 3, b: 4 }, 'c2'])])
    const { content, responseMessages } = await generateText({
      ...base,
      model,
      messages: [user],
      telemetry: hidden,
      toolApproval: () => 'user-approval',
    })
    const ids = content.map((part) => (part.type === 'tool-approval-request' ? part.approvalId : ''))
    const later = [user, ...responseMessages, answer(ids.filter(Boolean), true)]
    const next = new ScriptedModel([say('Ten')])
    await generateText({
      ...base,
      model: next,
      messages: later,
      telemetry: hidden,
      toolApproval: () => 'user-approval',
    })
    expect(new Set((await record.events()).map(({ runId }) => runId)).size).toBe(1)
    expect((await record.of('approval.resolved')).map(({ data }) => data.status)).toEqual([
      'approved',
      'approved',
    ])
    expect(await record.of('tool.call.completed')).toHaveLength(2)
    expect(record.claw.stats().open).toBe(0)
    expect(JSON.stringify(await record.events())).not.toContain('Add them')
  })

  test('does not wait for ever: the oldest of very many runs are cancelled', async () => {
    for (let index = 0; index < 1_005; index++) await pause()
    expect(record.claw.stats().open).toBe(1_000)
    expect(await record.of('run.cancelled')).toHaveLength(5)
  }, 30_000)
})

const denied = { type: 'execution-denied' } as const
