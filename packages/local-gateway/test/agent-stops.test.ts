import type { ClawEvent } from '@pincer/protocol'
import { eventually } from '@pincer/testing'
import { describe, expect, it } from 'vitest'
import { checkStory, eventsOf, resultOf, startRun, startWith, toolCall, typesOf } from './agent-runs.ts'

describe('the end of a run before its end', () => {
  it('cancels in the middle of the model’s stream, and keeps what was said', async () => {
    const { caller, model } = await startWith([{ text: 'Once upon', hang: true }, { text: 'yes' }])
    const { runId } = await startRun(caller, { input: 'tell', sessionKey: 's' })
    await eventually(
      async () => typesOf(await eventsOf(caller, runId)).includes('assistant.delta') || undefined,
    )
    expect((await caller.post(`/v1/runs/${runId}/cancel`, { reason: 'enough' })).status).toBe(204)
    expect(await resultOf(caller, runId)).toMatchObject({ status: 'cancelled', error: { message: 'enough' } })
    const events = await eventsOf(caller, runId)
    checkStory(events)
    expect(events.at(-2)).toMatchObject({
      type: 'model.call.completed',
      data: { outcome: 'cancelled', output: 'Once upon' },
    })
    expect(events.at(-1)).toMatchObject({ type: 'run.cancelled', data: { reason: 'enough' } })
    await eventually(() => model.hanging() === 0 || undefined)
    // A second cancel, and a next run, find everything in order.
    expect((await caller.post(`/v1/runs/${runId}/cancel`)).status).toBe(204)
    await resultOf(caller, (await startRun(caller, { input: 'go on', sessionKey: 's' })).runId)
    expect(model.requests[1]?.messages.map(({ role, content }) => [role, content])).toEqual([
      ['user', 'tell'],
      ['assistant', 'Once upon'],
      ['user', 'go on'],
    ])
  })

  it('cancels in the middle of a tool, also of one that does not listen', async () => {
    let signal: AbortSignal | undefined
    const { caller, model } = await startWith([toolCall('c1', 'deaf', {}), { text: 'fine' }], {
      tools: [
        {
          name: 'deaf',
          inputSchema: { type: 'object' },
          execute: (_, context) => {
            signal = context.signal
            return new Promise(() => {})
          },
        },
      ],
    })
    const { runId } = await startRun(caller, { input: 'go', sessionKey: 's' })
    await eventually(() => signal)
    await caller.post(`/v1/runs/${runId}/cancel`, {})
    expect(signal?.aborted).toBe(true)
    const events = await eventsOf(caller, runId)
    checkStory(events)
    expect(events.at(-2)).toMatchObject({
      type: 'tool.call.completed',
      data: { outcome: 'cancelled', toolCallId: 'c1' },
    })
    // The model is told that its call was never answered: without an answer it would refuse the conversation.
    await resultOf(caller, (await startRun(caller, { input: 'again', sessionKey: 's' })).runId)
    expect(model.requests[1]?.messages.map(({ role }) => role)).toEqual(['user', 'assistant', 'tool', 'user'])
  })

  it('is timed out, and its open call with it', async () => {
    const { caller } = await startWith([{ text: 'hm', hang: true }])
    const { runId } = await startRun(caller, { input: 'go', timeoutMs: 100 })
    expect(await resultOf(caller, runId)).toMatchObject({ status: 'timed_out', error: { code: 'timed_out' } })
    const events = await eventsOf(caller, runId)
    checkStory(events)
    expect(events.at(-2)).toMatchObject({ type: 'model.call.failed', data: { outcome: 'timed_out' } })
  })

  it('comes with the caller’s signal, in process', async () => {
    const { service } = await startWith([{ text: 'hm', hang: true }])
    const caller = new AbortController()
    const run = await service.agents.run({ agentId: 'main', input: 'go', signal: caller.signal })
    caller.abort()
    expect((await run.wait()).status).toBe('cancelled')
    await expect(service.agents.run({ agentId: 'main', input: 'go', signal: caller.signal })).rejects.toThrow(
      /abort/,
    )
  })

  it('comes with the gateway’s, and is recorded', async () => {
    const { service } = await startWith([{ text: 'hm', hang: true }])
    const run = await service.agents.run({ agentId: 'main', input: 'go' })
    const seen: ClawEvent[] = []
    const reading = (async () => {
      for await (const event of run.events()) seen.push(event)
    })()
    await eventually(() => typesOf(seen).includes('assistant.delta') || undefined)
    await service.close()
    await reading
    expect(seen.at(-1)).toMatchObject({ type: 'run.cancelled', data: { reason: 'the gateway was closed' } })
    await expect(service.agents.run({ agentId: 'main', input: 'go' })).rejects.toMatchObject({
      code: 'closed',
    })
  })

  it('does not come while only the waiting ends', async () => {
    const { caller } = await startWith([{ text: 'hm', hang: true }])
    const { runId } = await startRun(caller, { input: 'go' })
    expect((await caller.get(`/v1/runs/${runId}/wait?timeoutMs=20`)).body).toMatchObject({
      runId,
      status: 'accepted',
    })
    const client = new AbortController()
    const wait = caller.call('GET', `/v1/runs/${runId}/wait`, undefined, client.signal)
    client.abort()
    await expect(wait).rejects.toThrow()
    expect((await caller.get(`/v1/runs/${runId}`)).body.status).toBe('running')
  })
})
