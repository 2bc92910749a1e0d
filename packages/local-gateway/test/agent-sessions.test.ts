import { describe, expect, it } from 'vitest'
import {
  addTool,
  checkStory,
  eventsOf,
  resultOf,
  start,
  startRun,
  startWith,
  toolCall,
  typesOf,
} from './agent-runs.ts'

describe('sessions', () => {
  it('let one run follow the other, in order, and keep the conversation', async () => {
    const { caller, model } = await startWith(async (_, index) => {
      await new Promise((resolve) => setTimeout(resolve, 30))
      return { text: `answer ${index}` }
    })
    const runs = []
    for (let index = 0; index < 4; index++)
      runs.push(await startRun(caller, { input: `question ${index}`, sessionKey: 'talk' }))
    for (const { runId } of runs) expect((await resultOf(caller, runId)).status).toBe('completed')
    expect(model.requests.map((request) => request.messages.length)).toEqual([1, 3, 5, 7])
    const stories = await Promise.all(runs.map(({ runId }) => eventsOf(caller, runId)))
    stories.forEach(checkStory)
    expect(typesOf(stories[1] ?? []).slice(0, 2)).toEqual(['run.queued', 'run.started'])
    const { items } = (await caller.get('/v1/sessions/talk/messages')).body
    expect(items.map(({ role, text }) => [role, text])).toEqual(
      [0, 1, 2, 3].flatMap((index) => [
        ['user', `question ${index}`],
        ['assistant', `answer ${index}`],
      ]),
    )
    expect((await caller.get('/v1/sessions/talk')).body).toMatchObject({
      agentId: 'main',
      messageCount: 8,
      label: 'question 0',
    })
  })

  it('run side by side, up to a bound', async () => {
    let together = 0
    let most = 0
    const { caller } = await startWith(async () => {
      most = Math.max(most, ++together)
      await new Promise((resolve) => setTimeout(resolve, 40))
      together--
      return { text: 'ok' }
    })
    const runs = await Promise.all(
      Array.from({ length: 40 }, (_, index) => startRun(caller, { input: 'go', sessionKey: `s${index}` })),
    )
    for (const { runId } of runs) expect((await resultOf(caller, runId)).status).toBe('completed')
    expect(most).toBeGreaterThan(4)
    expect(most).toBeLessThanOrEqual(16)
  })

  it('cancel a run that has not begun, and go on with the next', async () => {
    const { caller } = await startWith([{ text: 'hm', hang: true }, { text: 'third' }])
    const first = await startRun(caller, { input: '1', sessionKey: 's' })
    const second = await startRun(caller, { input: '2', sessionKey: 's' })
    const third = await startRun(caller, { input: '3', sessionKey: 's' })
    await caller.post(`/v1/runs/${second.runId}/cancel`)
    expect(typesOf(await eventsOf(caller, second.runId))).toEqual(['run.queued', 'run.cancelled'])
    await caller.post(`/v1/runs/${first.runId}/cancel`)
    expect(await resultOf(caller, third.runId)).toMatchObject({ status: 'completed', text: 'third' })
    const { items } = (await caller.get('/v1/sessions/s/messages')).body
    expect(items.filter(({ role }) => role === 'user').map(({ text }) => text)).toEqual(['1', '3'])
  })

  it('are listed by pages, the last used first', async () => {
    const caller = await start()
    for (const sessionKey of ['a', 'b', 'c', 'a/ü']) {
      await resultOf(caller, (await startRun(caller, { input: 'hi', sessionKey })).runId)
    }
    const first = (await caller.get('/v1/sessions?limit=3&agentId=main')).body
    const second = (await caller.get(`/v1/sessions?limit=3&cursor=${first.nextCursor}`)).body
    expect([...first.items, ...second.items].map(({ sessionKey }) => sessionKey)).toEqual([
      'a/ü',
      'c',
      'b',
      'a',
    ])
    expect(second.nextCursor).toBeUndefined()
    expect((await caller.get('/v1/sessions?agentId=other')).body.items).toEqual([])
    expect((await caller.get('/v1/sessions?cursor=nonsense')).body.error.code).toBe('invalid_cursor')
    expect((await caller.get(`/v1/sessions/${encodeURIComponent('a/ü')}/messages`)).body.items).toHaveLength(
      2,
    )
    expect((await caller.get('/v1/sessions/none')).status).toBe(404)
    expect((await caller.get('/v1/sessions/none/messages')).body.error.code).toBe('session_not_found')
  })
})

describe('tools of the caller', () => {
  const lookup = {
    name: 'lookup',
    description: 'Looks up.',
    inputSchema: { type: 'object', properties: { q: { type: 'string' } } },
  }

  it('end the run, and their answers continue the conversation', async () => {
    const { caller, model } = await startWith(
      [
        {
          text: 'One moment.',
          toolCalls: [
            { id: 'c1', name: 'lookup', arguments: '{"q":"x"}' },
            { id: 'c2', name: 'math_add', arguments: '{"a":1,"b":1}' },
          ],
        },
        { text: 'It is 42.' },
      ],
      { tools: [addTool] },
    )
    const first = await startRun(caller, { input: 'find x', sessionKey: 's', tools: [lookup] })
    expect(await resultOf(caller, first.runId)).toMatchObject({
      status: 'completed',
      stopReason: 'tool_calls',
      toolCalls: [{ toolCallId: 'c1', name: 'lookup', input: { q: 'x' } }],
    })
    expect(
      typesOf(await eventsOf(caller, first.runId)).filter((type) => type === 'tool.call.started'),
    ).toHaveLength(1)
    const answer = [{ role: 'tool', toolCallId: 'c1', output: { found: 42 } }]
    const second = await startRun(caller, { input: answer, sessionKey: 's', tools: [lookup] })
    expect(await resultOf(caller, second.runId)).toMatchObject({ status: 'completed', text: 'It is 42.' })
    const sent = model.requests[1]?.messages ?? []
    expect(sent.map(({ role }) => role)).toEqual(['user', 'assistant', 'tool', 'tool'])
    expect(sent.find((message) => message.tool_call_id === 'c1')?.content).toBe('{"found":42}')
    // The same answer again answers nothing.
    const again = await caller.post('/v1/agents/main/runs', { input: answer, sessionKey: 's' })
    expect(again).toMatchObject({ status: 409, body: { error: { code: 'unknown_tool_call' } } })
  })

  it('that are never answered do not break the session', async () => {
    const { caller, model } = await startWith([toolCall('c1', 'lookup', { q: 'x' }), { text: 'never mind' }])
    const first = await startRun(caller, { input: 'find x', sessionKey: 's', tools: [lookup] })
    await resultOf(caller, first.runId)
    const second = await startRun(caller, { input: 'forget it', sessionKey: 's' })
    expect(await resultOf(caller, second.runId)).toMatchObject({ status: 'completed', text: 'never mind' })
    expect(model.requests[1]?.messages.map(({ role }) => role)).toEqual(['user', 'assistant', 'tool', 'user'])
  })
})
