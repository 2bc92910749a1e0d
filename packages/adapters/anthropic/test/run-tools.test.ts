import { addUsage, emptyUsage } from '@pincer/protocol'
import { jsonAnswer, type Recorded, recorded, until, useScriptedServer } from '@pincer/testing'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'

import { wrapAnthropic } from '../src/index.ts'
import { clientKinds } from './clients.ts'
import { failure, message, openStream, textStream, toolStream, toolUse, usageConverted } from './wire.ts'

const question = {
  model: 'claude-test',
  max_tokens: 100,
  messages: [{ role: 'user' as const, content: 'What is the weather?' }],
}
const fixture = useScriptedServer('request-id')

interface Place {
  readonly city: string
}

// A fresh tool for each test, so that changes would be seen.
function weatherTool(call: (place: Place) => unknown = ({ city }) => `sunny in ${city}`, more: object = {}) {
  return {
    name: 'weather',
    description: 'tells the weather',
    input_schema: { type: 'object' as const, properties: { city: { type: 'string' } } },
    parse: (input: unknown) => input as Place,
    run: call as (place: Place) => string | Promise<string>,
    ...more,
  }
}

const oslo = toolUse('toolu_1', 'weather', { city: 'Oslo' })
const bern = toolUse('toolu_2', 'weather', { city: 'Bern' })
const kinds = clientKinds.filter(({ has }) => has.toolRunner)

describe.each(kinds)('tool loops of $name', ({ name, make }) => {
  let record: Recorded
  let client: ReturnType<typeof make>
  beforeEach(() => {
    record = recorded()
    client = wrapAnthropic(make(fixture.server.url), record.claw)
  })
  afterEach(() => record.done())
  const answers = (...uses: readonly Record<string, unknown>[]): void =>
    fixture.server.answers(jsonAnswer(message(uses, 'tool_use')), jsonAnswer(message('Sunny')))

  test('is one run of its model calls and tool calls, whose usage is the sum of the leaves', async () => {
    answers(oslo, bern)
    const tool = weatherTool()
    const runner = client.beta.messages.toolRunner({ ...question, tools: [tool] })
    expect((await runner.runUntilDone()).content).toMatchObject([{ text: 'Sunny' }])
    const all = await record.events()
    expect(new Set(all.map(({ runId }) => runId)).size).toBe(1)
    expect((await record.of('run.started'))[0]?.data).toMatchObject({
      name: 'toolRunner',
      input: question.messages,
    })
    expect((await record.of('run.completed'))[0]?.data.output).toMatchObject([{ text: 'Sunny' }])
    expect((await record.of('tool.call.completed')).map(({ data }) => data)).toMatchObject([
      { toolCallId: 'toolu_1', name: 'weather', outcome: 'ok', output: 'sunny in Oslo' },
      { toolCallId: 'toolu_2', name: 'weather', outcome: 'ok', output: 'sunny in Bern' },
    ])
    expect((await record.of('tool.call.started')).map(({ data }) => data.input)).toEqual([
      { city: 'Oslo' },
      { city: 'Bern' },
    ])
    const usage = (await record.of('usage.reported')).map(({ data }) => data).reduce(addUsage, emptyUsage)
    expect(usage.totalTokens).toBe(2 * usageConverted.totalTokens)
    // The wire, and the caller's own tool, are as without us.
    expect(fixture.server.requests[0]?.body['tools']).toEqual([
      { name: 'weather', description: 'tells the weather', input_schema: tool.input_schema },
    ])
    expect(JSON.stringify(fixture.server.requests[1]?.body)).toContain('sunny in Oslo')
    expect(Object.keys(tool)).toEqual(['name', 'description', 'input_schema', 'parse', 'run'])
  })

  test('streamed it is the same', async () => {
    fixture.server.answers(
      toolStream({ id: 'toolu_1', name: 'weather', input: { city: 'Oslo' } }),
      textStream(['Sun', 'ny']),
    )
    const runner = client.beta.messages.toolRunner({ ...question, stream: true, tools: [weatherTool()] })
    const texts: string[] = []
    for await (const stream of runner) {
      stream.on('text', (delta) => texts.push(delta))
      await stream.finalMessage()
    }
    expect(texts).toEqual(['Sun', 'ny'])
    expect((await runner.done()).stop_reason).toBe('end_turn')
    expect((await record.of('model.call.completed')).map(({ data }) => data)).toMatchObject([
      { outcome: 'ok', finishReason: 'tool_use' },
      { outcome: 'ok', output: { content: [{ text: 'Sunny' }] } },
    ])
    expect(await record.of('usage.reported')).toHaveLength(2)
    expect((await record.of('tool.call.completed'))[0]?.data).toMatchObject({
      toolCallId: 'toolu_1',
      outcome: 'ok',
    })
    expect(await record.of('run.completed')).toHaveLength(1)
  })

  test('without AsyncLocalStorage it is one run as well', async () => {
    const plain = recorded({ context: false })
    answers(oslo)
    const other = wrapAnthropic(make(fixture.server.url), plain.claw)
    await other.beta.messages.toolRunner({ ...question, tools: [weatherTool()] })
    expect(new Set((await plain.events()).map(({ runId }) => runId)).size).toBe(1)
    expect(await plain.of('model.call.completed')).toHaveLength(2)
    await plain.done()
  })

  test('is a part of the run around it, and what a tool starts is a part of the tool call', async () => {
    fixture.server.answers(
      jsonAnswer(message([oslo], 'tool_use')),
      jsonAnswer(message('inner')),
      jsonAnswer(message('Sunny')),
    )
    await record.claw.run({ name: 'outer' }, async () => {
      const tool = weatherTool(async () => (await client.messages.create(question)).id)
      await client.beta.messages.toolRunner({ ...question, tools: [tool] })
    })
    expect(await record.of('run.started')).toHaveLength(1)
    const [tool] = await record.of('tool.call.started')
    const models = await record.of('model.call.started')
    expect(models.map(({ data }) => data.parentActionId)).toEqual([undefined, tool?.actionId, undefined])
  })

  test('one that is never iterated is nothing', async () => {
    client.beta.messages.toolRunner({ ...question, tools: [weatherTool()] })
    expect(await record.events()).toEqual([])
  })

  test('a tool that goes round through the params is one call', async () => {
    answers(oslo)
    const runner = client.beta.messages.toolRunner({ ...question, tools: [weatherTool()] })
    runner.setMessagesParams((params) => ({ ...params, max_tokens: 200 }))
    await runner
    expect(await record.of('tool.call.started')).toHaveLength(1)
    expect(fixture.server.requests[0]?.body['max_tokens']).toBe(200)
  })

  test('a tool that throws is a failed call, of which the model is told', async () => {
    answers(oslo)
    const tool = weatherTool(() => {
      throw new TypeError('no such city')
    })
    await client.beta.messages.toolRunner({ ...question, tools: [tool] })
    expect((await record.of('tool.call.failed'))[0]?.data).toMatchObject({
      toolCallId: 'toolu_1',
      error: { name: 'TypeError', message: 'no such city' },
    })
    expect(JSON.stringify(fixture.server.requests[1]?.body)).toContain('no such city')
    expect(await record.of('run.completed')).toHaveLength(1)
  })

  test('arguments that the parser refuses are a failed call', async () => {
    answers(oslo)
    const parse = (): never => {
      throw new RangeError('not a place')
    }
    await client.beta.messages.toolRunner({ ...question, tools: [weatherTool(undefined, { parse })] })
    expect((await record.of('tool.call.failed')).map(({ data }) => data)).toMatchObject([
      { toolCallId: 'toolu_1', error: { name: 'RangeError' } },
    ])
  })

  test('a failing model call fails the run, and a second try is a second run', async () => {
    fixture.server.answers(failure(529, 'overloaded_error', 'busy'), jsonAnswer(message('Sunny')))
    const runner = client.beta.messages.toolRunner({ ...question, tools: [weatherTool()] })
    await expect(runner.runUntilDone()).rejects.toThrow('529')
    expect((await record.of('run.failed'))[0]?.data.error).toMatchObject({
      name: 'OverloadedError',
      status: 529,
    })
    await runner.runUntilDone()
    expect(await record.of('run.completed')).toHaveLength(1)
  })

  test('an early break, and an abort, are cancelled runs', async () => {
    answers(oslo)
    const abort = new AbortController()
    for await (const _ of client.beta.messages.toolRunner({ ...question, tools: [weatherTool()] })) break
    fixture.server.answer(openStream)
    const aborted = client.beta.messages.toolRunner(
      { ...question, stream: true, tools: [] },
      { signal: abort.signal },
    )
    const read = async (): Promise<void> => {
      for await (const stream of aborted) {
        stream.on('text', () => abort.abort())
        await stream.finalMessage()
      }
    }
    await expect(read()).rejects.toThrow('aborted')
    await until(async () => (await record.of('run.cancelled')).length === 2)
    expect(await record.of('run.failed')).toEqual([])
  })

  test('a break after the last message is no cancellation', async () => {
    fixture.server.answer(jsonAnswer(message('Sunny')))
    for await (const _ of client.beta.messages.toolRunner({ ...question, tools: [weatherTool()] })) break
    expect(await record.of('run.completed')).toHaveLength(1)
  })

  describe('guarded', () => {
    let guarded: Recorded
    let ran: unknown[]
    let other: ReturnType<typeof make>
    const tool = (): ReturnType<typeof weatherTool> => weatherTool((place) => (ran.push(place), 'ok'))
    const guard = (decision: 'block' | 'require_approval'): void => {
      const behaviour = { guard: () => ({ decision, reason: 'not today', approvalId: 'a-1' }) }
      guarded = recorded({ guard: { mode: 'enforce' } }, behaviour)
      other = wrapAnthropic(make(fixture.server.url), guarded.claw)
    }
    beforeEach(() => {
      ran = []
      guard('block')
      answers(oslo)
    })
    afterEach(() => guarded.done())

    test('a blocked tool does not run, and the model is told why', async () => {
      await other.beta.messages.toolRunner({ ...question, tools: [tool()] })
      expect(ran).toEqual([])
      expect((await guarded.of('tool.call.failed')).map(({ data }) => data)).toMatchObject([
        { outcome: 'blocked', toolCallId: 'toolu_1' },
      ])
      const messages = fixture.server.requests[1]?.body['messages'] as { content: unknown }[]
      expect(messages.at(-1)?.content).toMatchObject([
        { type: 'tool_result', is_error: true, content: expect.stringContaining('not today') as string },
      ])
      expect(guarded.gateway.asked).toMatchObject([
        { kind: 'tool_call', name: 'weather', toolCallId: 'toolu_1', input: { city: 'Oslo' } },
      ])
    })

    test('a tool that comes later is guarded, too', async () => {
      const runner = other.beta.messages.toolRunner({ ...question, tools: [] })
      runner.setMessagesParams((params) => ({ ...params, tools: [tool()] }))
      runner.setMessagesParams((params) => params)
      await runner
      expect(ran).toEqual([])
      expect(guarded.gateway.asked).toHaveLength(1)
      if (!('addTools' in runner)) return
      answers(oslo)
      const adding = other.beta.messages.toolRunner({ ...question, tools: [] })
      adding.addTools(tool())
      await adding
      expect(ran).toEqual([])
      expect(guarded.gateway.asked).toHaveLength(2)
    })

    test('a frozen tool, and one of a class, are guarded like any other', async () => {
      class Weather {
        readonly name = 'weather'
        readonly input_schema = { type: 'object' as const }
        readonly #ran = ran
        parse(input: unknown): unknown {
          this.#ran.push('parsed')
          return input
        }
        run(): string {
          this.#ran.push('ran')
          return 'ok'
        }
      }
      await other.beta.messages.toolRunner({ ...question, tools: [Object.freeze(tool())] })
      answers(oslo)
      await other.beta.messages.toolRunner({ ...question, tools: [new Weather()] })
      expect(ran).toEqual(['parsed'])
      answers(oslo)
      await client.beta.messages.toolRunner({ ...question, tools: [new Weather()] })
      expect(ran).toEqual(['parsed', 'parsed', 'ran'])
    })

    test('an approver may change the arguments, which go through the tool’s own parser', async () => {
      guard('require_approval')
      guarded.gateway.openApproval({ approvalId: 'a-1', name: 'weather' })
      const parse = (input: unknown): Place => ({ city: (input as Place).city.toUpperCase() })
      const done = other.beta.messages
        .toolRunner({ ...question, tools: [weatherTool((place) => (ran.push(place), 'ok'), { parse })] })
        .runUntilDone()
      await until(() => guarded.gateway.asked.length === 1)
      await guarded.gateway.approvals.decide('a-1', { decision: 'approve', input: { city: 'Bern' } })
      await done
      expect(ran).toEqual([{ city: 'BERN' }])
    })

    test('a tool call that cannot be recorded is guarded all the same', async () => {
      const fail = (): never => {
        throw new Error('broken')
      }
      const claw = Object.create(guarded.claw, {
        startToolCall: { value: fail },
        startRun: { value: fail },
        startModelCall: { value: fail },
        current: { value: () => undefined },
        guard: { value: guarded.claw.guard.bind(guarded.claw) },
        report: { value: guarded.claw.report.bind(guarded.claw) },
      }) as Recorded['claw']
      const broken = wrapAnthropic(make(fixture.server.url), claw)
      expect((await broken.beta.messages.toolRunner({ ...question, tools: [tool()] })).content).toMatchObject(
        [{ text: 'Sunny' }],
      )
      expect(ran).toEqual([])
      expect(guarded.faults.splice(0).length).toBeGreaterThan(0)
    })
  })

  test('the turns of a thread are model calls, and its tools are guarded', async () => {
    // Only the newest have threads, and not on other clouds.
    if (name !== 'anthropic 1.11') return expect(client.beta.messages).not.toHaveProperty('recorded threads')
    const guarded = recorded(
      { guard: { mode: 'enforce' } },
      { guard: () => ({ decision: 'block', reason: 'no' }) },
    )
    const other = wrapAnthropic(make(fixture.server.url), guarded.claw)
    let ran = 0
    const tool = weatherTool(() => String(++ran))
    const thread = other.beta.messages.thread({ model: 'claude-test', max_tokens: 100, tools: [tool] })
    fixture.server.answers(jsonAnswer(message('Hello')), textStream(['Hel', 'lo']))
    expect((await thread.send({ role: 'user', content: 'Hi' })).content).toMatchObject([{ text: 'Hello' }])
    expect(await thread.stream({ role: 'user', content: 'Again' }).finalText()).toBe('Hello')
    expect((await guarded.of('model.call.completed')).map(({ data }) => data)).toMatchObject([
      { outcome: 'ok', output: { content: [{ text: 'Hello' }] } },
      { outcome: 'ok', output: { content: [{ text: 'Hello' }] } },
    ])
    expect(await guarded.of('usage.reported')).toHaveLength(2)
    answers(oslo)
    thread.append({ role: 'user', content: 'And the weather?' })
    await thread.fork().toolRunner()
    expect(ran).toBe(0)
    expect(guarded.gateway.asked).toHaveLength(1)
    await guarded.done()
  })
})
