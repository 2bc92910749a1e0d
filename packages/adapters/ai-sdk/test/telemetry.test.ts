import { setImmediate as nextTurn } from 'node:timers/promises'

import { addUsage, emptyUsage } from '@pincer/protocol'
import { generateText, isStepCount, streamText, type Tool, tool, ToolLoopAgent } from 'ai'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { z } from 'zod'

import { pincerTelemetry } from '../src/index.ts'
import { type Recorded, recorded } from './telemetry-fixture.ts'
import { call, say, ScriptedModel } from './telemetry-model.ts'
import { add } from './telemetry-tools.ts'

let record: Recorded
let telemetry: { integrations: ReturnType<typeof pincerTelemetry>[] }
beforeEach(() => {
  record = recorded()
  telemetry = { integrations: [pincerTelemetry(record.claw)] }
})
afterEach(() => record.done())

const threeSteps = (): ScriptedModel => {
  const counted = (total: number) => ({
    usage: {
      inputTokens: { total: total * 10, noCache: total * 4, cacheRead: total * 5, cacheWrite: total },
      outputTokens: { total: total * 3, text: total, reasoning: total * 2 },
    },
  })
  return new ScriptedModel([
    { ...call(['add', { a: 1, b: 2 }, 'c1']), ...counted(1) },
    { ...call(['add', { a: 3, b: 3 }, 'c2']), ...counted(10) },
    { ...say('It is six'), ...counted(100) },
  ])
}
const base = { prompt: 'Add them', tools: { add }, stopWhen: isStepCount(5) }

const loops: Readonly<Record<string, (model: ScriptedModel) => Promise<string>>> = {
  generateText: async (model) => (await generateText({ ...base, model, telemetry })).text,
  streamText: async (model) => streamText({ ...base, model, telemetry }).text,
  'ToolLoopAgent.generate': async (model) => {
    const agent = new ToolLoopAgent({ model, tools: { add }, telemetry })
    return (await agent.generate({ prompt: 'Add them' })).text
  },
  'ToolLoopAgent.stream': async (model) => {
    const agent = new ToolLoopAgent({ model, tools: { add }, telemetry })
    return (await agent.stream({ prompt: 'Add them' })).text
  },
}

describe.each(Object.entries(loops))('a loop of three steps, %s', (name, loop) => {
  test('counts every token once, where it was spent', async () => {
    expect(await loop(threeSteps())).toBe('It is six')
    const used = await record.of('usage.reported')
    const calls = new Set((await record.of('model.call.started')).map(({ actionId }) => actionId))
    expect(calls.size).toBe(3)
    expect(used.map(({ actionId }) => calls.delete(actionId))).toEqual([true, true, true])
    expect(used.reduce((sum, { data }) => addUsage(sum, data), emptyUsage)).toEqual({
      provider: 'scripted',
      model: 'model-2026',
      inputTokens: 1_110,
      cacheReadTokens: 555,
      cacheWriteTokens: 111,
      outputTokens: 333,
      reasoningTokens: 222,
      totalTokens: 1_443,
    })
  })

  test('is one run with its calls in their order', async () => {
    await loop(threeSteps())
    const lines = (await record.list()).split('\n').filter((line) => !line.includes('delta'))
    expect(lines).toEqual([
      `run.started ${/stream/.test(name) ? 'streamText' : 'generateText'}`,
      '  model.call.started model',
      '  usage.reported model-2026 13',
      '  model.call.completed ok',
      '  tool.call.started add',
      '  tool.call.completed add ok',
      '  model.call.started model',
      '  usage.reported model-2026 130',
      '  model.call.completed ok',
      '  tool.call.started add',
      '  tool.call.completed add ok',
      '  model.call.started model',
      '  usage.reported model-2026 1300',
      '  model.call.completed ok',
      'run.completed stop',
    ])
    expect(record.claw.stats().open).toBe(0)
  })
})

describe('a run', () => {
  test('tells everything of its calls', async () => {
    const model = new ScriptedModel([
      call(['add', { a: 1, b: 2 }, 'c1']),
      { content: [{ type: 'reasoning', text: 'Hm' }, ...say('Three').content] },
    ])
    await generateText({ ...base, instructions: 'Be brief', temperature: 0.5, model, telemetry })
    const events = await record.events()
    expect(events[0]?.data).toEqual({
      name: 'generateText',
      input: [
        { role: 'system', content: 'Be brief' },
        { role: 'user', content: 'Add them' },
      ],
      metadata: { operation: 'generateText' },
    })
    const [first, second] = await record.of('model.call.started')
    expect(first?.data).toEqual({
      provider: 'scripted',
      model: 'model',
      input: [
        { role: 'system', content: 'Be brief' },
        { role: 'user', content: 'Add them' },
      ],
      parameters: { temperature: 0.5, tools: ['add'] },
    })
    expect(second?.data.input).toHaveLength(4)
    const [asked, said] = await record.of('model.call.completed')
    expect(asked?.data).toEqual({
      outcome: 'ok',
      output: [{ type: 'tool-call', toolCallId: 'c1', toolName: 'add', input: { a: 1, b: 2 } }],
      finishReason: 'tool_use',
      responseId: 'resp_1',
      durationMs: expect.any(Number),
    })
    expect(said?.data.output).toEqual([
      { type: 'reasoning', text: 'Hm' },
      { type: 'text', text: 'Three' },
    ])
    expect((await record.of('tool.call.started'))[0]?.data).toEqual({
      toolCallId: 'c1',
      name: 'add',
      input: { a: 1, b: 2 },
    })
    expect((await record.of('tool.call.completed'))[0]?.data.output).toBe(3)
    expect((await record.of('run.completed'))[0]?.data).toEqual({
      output: 'Three',
      stopReason: 'stop',
      durationMs: expect.any(Number),
    })
  })

  test('of a stream tells its pieces and when the first one came', async () => {
    const content = [{ type: 'reasoning' as const, text: 'Hm so' }, ...say('One two three').content]
    const result = streamText({ model: new ScriptedModel([{ content }]), prompt: 'hi', telemetry })
    expect(await result.text).toBe('One two three')
    expect(await record.list()).toMatchInlineSnapshot(`
      "run.started streamText
        model.call.started model
        assistant.delta One two three
        thinking.delta Hm so
        usage.reported model-2026 15
        model.call.completed ok
      run.completed stop"
    `)
    const [started] = await record.of('model.call.started')
    const [ended] = await record.of('model.call.completed')
    expect(started?.data.stream).toBe(true)
    expect(ended?.data.firstTokenMs).toBeLessThanOrEqual(Number(ended?.data.durationMs))
  })

  test('tells a cut and a filtered answer from a whole one', async () => {
    const length = say('One', { finish: { unified: 'length', raw: 'max_tokens' } })
    const filter = say('', { finish: { unified: 'content-filter', raw: 'refused' } })
    await generateText({ model: new ScriptedModel([length]), prompt: 'hi', telemetry })
    await streamText({ model: new ScriptedModel([filter]), prompt: 'hi', telemetry }).consumeStream()
    const ends = await record.of('model.call.completed')
    expect(ends.map(({ data }) => [data.outcome, data.finishReason])).toEqual([
      ['length', 'max_tokens'],
      ['content_filter', 'refused'],
    ])
    const runs = await record.of('run.completed')
    expect(runs.map(({ data }) => data.stopReason)).toEqual(['length', 'content_filter'])
  })
})

describe('tools', () => {
  test('that run at the same time are calls of their own', async () => {
    const both = Promise.withResolvers<void>()
    let waiting = 0
    const meet = tool({
      inputSchema: z.object({}),
      execute: async (_, { toolCallId }) => {
        if (++waiting === 2) both.resolve()
        await both.promise
        return toolCallId
      },
    })
    const model = new ScriptedModel([call(['meet', {}, 'c1'], ['meet', {}, 'c2']), say('Met')])
    await streamText({ ...base, tools: { meet }, model, telemetry }).consumeStream()
    expect(
      (await record.of('tool.call.completed')).map(({ data }) => [data.toolCallId, data.output]),
    ).toEqual([
      ['c1', 'c1'],
      ['c2', 'c2'],
    ])
    const order = (await record.events()).map(({ type }) => type).filter((type) => type.startsWith('tool'))
    expect(order.slice(0, 2)).toEqual(['tool.call.started', 'tool.call.started'])
  })

  test('that call models are what those stand under', async () => {
    const ask = tool({
      inputSchema: z.object({ who: z.string() }),
      execute: async ({ who }) => {
        await nextTurn()
        // As a wrapped client of OpenAI does.
        const direct = record.claw.startModelCall({ provider: 'openai', model: 'direct' })
        direct.end()
        const { text } = await generateText({
          model: new ScriptedModel([say(`I am ${who}`)]),
          prompt: who,
          telemetry,
        })
        return text
      },
    })
    const model = new ScriptedModel([
      call(['ask', { who: 'Ann' }, 'c1'], ['ask', { who: 'Bob' }, 'c2']),
      say('Asked'),
    ])
    await generateText({ ...base, tools: { ask }, model, telemetry })
    expect(await record.list()).toMatchInlineSnapshot(`
      "run.started generateText
        model.call.started model
        usage.reported model-2026 15
        model.call.completed ok
        tool.call.started ask
        tool.call.started ask
          model.call.started direct
          model.call.completed ok
          run.started generateText
            model.call.started model
            usage.reported model-2026 15
            model.call.completed ok
          run.completed stop
        tool.call.completed ask ok
          model.call.started direct
          model.call.completed ok
          run.started generateText
            model.call.started model
            usage.reported model-2026 15
            model.call.completed ok
          run.completed stop
        tool.call.completed ask ok
        model.call.started model
        usage.reported model-2026 15
        model.call.completed ok
      run.completed stop"
    `)
    const tools = await record.of('tool.call.started')
    const inner = (await record.of('run.started')).slice(1)
    expect(inner.map(({ data }) => data.parentActionId)).toEqual(tools.map(({ actionId }) => actionId))
  })

  test('that fail are failed calls, and the run goes on', async () => {
    const boom = tool({
      inputSchema: z.object({}),
      execute: (): string => {
        throw new RangeError('too far')
      },
    })
    const model = new ScriptedModel([call(['boom', {}, 'c1']), say('Never mind')])
    await generateText({ ...base, tools: { boom }, model, telemetry })
    const [failed] = await record.of('tool.call.failed')
    expect(failed?.data).toMatchObject({
      toolCallId: 'c1',
      outcome: 'error',
      error: { name: 'RangeError', message: 'too far' },
    })
    expect(await record.of('run.completed')).toHaveLength(1)
  })

  test('that a model calls wrongly, or that are not there, are failed calls', async () => {
    for (const turn of [call(['add', { a: 'one' }, 'c1']), call(['minus', {}, 'c1'])]) {
      const model = new ScriptedModel([turn, say('Sorry')])
      await generateText({ ...base, model, telemetry })
    }
    await streamText({
      ...base,
      model: new ScriptedModel([call(['minus', {}, 'c1']), say('Sorry')]),
      telemetry,
    }).consumeStream()
    const failed = await record.of('tool.call.failed')
    expect(failed.map(({ data }) => data.name)).toEqual(['add', 'minus', 'minus'])
    expect(failed[0]?.data.error.message).toContain('Invalid input')
    expect(await record.of('tool.call.completed')).toEqual([])
  })

  test('that the caller executes itself leave the run with their calls', async () => {
    const far: Tool<object, string> = { inputSchema: z.object({}), outputSchema: z.string() }
    const model = new ScriptedModel([call(['far', {}, 'c1'])])
    await generateText({ ...base, tools: { far }, model, telemetry })
    expect((await record.list()).split('\n').at(-1)).toBe('run.completed tool_calls')
    expect(await record.of('tool.call.started')).toEqual([])
  })

  test('that the provider executes stand in the output of the model call only', async () => {
    const model = new ScriptedModel([
      {
        content: [
          {
            type: 'tool-call',
            toolCallId: 'far_1',
            toolName: 'search',
            input: '{"q":"x"}',
            providerExecuted: true,
            dynamic: true,
          },
          {
            type: 'tool-result',
            toolCallId: 'far_1',
            toolName: 'search',
            result: { hits: 1 },
            dynamic: true,
          },
          ...say('Found').content,
        ],
        providerMetadata: { pincer: { runId: 'run_far' } },
      },
    ])
    await generateText({ ...base, model, telemetry })
    expect(await record.of('tool.call.started')).toEqual([])
    const [ended] = await record.of('model.call.completed')
    expect(ended?.data.output).toMatchObject([
      { toolName: 'search' },
      { output: { hits: 1 } },
      { text: 'Found' },
    ])
    expect(ended?.data.responseId).toBe('run_far')
  })
})
