import type { ClawEvent, GatewayRun } from '@pincer/protocol'
import { describe, expect, it } from 'vitest'
import {
  addTool,
  checkStory,
  eventsOf,
  resultOf,
  start,
  startModel,
  startRun,
  startWith,
  toolCall,
  typesOf,
} from './agent-runs.ts'

describe('a run', () => {
  it('of the demo model needs no configuration, and calls a tool', async () => {
    const caller = await start({ tools: [addTool] })
    expect((await caller.get('/v1/agents')).body.items).toMatchObject([{ agentId: 'main' }])
    const { runId, sessionKey } = await startRun(caller, { input: 'please use math.add to add 2 and 3' })
    expect(await resultOf(caller, runId)).toMatchObject({
      status: 'completed',
      stopReason: 'stop',
      text: expect.stringContaining('5'),
    })
    const events = await eventsOf(caller, runId)
    checkStory(events)
    expect(events.every((event) => event.agentId === 'main' && event.sessionKey === sessionKey)).toBe(true)
  })

  it('tells what it does, in order, and its usage once per model call', async () => {
    const { caller } = await startWith(
      [
        { ...toolCall('c1', 'math_add', { a: 2, b: 3 }), text: 'Let me see. ', reasoning: 'hm' },
        { text: 'It is 5.' },
      ],
      { tools: [addTool], agents: [{ id: 'sums', name: 'Sums', instructions: 'Add.' }] },
    )
    const { runId } = await startRun(caller, { input: 'What is 2 + 3?', parentRunId: 'above' }, 'sums')
    expect(await resultOf(caller, runId)).toMatchObject({
      runId,
      status: 'completed',
      text: 'It is 5.',
      stopReason: 'stop',
      usage: { inputTokens: 20, cacheReadTokens: 8, outputTokens: 10, totalTokens: 30, model: 'fake-1' },
    })
    const events = await eventsOf(caller, runId)
    checkStory(events)
    expect(typesOf(events)).toEqual([
      'run.started',
      'model.call.started',
      'thinking.delta',
      'assistant.delta',
      'model.call.completed',
      'usage.reported',
      'assistant.message',
      'tool.call.started',
      'guard.decided',
      'tool.call.completed',
      'model.call.started',
      'assistant.delta',
      'model.call.completed',
      'usage.reported',
      'assistant.message',
      'run.completed',
    ])
    expect(events.every((event) => event.parentRunId === 'above')).toBe(true)
    expect(events[1]?.data).toMatchObject({
      model: 'fake-1',
      stream: true,
      parameters: { tools: ['math.add'] },
    })
    expect(events[7]?.data).toMatchObject({ name: 'math.add', toolCallId: 'c1', input: { a: 2, b: 3 } })
    expect(events[9]?.data).toMatchObject({ outcome: 'ok', output: 5, durationMs: expect.any(Number) })
    expect(events[10]?.data).toMatchObject({ input: [{ role: 'tool', toolCallId: 'c1', output: 5 }] })
    const usage = (await caller.get(`/v1/runs/${runId}`)).body.usage
    expect(usage).toMatchObject({ inputTokens: 20, outputTokens: 10 })
  })

  it('streams its events from the start, in process and to who comes late', async () => {
    const { service } = await startWith([{ text: 'hello' }])
    const run = await service.agents.run({ agentId: 'main', input: 'hi' })
    const live: ClawEvent[] = []
    for await (const event of run.events()) live.push(event)
    checkStory(live)
    const late: ClawEvent[] = []
    for await (const event of ((await service.agents.get(run.runId)) as GatewayRun).events()) late.push(event)
    expect(late).toEqual(live)
  })

  it('thinks as much as it is told to at every step, and stands in the record under its label', async () => {
    const { caller, model, service } = await startWith(
      [toolCall('c1', 'math_add', { a: 2, b: 3 }), { text: 'It is 5.' }, { text: 'hello' }],
      { tools: [addTool], agents: [{ id: 'main', name: 'Sums' }] },
    )
    const body = { input: 'What is 2 + 3?', thinking: 'high', label: 'Homework' }
    const { runId } = await startRun(caller, body)
    expect((await resultOf(caller, runId)).text).toBe('It is 5.')
    expect(model.requests.map((request) => request.reasoning_effort)).toEqual(['high', 'high'])
    expect((await caller.get(`/v1/runs/${runId}`)).body.name).toBe('Homework')
    const plain = await startRun(caller, { input: 'hi' })
    await resultOf(caller, plain.runId)
    expect(model.requests[2]).not.toHaveProperty('reasoning_effort')
    expect((await caller.get(`/v1/runs/${plain.runId}`)).body.name).toBe('Sums')
    for (const wrong of [{ thinking: 'enormous' }, { label: '' }, { label: 'x'.repeat(513) }]) {
      expect((await caller.post('/v1/agents/main/runs', { input: 'hi', ...wrong })).status).toBe(400)
      const [field = ''] = Object.keys(wrong)
      const run = service.agents.run({ agentId: 'main', input: 'hi', ...wrong })
      await expect(run).rejects.toThrow(`${field} must`)
    }
    expect(model.requests).toHaveLength(3)
  })

  it('writes pieces that come close together as few events', async () => {
    const caller = await start()
    const { runId } = await startRun(caller, { input: '[[words:2000]]' })
    const { text } = await resultOf(caller, runId)
    const deltas = (await eventsOf(caller, runId)).filter((event) => event.type === 'assistant.delta')
    expect(deltas.map((event) => (event.type === 'assistant.delta' ? event.data.delta : '')).join('')).toBe(
      text,
    )
    expect(deltas.length).toBeLessThan(500)
  })

  it.each([
    ['length', 'length', 'length'],
    ['content_filter', 'content_filter', 'content_filter'],
  ])('that the model ends with %s says so', async (finishReason, stopReason, outcome) => {
    const { caller } = await startWith([{ text: 'half', finishReason }])
    const { runId } = await startRun(caller, { input: 'go' })
    expect(await resultOf(caller, runId)).toMatchObject({ status: 'completed', stopReason, text: 'half' })
    expect(
      (await eventsOf(caller, runId)).find(({ type }) => type === 'model.call.completed')?.data,
    ).toMatchObject({ outcome })
  })

  it('stops after so many steps', async () => {
    const { caller, model } = await startWith(
      (_, index) => toolCall(`c${index}`, 'math_add', { a: 1, b: index }),
      {
        tools: [addTool],
        agents: [{ id: 'main', maxSteps: 3 }],
      },
    )
    const { runId } = await startRun(caller, { input: 'go' })
    expect(await resultOf(caller, runId)).toMatchObject({ status: 'completed', stopReason: 'max_steps' })
    expect(model.requests).toHaveLength(3)
    checkStory(await eventsOf(caller, runId))
  })

  it('fails with the words of the model, and with nothing secret', async () => {
    const { caller } = await startWith([{ status: 401 }])
    const { runId } = await startRun(caller, { input: 'go' })
    const result = await resultOf(caller, runId)
    expect(result).toMatchObject({ status: 'failed', error: { message: 'the model is ill', status: 401 } })
    const events = await eventsOf(caller, runId)
    checkStory(events)
    expect(typesOf(events)).toEqual(['run.started', 'model.call.started', 'model.call.failed', 'run.failed'])
    expect(JSON.stringify([events, result])).not.toMatch(/Bearer|stack|"key"/)
  })

  it('goes on where a tool fails, is unknown, or is called with nonsense', async () => {
    const { caller, model } = await startWith(
      [
        {
          toolCalls: [
            { id: 'c1', name: 'fails', arguments: '{}' },
            { id: 'c2', name: 'nowhere', arguments: '{"x":1}' },
            { id: 'c3', name: 'math_add', arguments: '{"a":"one"}' },
            { id: 'c4', name: 'math_add', arguments: '{not json' },
          ],
        },
        { text: 'sorry' },
      ],
      {
        tools: [
          addTool,
          {
            name: 'fails',
            inputSchema: { type: 'object' },
            execute: () => Promise.reject(new Error('on fire')),
          },
        ],
      },
    )
    const { runId } = await startRun(caller, { input: 'go' })
    expect(await resultOf(caller, runId)).toMatchObject({ status: 'completed', text: 'sorry' })
    const events = await eventsOf(caller, runId)
    checkStory(events)
    const failed = new Map(
      events.flatMap((event) =>
        event.type === 'tool.call.failed' ? [[event.data.toolCallId, event.data]] : [],
      ),
    )
    expect(failed.get('c1')).toMatchObject({ outcome: 'error', error: { message: 'on fire' } })
    expect(failed.get('c2')).toMatchObject({ name: 'nowhere', error: { code: 'invalid_tool_call' } })
    expect(failed.get('c3')).toMatchObject({ error: { code: 'invalid_input' } })
    expect(failed.get('c4')).toMatchObject({ name: 'math.add', error: { code: 'invalid_tool_call' } })
    const told = (model.requests[1]?.messages ?? []).filter((message) => message.role === 'tool')
    expect(told).toHaveLength(4)
    expect(new Set(told.map((message) => message.tool_call_id))).toEqual(new Set(['c1', 'c2', 'c3', 'c4']))
    expect(told.find((message) => message.tool_call_id === 'c1')?.content).toContain('on fire')
  })

  it('uses the tools that its agent may use, under names that a model can hear', async () => {
    const { caller, model } = await startWith([{ text: 'ok' }, { text: 'ok' }], {
      tools: [addTool, { ...addTool, name: 'math_add' }, { ...addTool, name: 'files.read' }],
      agents: [
        { id: 'sums', tools: ['math*'], model: 'fake-2' },
        { id: 'mute', tools: [] },
      ],
    })
    await resultOf(caller, (await startRun(caller, { input: 'go' }, 'sums')).runId)
    await resultOf(caller, (await startRun(caller, { input: 'go', model: 'other' }, 'mute')).runId)
    expect(model.requests[0]?.tools?.map((tool) => tool.function.name)).toEqual(['math_add', 'math_add_2'])
    expect(model.requests.map((request) => request.model)).toEqual(['fake-2', 'other'])
    expect(model.requests[1]?.tools).toBeUndefined()
  })

  it.each([
    ['an unknown agent', 'nobody', { input: 'x' }, 404, 'unknown_agent'],
    ['no input', 'main', {}, 400, 'invalid_request'],
    ['an empty input', 'main', { input: '' }, 400, 'invalid_request'],
    ['no messages', 'main', { input: [] }, 400, 'invalid_request'],
    ['a message of nobody', 'main', { input: [{ role: 'robot', text: 'x' }] }, 400, 'invalid_request'],
    ['a message without text', 'main', { input: [{ role: 'user' }] }, 400, 'invalid_request'],
    ['an answer without a call', 'main', { input: [{ role: 'tool', output: 1 }] }, 400, 'invalid_request'],
    [
      'an answer to an unknown call',
      'main',
      { input: [{ role: 'tool', toolCallId: 'c9', output: 1 }] },
      409,
      'unknown_tool_call',
    ],
    [
      'a tool of a name that is taken',
      'main',
      { input: 'x', tools: [{ name: 'math.add' }] },
      400,
      'tool_name_taken',
    ],
    ['a tool twice', 'main', { input: 'x', tools: [{ name: 'a' }, { name: 'a' }] }, 400, 'invalid_request'],
    [
      'a schema that is none',
      'main',
      { input: 'x', tools: [{ name: 'a', inputSchema: { type: 7 } }] },
      400,
      'invalid_request',
    ],
    ['no time', 'main', { input: 'x', timeoutMs: 0 }, 400, 'invalid_request'],
  ])('is refused with %s, and leaves nothing behind', async (_, agentId, body, status, code) => {
    const caller = await start({ tools: [addTool] })
    const answer = await caller.post(`/v1/agents/${agentId}/runs`, body)
    expect(answer).toMatchObject({ status, body: { error: { code, next: expect.any(String) } } })
    expect((await caller.get('/v1/runs')).body.items).toEqual([])
    expect((await caller.get('/v1/sessions')).body.items).toEqual([])
  })

  it('is unknown under another id', async () => {
    const caller = await start()
    expect((await caller.get('/v1/runs/run_none/wait')).body.error.code).toBe('run_not_found')
    expect((await caller.post('/v1/runs/run_none/cancel')).body.error.code).toBe('run_not_found')
  })
})

it('lists the models of the upstream, and takes the first where none is named', async () => {
  const model = await startModel([{ text: 'ok' }])
  const caller = await start({ model: { baseUrl: model.baseUrl } })
  expect((await caller.get('/v1/models')).body.items).toEqual([
    { id: 'fake-1', provider: '127.0.0.1' },
    { id: 'fake-2', provider: '127.0.0.1' },
  ])
  await resultOf(caller, (await startRun(caller, { input: 'go' })).runId)
  expect(model.requests[0]?.model).toBe('fake-1')
  await model.close()
  expect(await caller.get('/v1/models')).toMatchObject({
    status: 503,
    body: { error: { code: 'upstream_unavailable' } },
  })
})
