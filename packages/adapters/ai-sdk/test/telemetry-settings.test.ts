import type { LanguageModelV4StreamPart } from '@ai-sdk/provider'
import { PincerError } from '@pincer/protocol'
import { generateText, isStepCount, registerTelemetry, streamText, type Telemetry } from 'ai'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'

import { pincerTelemetry } from '../src/index.ts'
import { type Recorded, recorded } from './telemetry-fixture.ts'
import { call, say, ScriptedModel, streamOf } from './telemetry-model.ts'
import { add } from './telemetry-tools.ts'

let record: Recorded
beforeEach(() => {
  record = recorded()
})
afterEach(async () => {
  globalThis.AI_SDK_TELEMETRY_INTEGRATIONS = undefined
  await record.done()
})

const twoSteps = (): ScriptedModel =>
  new ScriptedModel([call(['add', { a: 1, b: 2 }, 'c1']), say('Three secrets')])
const base = { prompt: 'The word is swordfish', tools: { add }, stopWhen: isStepCount(3) }

const once = `run.started generateText
  model.call.started model
  usage.reported model-2026 15
  model.call.completed ok
  tool.call.started add
  tool.call.completed add ok
  model.call.started model
  usage.reported model-2026 15
  model.call.completed ok
run.completed stop`

describe('telemetry that is given more than once records once', () => {
  test.each<[string, (one: Telemetry, two: Telemetry) => object]>([
    ['registered', (one) => (registerTelemetry(one), {})],
    ['registered twice, as a module that is loaded again does', (one) => (registerTelemetry(one, one), {})],
    ['two of one client', (one, two) => (registerTelemetry(one), registerTelemetry(two), {})],
    [
      'registered, and again for one call',
      (one, two) => {
        registerTelemetry(one)
        return { telemetry: { integrations: [two] } }
      },
    ],
    ['twice for one call', (one, two) => ({ telemetry: { integrations: [one, two, one] } })],
  ])('%s', async (_, give) => {
    const given = give(pincerTelemetry(record.claw), pincerTelemetry(record.claw))
    await generateText({ ...base, ...given, model: twoSteps() })
    expect(await record.list()).toBe(once)
    await streamText({ ...base, ...given, model: twoSteps() }).consumeStream()
    expect(await record.of('usage.reported')).toHaveLength(4)
    expect(await record.of('tool.call.started')).toHaveLength(2)
    expect((await record.of('assistant.delta')).map(({ data }) => data.delta)).toEqual(['Three secrets'])
  })

  test('and once for each client', async () => {
    const other = recorded()
    const integrations = [pincerTelemetry(record.claw), pincerTelemetry(other.claw)]
    await generateText({ ...base, model: twoSteps(), telemetry: { integrations } })
    await streamText({ ...base, model: twoSteps(), telemetry: { integrations } }).consumeStream()
    expect(await other.list()).toBe(await record.list())
    expect(await record.of('assistant.delta')).toHaveLength(1)
    await other.done()
  })
})

test('other telemetry beside it sees what it would see alone', async () => {
  const told = async (beside: readonly Telemetry[]): Promise<readonly string[]> => {
    const seen: string[] = []
    const tell = (name: string) => (event: unknown) =>
      void seen.push(`${name} ${Object.keys(Object(event)).length}`)
    const other: Telemetry = {
      onStart: tell('start'),
      onLanguageModelCallStart: tell('call'),
      onLanguageModelCallEnd: tell('called'),
      onToolExecutionStart: tell('tool'),
      onToolExecutionEnd: tell('tooled'),
      onEnd: tell('end'),
      async executeLanguageModelCall({ execute }) {
        const result = await execute()
        seen.push(Object.keys(Object(result)).join())
        return result
      },
    }
    const integrations = [other, ...beside]
    const result = streamText({ ...base, model: twoSteps(), telemetry: { integrations } })
    for await (const part of result.stream) seen.push(part.type)
    return seen
  }
  expect((await told([pincerTelemetry(record.claw)])).toSorted()).toEqual((await told([])).toSorted())
})

test('the stream of the model stays the object it is, and is read as fast as without', async () => {
  let pulled = 0
  const parts = (): ReadableStream<LanguageModelV4StreamPart> => {
    pulled = 0
    return new ReadableStream<LanguageModelV4StreamPart>({
      pull(controller) {
        controller.enqueue(
          pulled++ === 0 ? { type: 'text-start', id: '1' } : { type: 'text-delta', id: '1', delta: 'x' },
        )
      },
    })
  }
  const pulledBy = async (integrations: Telemetry[]): Promise<number> => {
    const stream = parts()
    const seen: unknown[] = []
    const model = new ScriptedModel([stream])
    const watch: Telemetry = {
      async executeLanguageModelCall({ execute }) {
        const result = await execute()
        seen.push(Object(result).stream)
        return result
      },
    }
    streamText({ model, prompt: 'hi', telemetry: { integrations: [...integrations, watch] } })
    for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve))
    expect(seen).toEqual([stream])
    expect(Object.keys(stream)).toEqual([])
    return pulled
  }
  const without = await pulledBy([])
  // One part may be on its way.
  expect((await pulledBy([pincerTelemetry(record.claw)])) - without).toBeLessThanOrEqual(1)
})

describe('a run', () => {
  test('is called as its options say, else as the caller says', async () => {
    const integrations = [pincerTelemetry(record.claw)]
    await generateText({
      model: twoSteps(),
      prompt: 'hi',
      telemetry: { integrations, functionId: 'support' },
    })
    const named = [
      pincerTelemetry(record.claw, { name: 'nightly', agentId: 'a1', metadata: { tenant: 'acme' } }),
    ]
    await generateText({
      model: twoSteps(),
      prompt: 'hi',
      telemetry: { integrations: named, functionId: 'support' },
    })
    const runs = await record.of('run.started')
    expect(runs.map(({ data, agentId }) => [data.name, agentId, data.metadata])).toEqual([
      ['support', undefined, { operation: 'generateText' }],
      ['nightly', 'a1', { tenant: 'acme', operation: 'generateText' }],
    ])
  })

  test('belongs to the session that its options find, its call says, or its options name', async () => {
    const sessions = async (
      sessionKey: Parameters<typeof pincerTelemetry>[1],
      more: object,
    ): Promise<void> => {
      const integrations = [pincerTelemetry(record.claw, sessionKey)]
      const telemetry = { integrations, includeRuntimeContext: { sessionKey: true } as never }
      await generateText({ model: twoSteps(), prompt: 'hi', ...more, telemetry })
    }
    const inContext = { runtimeContext: { sessionKey: 'from context', secret: 's3cret' } }
    const inOptions = { providerOptions: { pincer: { sessionKey: 'from call' } } }
    const found = { sessionKey: ({ operationId }: { operationId: string }) => `found ${operationId}` }
    await sessions({ sessionKey: 'named' }, {})
    await sessions({ sessionKey: 'named' }, inOptions)
    await sessions({ sessionKey: 'named' }, { ...inOptions, ...inContext })
    await sessions(found, inContext)
    await sessions({ sessionKey: () => undefined }, inContext)
    const runs = await record.of('run.started')
    expect(runs.map((run) => run.sessionKey)).toEqual([
      'named',
      'from call',
      'from context',
      'found ai.generateText',
      'from context',
    ])
    // Only what the caller includes of the runtime context is told.
    expect(runs[2]?.data.metadata).toEqual({
      operation: 'generateText',
      runtimeContext: { sessionKey: 'from context' },
    })
    expect(JSON.stringify(await record.events())).not.toContain('s3cret')
  })

  test('is recorded also where the function that finds its session throws', async () => {
    const faults: unknown[] = []
    const other = recorded({ onError: (error) => faults.push(error) })
    const sessionKey = (): never => {
      throw new RangeError('no session')
    }
    const integrations = [pincerTelemetry(other.claw, { sessionKey })]
    await generateText({ model: twoSteps(), prompt: 'hi', telemetry: { integrations } })
    expect(faults).toHaveLength(1)
    expect(await other.of('run.completed')).toHaveLength(1)
  })
})

describe.each(['the call', 'the options'])('what is not to be recorded, as %s says', (who) => {
  const settings = (flags: { recordInputs?: boolean; recordOutputs?: boolean }): object =>
    who === 'the call'
      ? { telemetry: { integrations: [pincerTelemetry(record.claw)], ...flags } }
      : { telemetry: { integrations: [pincerTelemetry(record.claw, flags)] } }

  test('of inputs is neither prompt nor argument', async () => {
    await generateText({ ...base, ...settings({ recordInputs: false }), model: twoSteps() })
    expect(await record.list()).toBe(once)
    const told = JSON.stringify(await record.events())
    expect(told).not.toContain('swordfish')
    expect(told).toContain('Three secrets')
    expect((await record.of('run.started'))[0]?.data.input).toBeUndefined()
    expect((await record.of('model.call.started'))[1]?.data.input).toBeUndefined()
    expect((await record.of('tool.call.started'))[0]?.data.input).toBeUndefined()
    expect((await record.of('model.call.completed'))[0]?.data.output).toEqual([
      { type: 'tool-call', toolCallId: 'c1', toolName: 'add' },
    ])
  })

  test('of outputs is neither answer nor piece nor result', async () => {
    await generateText({ ...base, ...settings({ recordOutputs: false }), model: twoSteps() })
    await streamText({ ...base, ...settings({ recordOutputs: false }), model: twoSteps() }).consumeStream()
    expect(await record.of('usage.reported')).toHaveLength(4)
    expect(await record.of('assistant.delta')).toEqual([])
    const told = JSON.stringify(await record.events())
    expect(told).not.toContain('Three secrets')
    expect(told).toContain('swordfish')
    // The next step is asked with what the tool gave.
    expect((await record.of('tool.call.completed'))[0]?.data.output).toBeUndefined()
    const ends = await record.of('model.call.completed')
    expect(ends.map(({ data }) => data.output)).toEqual([undefined, undefined, undefined, undefined])
  })
})

test('an error is told without its words where the caller hides inputs or outputs', async () => {
  const telemetry = { integrations: [pincerTelemetry(record.claw)], recordInputs: false }
  const error = new RangeError('the prompt "The word is swordfish" is too long')
  await generateText({ ...base, model: new ScriptedModel([error]), telemetry }).catch(() => {})
  const broken = streamOf([{ type: 'error', error }])
  await streamText({ ...base, model: new ScriptedModel([broken]), telemetry, onError() {} }).consumeStream()
  expect(JSON.stringify(await record.events())).not.toContain('swordfish')
  expect((await record.of('model.call.failed')).map(({ data }) => data.error.name)).toEqual([
    'RangeError',
    'RangeError',
  ])
})

test('wrong options are refused', () => {
  const make = pincerTelemetry as (claw: unknown, options?: unknown) => Telemetry
  expect(() => make({})).toThrow(PincerError)
  expect(() => make(record.claw, { session: 'x' })).toThrow('session: not an option of pincerTelemetry()')
  expect(() => make(record.claw, null)).toThrow(PincerError)
})
