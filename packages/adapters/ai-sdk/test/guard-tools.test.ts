import {
  dynamicTool,
  generateText,
  isStepCount,
  jsonSchema,
  streamText,
  tool,
  type Tool,
  type ToolExecutionOptions,
} from 'ai'
import { eventually } from '@pincer/testing'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'

import { pincerApproval } from '../src/approval.ts'
import { guardTools } from '../src/guard-tools.ts'
import { pincerTelemetry } from '../src/telemetry.ts'
import {
  addCall,
  addTool,
  answered,
  asking,
  enforced,
  generate,
  question,
  recorded,
  runners,
  ScriptedModel,
} from './approval-fixture.ts'

const block = { guard: () => ({ decision: 'block' as const, reason: 'not today' }) }
const blockedWords = 'The call of "add" was blocked and did not happen. Reason: not today'
const given = (signal?: AbortSignal): ToolExecutionOptions<never> =>
  ({ toolCallId: 'call_1', messages: [], ...(signal !== undefined && { abortSignal: signal }) }) as never

describe.each(runners)('%s', (_, run) => {
  describe.each([[false], [true]])('with telemetry: %s', (isWatched) => {
    const watch = (claw: Parameters<typeof pincerTelemetry>[0]) =>
      isWatched ? pincerTelemetry(claw) : undefined

    it('runs what the guard allows, asked about and recorded once, with its risk', async () => {
      const { claw, gateway, of } = enforced()
      const inputs: unknown[] = []
      const tools = guardTools(claw, { add: addTool(inputs) }, { risk: 'high' })
      const said = await run({
        model: new ScriptedModel([addCall()], 'Done.'),
        tools,
        telemetry: watch(claw),
      })
      expect(said.text).toBe('Done.')
      expect(inputs).toEqual([{ a: 1, b: 2 }])
      expect(gateway.asked).toMatchObject([
        { name: 'add', toolCallId: 'call_1', input: { a: 1, b: 2 }, risk: 'high' },
      ])
      expect(await of('tool.call.completed')).toMatchObject([{ data: { toolCallId: 'call_1', output: 3 } }])
      expect(await of('tool.call.started')).toHaveLength(1)
      expect(claw.stats()).toMatchObject({ open: 0, lateEnds: 0 })
    })

    it('tells the model what the guard blocks', async () => {
      const { claw, of } = enforced(block)
      const inputs: unknown[] = []
      const model = new ScriptedModel([addCall()], 'Done.')
      const tools = guardTools(claw, { add: addTool(inputs) })
      expect((await run({ model, tools, telemetry: watch(claw) })).text).toBe('Done.')
      expect(inputs).toEqual([])
      expect(model.told).toEqual([`error-text: ${blockedWords}`])
      expect(await of('tool.call.failed')).toMatchObject([{ data: { outcome: 'blocked' } }])
      expect(claw.stats()).toMatchObject({ open: 0, lateEnds: 0 })
    })

    it('gives the tool the arguments that the approver put in', async () => {
      const { claw, gateway, of } = asking()
      const inputs: unknown[] = []
      const model = new ScriptedModel([addCall()], 'Done.')
      const running = run({
        model,
        tools: guardTools(claw, { add: addTool(inputs) }),
        telemetry: watch(claw),
      })
      await eventually(() => gateway.asked.length === 1)
      await gateway.approvals.decide('question_1', { decision: 'approve', input: { a: 40, b: 2 } })
      await running
      expect(inputs).toEqual([{ a: 40, b: 2 }])
      expect(model.told).toEqual(['json: 42'])
      expect(await of('approval.resolved')).toMatchObject([
        { data: { status: 'approved', input: { a: 40, b: 2 } } },
      ])
      expect(claw.stats()).toMatchObject({ open: 0, lateEnds: 0 })
    })

    it('asks once together with the approval function, which waits', async () => {
      const { claw, gateway, of } = asking()
      const inputs: unknown[] = []
      const model = new ScriptedModel([addCall()], 'Done.')
      const tools = guardTools(claw, guardTools(claw, { add: addTool(inputs) }))
      const running = run({ model, tools, toolApproval: pincerApproval(claw), telemetry: watch(claw) })
      await eventually(() => gateway.asked.length === 1)
      await gateway.approvals.decide('question_1', { decision: 'approve', input: { a: 40, b: 2 } })
      await running
      expect(inputs).toEqual([{ a: 40, b: 2 }])
      expect(gateway.asked).toHaveLength(1)
      expect(await of('tool.call.started')).toHaveLength(1)
      expect(await of('tool.call.completed')).toMatchObject([{ data: { output: 42 } }])
      expect(claw.stats()).toMatchObject({ open: 0, lateEnds: 0 })
    })

    it('asks once together with the approval function, which asks the chat', async () => {
      const { claw, gateway, of } = asking()
      const inputs: unknown[] = []
      const program = {
        model: new ScriptedModel([addCall()], 'Done.'),
        tools: guardTools(claw, { add: addTool(inputs) }),
        toolApproval: pincerApproval(claw, { ask: 'user' }),
        telemetry: watch(claw),
      }
      const paused = await run(program)
      await run({ ...program, messages: answered(paused, true) })
      expect(inputs).toHaveLength(1)
      expect(gateway.asked).toHaveLength(1)
      expect(await of('tool.call.started')).toHaveLength(1)
      expect(await of('tool.call.completed')).toMatchObject([{ data: { output: 3 } }])
      expect(claw.stats()).toMatchObject({ open: 0, lateEnds: 0 })
    })

    it('asks about calls of one step at once', async () => {
      const { claw, gateway } = asking()
      const inputs: unknown[] = []
      const model = new ScriptedModel([addCall('one'), addCall('two')], 'Done.')
      const running = run({
        model,
        tools: guardTools(claw, { add: addTool(inputs) }),
        telemetry: watch(claw),
      })
      await eventually(() => gateway.asked.length === 2)
      await gateway.approvals.decide('question_1', { decision: 'approve' })
      await gateway.approvals.decide('question_2', { decision: 'deny' })
      await running
      expect(inputs).toHaveLength(1)
      expect(claw.stats()).toMatchObject({ open: 0, lateEnds: 0 })
    })
  })
})

it('asks about the arguments that telemetry is not to see', async () => {
  const { claw, gateway } = enforced()
  await generateText({
    model: new ScriptedModel([addCall()], 'Done.'),
    tools: guardTools(claw, { add: addTool() }),
    messages: [...question],
    stopWhen: isStepCount(5),
    telemetry: { recordInputs: false, integrations: [pincerTelemetry(claw)] },
  })
  expect(gateway.asked).toMatchObject([{ input: { a: 1, b: 2 } }])
  expect(claw.stats()).toMatchObject({ open: 0, lateEnds: 0 })
})

it('gets what was approved where only the approval function asks', async () => {
  const { claw, gateway } = asking()
  const inputs: unknown[] = []
  const tools = guardTools(claw, { add: addTool(inputs) }, { tools: [] })
  const running = generate({
    model: new ScriptedModel([addCall()], 'Done.'),
    tools,
    toolApproval: pincerApproval(claw),
  })
  await eventually(() => gateway.asked.length === 1)
  await gateway.approvals.decide('question_1', { decision: 'approve', input: { a: 40, b: 2 } })
  await running
  expect(inputs).toEqual([{ a: 40, b: 2 }])
})

describe('a guarded tool', () => {
  it('is what it was', () => {
    const { claw } = enforced()
    const add = addTool()
    const guarded = guardTools(claw, { add })
    expect(guarded.add).not.toBe(add)
    expect(Object.keys(guarded.add)).toEqual(Object.keys(add))
    for (const key of ['description', 'inputSchema'] as const) expect(guarded.add[key]).toBe(add[key])
  })

  it('stays dynamic', async () => {
    const { claw } = enforced(block)
    const act = dynamicTool({ inputSchema: jsonSchema({ type: 'object' }), execute: async () => 'acted' })
    const model = new ScriptedModel([{ id: 'call_1', name: 'act', args: {} }], 'Done.')
    const { steps } = await generateText({
      model,
      tools: guardTools(claw, { act }),
      messages: [...question],
      stopWhen: isStepCount(2),
    })
    expect(steps[0]?.content).toMatchObject([
      { type: 'tool-call', dynamic: true },
      { type: 'tool-error', dynamic: true },
    ])
  })

  it('stays as it is where nothing of it is executed here', () => {
    const { claw } = enforced()
    const tools = {
      ask: tool({ inputSchema: z.object({}), outputSchema: z.string() }),
      search: {
        type: 'provider',
        id: 'some.search',
        args: {},
        inputSchema: z.object({}),
        isProviderExecuted: true,
      } as Tool,
    }
    const guarded = guardTools(claw, tools)
    expect(guarded.ask).toBe(tools.ask)
    expect(guarded.search).toBe(tools.search)
  })

  it('may be called by a program', async () => {
    const { claw, of } = enforced(block)
    const { add } = guardTools(claw, { add: addTool() })
    await expect(add.execute?.({ a: 1, b: 2 }, given())).rejects.toMatchObject({
      code: 'guard_blocked',
      message: blockedWords,
    })
    expect(await of('tool.call.failed')).toMatchObject([{ data: { outcome: 'blocked' } }])
    const allowed = enforced()
    expect(await guardTools(allowed.claw, { add: addTool() }).add.execute?.({ a: 1, b: 2 }, given())).toBe(3)
    const bare = guardTools(allowed.claw, { add: addTool() }).add.execute as (input: object) => unknown
    expect(await bare({ a: 1, b: 2 })).toBe(3)
    expect(allowed.claw.stats()).toMatchObject({ open: 0, lateEnds: 0 })
  })

  it('says what onRefused says', async () => {
    const { claw } = enforced(block)
    const { add } = guardTools(claw, { add: addTool() }, { onRefused: 'output' })
    expect(await add.execute?.({ a: 1, b: 2 }, given())).toBe(blockedWords)
  })

  it('throws what it threw', async () => {
    const { claw, of } = enforced()
    const thrown = new RangeError('too far')
    const fail = tool({ inputSchema: z.object({}), execute: () => Promise.reject<string>(thrown) })
    await expect(guardTools(claw, { fail }).fail.execute({}, given())).rejects.toBe(thrown)
    expect(await of('tool.call.failed')).toMatchObject([{ data: { error: { name: 'RangeError' } } }])
  })

  it('is given up when it is aborted while a person is asked', async () => {
    const { claw, gateway, of } = asking()
    const inputs: unknown[] = []
    const controller = new AbortController()
    const { add } = guardTools(claw, { add: addTool(inputs) })
    const running = Promise.resolve(add.execute?.({ a: 1, b: 2 }, given(controller.signal)))
    await eventually(() => gateway.asked.length === 1)
    controller.abort(new Error('enough'))
    await expect(running).rejects.toThrow('enough')
    expect(inputs).toEqual([])
    expect(await of('tool.call.completed')).toMatchObject([{ data: { outcome: 'cancelled' } }])
    expect(claw.stats()).toMatchObject({ open: 0, lateEnds: 0 })
  })

  it('is left out by option', async () => {
    const { claw, gateway } = enforced(block)
    const { add } = guardTools(claw, { add: addTool() }, { tools: ['other'] })
    expect(await add.execute?.({ a: 1, b: 2 }, given())).toBe(3)
    expect(gateway.asked).toEqual([])
  })

  it('stands above what it starts', async () => {
    const { claw, of } = enforced()
    const nest = tool({
      inputSchema: z.object({}),
      execute: async () => {
        claw.startModelCall({ provider: 'some', model: 'model' }).end()
        return 'done'
      },
    })
    await guardTools(claw, { nest }).nest.execute({}, given())
    const [started] = await of('tool.call.started')
    expect(await of('model.call.started')).toMatchObject([
      { runId: started?.runId, data: { parentActionId: started?.actionId } },
    ])
  })
})

describe('a tool that streams', () => {
  const count = (until: number, seen: unknown[] = []) =>
    tool({
      inputSchema: z.object({}),
      async *execute() {
        for (let index = 1; index <= until; index++) {
          seen.push(index)
          yield index
        }
      },
    })
  const countCall = { id: 'call_1', name: 'count', args: {} }

  async function outputs(
    tools: Parameters<typeof guardTools>[1],
    claw?: Parameters<typeof pincerTelemetry>[0],
  ) {
    const result = streamText({
      model: new ScriptedModel([countCall], 'Done.'),
      tools,
      messages: [...question],
      stopWhen: isStepCount(3),
      ...(claw !== undefined && { telemetry: { integrations: [pincerTelemetry(claw)] } }),
    })
    const seen: unknown[] = []
    for await (const part of result.stream)
      if (part.type === 'tool-result') seen.push([part.output, part.preliminary])
      else if (part.type === 'tool-error') seen.push(String(part.error))
    return seen
  }

  it.each([[false], [true]])('streams, with telemetry: %s', async (isWatched) => {
    const { claw, of } = enforced()
    const tools = { count: count(3) }
    const bare = await outputs(tools)
    expect(bare).toHaveLength(4)
    expect(await outputs(guardTools(claw, tools), isWatched ? claw : undefined)).toEqual(bare)
    expect(await of('tool.call.completed')).toMatchObject([{ data: { outcome: 'ok', output: 3 } }])
    expect(claw.stats()).toMatchObject({ open: 0, lateEnds: 0 })
  })

  it('does nothing where it is blocked', async () => {
    const { claw } = enforced(block)
    const seen: unknown[] = []
    expect(await outputs(guardTools(claw, { count: count(3, seen) }))).toEqual([
      'The call of "count" was blocked and did not happen. Reason: not today',
    ])
    expect(seen).toEqual([])
  })

  it('streams from a plain function too, where the approval function has asked', async () => {
    const { claw } = enforced()
    const inner = count(3).execute
    const plain = tool({ inputSchema: z.object({}), execute: (input, options) => inner(input, options) })
    const messages = [...question]
    const tools = guardTools(claw, { count: plain as never as Tool })
    await pincerApproval(claw)({
      toolCall: { toolCallId: 'call_1', toolName: 'count', input: {} },
      tools,
      messages,
      toolsContext: {},
      runtimeContext: {},
    })
    const stream = tools.count.execute?.({}, { ...given(), messages } as never) as AsyncIterable<unknown>
    const seen: unknown[] = []
    for await (const value of stream) seen.push(value)
    expect(seen).toEqual([1, 2, 3])
    // Alone it gives the last value only.
    expect(await tools.count.execute?.({}, given())).toBe(3)
  })

  it('that is left early is ended', async () => {
    const { claw, of } = enforced()
    const stream = guardTools(claw, { count: count(3) }).count.execute({}, given())
    for await (const value of stream as AsyncIterable<number>) if (value === 2) break
    expect(await of('tool.call.completed')).toMatchObject([{ data: { output: 2 } }])
    expect(claw.stats()).toMatchObject({ open: 0, lateEnds: 0 })
  })
})

describe('in observe mode', () => {
  it.each(runners)('%s is what it is without us', async (_, run) => {
    const { claw, gateway, of } = recorded({}, block)
    const plain = await run({ model: new ScriptedModel([addCall()], 'Done.'), tools: { add: addTool() } })
    const tools = guardTools(claw, { add: addTool() })
    const said = await run({ model: new ScriptedModel([addCall()], 'Done.'), tools })
    expect(JSON.stringify(said)).toBe(JSON.stringify(plain))
    await eventually(() => gateway.asked.length === 1)
    expect(await of('tool.call.completed')).toMatchObject([{ data: { output: 3 } }])
    expect(claw.stats()).toMatchObject({ open: 0, lateEnds: 0 })
  })
})

describe('refused', () => {
  const make = guardTools as (...values: readonly unknown[]) => unknown
  const { claw } = recorded()
  it.each([
    ['no claw', [{}, {}], 'guardTools: expected a claw of createClient, found an object'],
    ['no tools', [claw, [addTool()]], 'guardTools: expected tools by name, found an array of 1'],
    ['an unknown option', [claw, {}, { ask: 'user' }], 'ask: not an option of guardTools()'],
    ['a wrong risk', [claw, {}, { risk: 'some' }], 'guardTools: risk: expected low, medium'],
    [
      'a wrong time',
      [claw, {}, { approvalTimeoutMs: 0 }],
      'approvalTimeoutMs: expected a number greater than zero',
    ],
  ])('%s', (_, values, message) => {
    expect(() => make(...values)).toThrow(message)
  })
})
