import { jsonAnswer, type Recorded, recorded, until, useScriptedServer } from '@pincer/testing'
import { addUsage, emptyUsage } from '@pincer/protocol'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'

import { wrapOpenAI } from '../src/index.ts'
import { clientKinds } from './clients.ts'
import { chunk, completion, events, toolCompletion, usageChunk } from './wire.ts'

const question = { model: 'gpt-test', messages: [{ role: 'user' as const, content: 'What is the weather?' }] }
const fixture = useScriptedServer('x-request-id')

interface Place {
  readonly city: string
}

// A fresh tool for each test, so that changes would be seen.
function weatherTool(call: (place: Place) => unknown = ({ city }) => `sunny in ${city}`) {
  return {
    type: 'function' as const,
    function: {
      name: 'weather',
      description: 'tells the weather',
      parameters: { type: 'object', properties: { city: { type: 'string' } } },
      parse: JSON.parse as (text: string) => Place,
      function: call as (place: Place) => string | Promise<string>,
    },
  }
}

function timeTool(call: (text: string) => unknown = () => 'noon') {
  return {
    type: 'function' as const,
    function: {
      name: 'time',
      description: 'tells the time',
      parameters: { type: 'object', properties: {} },
      function: call as (text: string) => string | Promise<string>,
    },
  }
}

describe.each(clientKinds)('tool loops of $name', ({ make }) => {
  let record: Recorded
  let client: ReturnType<typeof make>
  beforeEach(() => {
    record = recorded()
    client = wrapOpenAI(make(fixture.server.url), record.claw)
  })
  afterEach(() => record.done())

  const calls = [
    { id: 'call_1', name: 'weather', arguments: '{"city":"Oslo"}' },
    { id: 'call_2', name: 'time', arguments: '{"zone":"CET"}' },
    { id: 'call_3', name: 'weather', arguments: '{"city":"Rome"}' },
  ]

  test('one run with its model calls and tool calls, each bound to the id the model gave it', async () => {
    fixture.server.answers(jsonAnswer(toolCompletion(...calls)), jsonAnswer(completion('Sunny at noon')))
    const tools = [weatherTool(), timeTool()]
    const given = tools[0]!.function.function
    const runner = client.chat.completions.runTools({ ...question, tools })
    expect(await runner.finalContent()).toBe('Sunny at noon')
    await until(async () => (await record.of('run.completed')).length === 1)
    expect(tools[0]!.function.function).toBe(given)
    const [run, ...otherRuns] = await record.of('run.started')
    expect(otherRuns).toEqual([])
    expect(run?.data).toMatchObject({ name: 'runTools', input: question.messages })
    const all = await record.events()
    expect(new Set(all.map((event) => event.runId))).toEqual(new Set([run?.runId]))
    expect(await record.of('model.call.started')).toHaveLength(2)
    expect((await record.of('tool.call.started')).map(({ data }) => data)).toMatchObject(
      [
        { toolCallId: 'call_1', name: 'weather', input: { city: 'Oslo' } },
        { toolCallId: 'call_2', name: 'time', input: { zone: 'CET' } },
        { toolCallId: 'call_3', name: 'weather', input: { city: 'Rome' } },
      ].toSorted((left, right) => order(all, left.toolCallId) - order(all, right.toolCallId)),
    )
    const completed = await record.of('tool.call.completed')
    expect(Object.fromEntries(completed.map(({ data }) => [data.toolCallId, data.output]))).toEqual({
      call_1: 'sunny in Oslo',
      call_2: 'noon',
      call_3: 'sunny in Rome',
    })
    expect((await record.of('run.completed'))[0]?.data.output).toBe('Sunny at noon')
    // What the model was told is what the tools said.
    const told = fixture.server.requests[1]?.body['messages'] as readonly unknown[] | undefined
    expect(told?.slice(2)).toEqual([
      { role: 'tool', tool_call_id: 'call_1', content: 'sunny in Oslo' },
      { role: 'tool', tool_call_id: 'call_2', content: 'noon' },
      { role: 'tool', tool_call_id: 'call_3', content: 'sunny in Rome' },
    ])
    const sum = (await record.of('usage.reported')).map(({ data }) => data).reduce(addUsage, emptyUsage)
    expect(sum.totalTokens).toBe((await runner.totalUsage()).total_tokens)
    expect(sum).toMatchObject({ inputTokens: 24, outputTokens: 10, cacheReadTokens: 8 })
  })

  test('a streamed loop, without AsyncLocalStorage', async () => {
    const bare = recorded({ context: false })
    fixture.server.answers(
      events(
        chunk({
          role: 'assistant',
          tool_calls: [
            { index: 0, id: 'call_1', type: 'function', function: { name: 'time', arguments: '{}' } },
          ],
        }),
        chunk({}, 'tool_calls'),
        usageChunk(),
      ),
      events(chunk({ role: 'assistant', content: 'Noon' }), chunk({}, 'stop'), usageChunk()),
    )
    const streaming = wrapOpenAI(make(fixture.server.url), bare.claw)
    const runner = streaming.chat.completions.runTools({ ...question, stream: true, tools: [timeTool()] })
    expect(await runner.finalContent()).toBe('Noon')
    await until(async () => (await bare.of('run.completed')).length === 1)
    const all = await bare.events()
    expect(new Set(all.map((event) => event.runId)).size).toBe(1)
    expect(await bare.of('model.call.completed')).toHaveLength(2)
    expect((await bare.of('tool.call.completed')).map(({ data }) => data.toolCallId)).toEqual(['call_1'])
    expect(await bare.of('usage.reported')).toHaveLength(2)
    await bare.done()
  })

  test('inside a run it makes no run of its own, and what a tool calls is under the tool', async () => {
    fixture.server.answers(
      jsonAnswer(toolCompletion(calls[0]!)),
      jsonAnswer(completion('inner')),
      jsonAnswer(completion('Sunny')),
    )
    await record.claw.run({ name: 'outer' }, async () => {
      const tool = weatherTool(
        async () => (await client.chat.completions.create(question)).choices[0]?.message.content ?? '',
      )
      await client.chat.completions.runTools({ ...question, tools: [tool] }).done()
    })
    expect(await record.of('run.started')).toHaveLength(1)
    const [tool] = await record.of('tool.call.started')
    const models = await record.of('model.call.started')
    expect(models.map(({ data }) => data.parentActionId)).toEqual([undefined, tool?.actionId, undefined])
  })

  test('a tool that throws fails its call and the run, as it fails the loop', async () => {
    fixture.server.answer(jsonAnswer(toolCompletion(calls[0]!)))
    const tool = weatherTool(() => {
      throw new TypeError('no such city')
    })
    const runner = client.chat.completions.runTools({ ...question, tools: [tool] })
    await expect(runner.done()).rejects.toThrow('no such city')
    await until(async () => (await record.of('run.failed')).length === 1)
    expect((await record.of('tool.call.failed'))[0]?.data).toMatchObject({
      toolCallId: 'call_1',
      outcome: 'error',
      error: { name: 'TypeError', message: 'no such city' },
    })
    expect((await record.of('run.failed'))[0]?.data.error.message).toContain('no such city')
    expect((await record.of('model.call.completed')).map(({ data }) => data.outcome)).toEqual(['ok'])
  })

  test('arguments that cannot be parsed are a failed tool call, and the loop goes on', async () => {
    fixture.server.answers(
      jsonAnswer(toolCompletion({ ...calls[0]!, arguments: '{"city":' })),
      jsonAnswer(completion('Sorry')),
    )
    const runner = client.chat.completions.runTools({ ...question, tools: [weatherTool()] })
    expect(await runner.finalContent()).toBe('Sorry')
    expect((await record.of('tool.call.failed'))[0]?.data).toMatchObject({
      toolCallId: 'call_1',
      error: { name: 'SyntaxError' },
    })
  })

  test('a tool that returns a failure as text is a tool call that went well', async () => {
    fixture.server.answers(jsonAnswer(toolCompletion(calls[1]!)), jsonAnswer(completion('Sorry')))
    await client.chat.completions
      .runTools({ ...question, tools: [timeTool(() => ({ error: 'no clock' }))] })
      .done()
    expect((await record.of('tool.call.completed'))[0]?.data).toMatchObject({
      outcome: 'ok',
      output: { error: 'no clock' },
    })
  })

  test('an aborted loop is a cancelled run', async () => {
    fixture.server.answer(jsonAnswer(toolCompletion(calls[1]!)))
    const runner = client.chat.completions.runTools({
      ...question,
      tools: [
        timeTool(() => {
          runner.abort()
          throw new Error('stopped')
        }),
      ],
    })
    await expect(runner.done()).rejects.toThrow()
    await until(
      async () =>
        (await record.of('run.completed')).length +
          (await record.of('run.failed')).length +
          (await record.of('run.cancelled')).length ===
        1,
    )
    expect((await record.of('tool.call.completed')).map(({ data }) => data.outcome)).toEqual(['cancelled'])
  })

  test('an abort while the model answers is a cancelled run', async () => {
    fixture.server.answer(() => {})
    const abort = new AbortController()
    const runner = client.chat.completions.runTools(
      { ...question, tools: [timeTool()] },
      { signal: abort.signal },
    )
    const done = runner.done()
    done.catch(() => {})
    await until(() => fixture.server.requests.length === 1)
    abort.abort()
    await expect(done).rejects.toThrow()
    await until(async () => (await record.of('run.cancelled')).length === 1)
    expect((await record.of('model.call.completed')).map(({ data }) => data.outcome)).toEqual(['cancelled'])
  })

  test('a failing model call fails the run', async () => {
    fixture.server.answer(jsonAnswer({ error: { message: 'bad key', code: 'invalid_api_key' } }, 401))
    await expect(
      client.chat.completions.runTools({ ...question, tools: [timeTool()] }).done(),
    ).rejects.toThrow('bad key')
    await until(async () => (await record.of('run.failed')).length === 1)
    expect((await record.of('run.failed'))[0]?.data.error).toMatchObject({ status: 401 })
  })

  test.each([false, true])(
    'a schema tool, its parts hidden from listings, keeps working (streamed: %s)',
    async (stream) => {
      const hidden = { value: ({ city }: Place) => `rain in ${city}`, enumerable: false }
      const schemaTool = Object.defineProperties(
        {
          type: 'function',
          function: {
            name: 'weather',
            description: '',
            parameters: { type: 'object', properties: {} },
            strict: true,
          },
        },
        {
          $brand: { value: 'auto-parseable-tool' },
          $parseRaw: { value: (text: string) => JSON.parse(text) as Place },
          $callback: hidden,
        },
      )
      const { id, ...called } = calls[0]!
      if (stream)
        fixture.server.answers(
          events(
            chunk({ role: 'assistant', tool_calls: [{ index: 0, id, type: 'function', function: called }] }),
            chunk({}, 'tool_calls'),
          ),
          events(chunk({ role: 'assistant', content: 'Rain' }), chunk({}, 'stop')),
        )
      else fixture.server.answers(jsonAnswer(toolCompletion(calls[0]!)), jsonAnswer(completion('Rain')))
      const tools = [schemaTool as unknown as ReturnType<typeof weatherTool>]
      const runner = stream
        ? client.chat.completions.runTools({ ...question, tools, stream: true })
        : client.chat.completions.runTools({ ...question, tools })
      expect(await runner.finalContent()).toBe('Rain')
      expect(fixture.server.requests[0]?.body['tools']).toMatchObject([
        { type: 'function', function: { name: 'weather', strict: true } },
      ])
      expect((await record.of('tool.call.completed')).map(({ data }) => data)).toMatchObject([
        { toolCallId: 'call_1', output: 'rain in Oslo' },
      ])
    },
  )

  test('a tool made of getters is guarded like any other', async () => {
    const guarded = recorded(
      { guard: { mode: 'enforce' } },
      { guard: () => ({ decision: 'block', reason: 'never' }) },
    )
    fixture.server.answers(jsonAnswer(toolCompletion(calls[1]!)), jsonAnswer(completion('No')))
    let ran = false
    const inner = timeTool(() => (ran = true)).function
    const tool = Object.freeze({
      type: 'function' as const,
      get function() {
        return inner
      },
    })
    const other = wrapOpenAI(make(fixture.server.url), guarded.claw)
    expect(await other.chat.completions.runTools({ ...question, tools: [tool] }).finalContent()).toBe('No')
    expect(ran).toBe(false)
    await guarded.done()
  })

  test('a tool call that cannot be recorded is guarded all the same', async () => {
    const guarded = recorded(
      { guard: { mode: 'enforce' } },
      { guard: () => ({ decision: 'block', reason: 'never' }) },
    )
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
    fixture.server.answers(jsonAnswer(toolCompletion(calls[1]!)), jsonAnswer(completion('No')))
    let ran = false
    const other = wrapOpenAI(make(fixture.server.url), claw)
    const runner = other.chat.completions.runTools({ ...question, tools: [timeTool(() => (ran = true))] })
    expect(await runner.finalContent()).toBe('No')
    expect(ran).toBe(false)
    expect(guarded.faults.length).toBeGreaterThan(0)
    await guarded.claw.close()
  })

  test('a named function without a name of its own, with its own this', async () => {
    fixture.server.answers(
      jsonAnswer(toolCompletion({ ...calls[1]!, name: 'clock' })),
      jsonAnswer(completion('Noon')),
    )
    const inner = {
      description: '',
      parameters: { type: 'object', properties: {} },
      function: function clock(this: unknown) {
        return this === inner ? 'mine' : 'lost'
      },
    }
    await client.chat.completions
      .runTools({ ...question, tools: [{ type: 'function', function: inner }] })
      .done()
    expect((await record.of('tool.call.completed')).map(({ data }) => data)).toMatchObject([
      { name: 'clock', output: 'mine' },
    ])
  })

  test('a blocked tool does not run, and the model is told why', async () => {
    const guarded = recorded(
      { guard: { mode: 'enforce' } },
      { guard: () => ({ decision: 'block', reason: 'not today' }) },
    )
    fixture.server.answers(jsonAnswer(toolCompletion(calls[0]!)), jsonAnswer(completion('I may not')))
    let ran = false
    const tool = weatherTool(() => (ran = true))
    const other = wrapOpenAI(make(fixture.server.url), guarded.claw)
    expect(await other.chat.completions.runTools({ ...question, tools: [tool] }).finalContent()).toBe(
      'I may not',
    )
    expect(ran).toBe(false)
    expect((await guarded.of('tool.call.failed')).map(({ data }) => data)).toMatchObject([
      { outcome: 'blocked', toolCallId: 'call_1' },
    ])
    expect(JSON.stringify(fixture.server.requests[1]?.body)).toContain('not today')
    expect(guarded.gateway.asked).toMatchObject([
      { kind: 'tool_call', name: 'weather', toolCallId: 'call_1', input: { city: 'Oslo' } },
    ])
    await guarded.done()
  })

  test('an approver may change the arguments, which go through the tool’s own parser', async () => {
    const guarded = recorded(
      { guard: { mode: 'enforce' } },
      { guard: () => ({ decision: 'require_approval', approvalId: 'a-1' }) },
    )
    guarded.gateway.openApproval({ approvalId: 'a-1', name: 'weather' })
    fixture.server.answers(jsonAnswer(toolCompletion(calls[0]!)), jsonAnswer(completion('Sunny')))
    const seen: unknown[] = []
    const other = wrapOpenAI(make(fixture.server.url), guarded.claw)
    const runner = other.chat.completions.runTools({
      ...question,
      tools: [weatherTool((place) => (seen.push(place), 'ok'))],
    })
    await until(() => guarded.gateway.asked.length === 1)
    await guarded.gateway.approvals.decide('a-1', { decision: 'approve', input: { city: 'Bern' } })
    await runner.done()
    expect(seen).toEqual([{ city: 'Bern' }])
    await guarded.done()
  })
})

function order(
  all: readonly { readonly type: string; readonly data: unknown }[],
  toolCallId: string,
): number {
  return all.findIndex(
    ({ type, data }) =>
      type === 'tool.call.started' && (data as { toolCallId: string }).toolCallId === toolCallId,
  )
}
