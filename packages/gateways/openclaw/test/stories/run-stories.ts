import { expect } from 'vitest'
import { type Story, story } from './story.ts'
import { countTypes, onlyOne, readWholeRun, writtenText } from './whole-run.ts'

/** Runs of one agent that end well, or are ended. */
export const runStories: readonly Story[] = [
  story('text-run', async (oc) => {
    const agent = await oc.agents.get('main')
    const run = await agent.run({ input: 'Say one crab, two crabs', sessionKey: 'agent:main:text-run' })
    const result = await run.wait({ timeoutMs: 150_000 })
    expect(result).toMatchObject({
      runId: run.id,
      status: 'completed',
      text: 'one crab, two crabs',
      stopReason: 'stop',
    })
    expect(result.sessionKey).toBe('agent:main:text-run')
    expect(result.endedAt).toBeGreaterThanOrEqual(result.startedAt ?? Infinity)
    const { inputTokens = 0, outputTokens = 0, costUsd = 0 } = result.usage ?? {}
    expect(inputTokens).toBeGreaterThan(1000)
    expect(outputTokens).toBe(5)
    // A dollar for a million tokens in, two for a million out.
    expect(costUsd).toBeCloseTo((inputTokens + 2 * outputTokens) / 1e6, 8)

    const events = await readWholeRun(run)
    expect(events[0]?.type).toBe('run.started')
    expect(writtenText(events)).toEqual(['one crab, two crabs'])
    expect(onlyOne(events, 'usage.reported')).toMatchObject({
      inputTokens,
      outputTokens,
      totalTokens: inputTokens + 5,
    })
    expect(onlyOne(events, 'run.completed')).toMatchObject({ stopReason: 'stop' })
    // Whoever comes later reads the same.
    expect(await readWholeRun(await oc.runs.get(run.id))).toEqual(events)
    expect(await run.wait()).toMatchObject({ status: 'completed', text: 'one crab, two crabs' })
  }),

  story('model-override', async (oc) => {
    const run = await oc.runs.create({
      input: 'Say which model',
      agentId: 'main',
      model: 'scripted/thinker',
      sessionKey: 'agent:main:model-override',
    })
    const result = await run.wait({ timeoutMs: 150_000 })
    expect(result).toMatchObject({ status: 'completed', text: 'which model' })
    expect(result.usage).toMatchObject({ provider: 'scripted', model: 'thinker' })

    const unknown = await oc.runs.create({
      input: 'Say nothing',
      agentId: 'main',
      model: 'scripted/nobody',
      sessionKey: 'agent:main:model-override',
    })
    const failure = await unknown.wait({ timeoutMs: 150_000 })
    expect(failure.status).toBe('failed')
    expect(failure.error?.message).toContain('not allowed')
  }),

  story('reasoning', async (oc) => {
    const run = await oc.runs.create({
      input: '[[reason]] Say done',
      agentId: 'main',
      model: 'scripted/thinker',
      thinking: 'low',
      sessionKey: 'agent:main:reasoning',
    })
    const events = await readWholeRun(run)
    const thoughts = events.flatMap((event) => (event.type === 'thinking.delta' ? [event.data.delta] : []))
    expect(thoughts.join('')).toContain('The rules say: answer in words.')
    expect(writtenText(events)).toEqual(['done'])
  }),

  story('length-stop', async (oc) => {
    const run = await oc.runs.create({
      input: '[[length]] Say one two three four five six seven',
      agentId: 'main',
      sessionKey: 'agent:main:length-stop',
    })
    const events = await readWholeRun(run)
    expect(onlyOne(events, 'run.completed')).toMatchObject({ stopReason: 'length' })
    expect(await run.wait()).toMatchObject({ status: 'completed', stopReason: 'length' })
  }),

  story(
    'wait-too-short',
    async (oc) => {
      const run = await oc.runs.create({
        input: '[[slow:150]] [[words:12]]',
        agentId: 'main',
        sessionKey: 'agent:main:wait-too-short',
      })
      expect(await run.wait({ timeoutMs: 300 })).toMatchObject({ runId: run.id, status: 'accepted' })
      expect(await run.wait({ timeoutMs: 150_000 })).toMatchObject({ status: 'completed' })
    },
    { paced: true },
  ),

  story('run-timeout', async (oc) => {
    const run = await oc.runs.create({
      input: '[[slow:300]] [[words:60]]',
      agentId: 'main',
      timeoutMs: 3000,
      sessionKey: 'agent:main:run-timeout',
    })
    const events = await readWholeRun(run)
    expect(events.at(-1)?.type).toBe('run.timed_out')
    expect(await run.wait()).toMatchObject({ status: 'timed_out' })
  }),

  story('cancel-running', async (oc) => {
    const run = await oc.runs.create({
      input: '[[slow:200]] [[words:60]]',
      agentId: 'main',
      sessionKey: 'agent:main:cancel-running',
    })
    for await (const event of run.events()) if (event.type === 'assistant.delta') break
    await run.cancel('the story is over')
    const events = await readWholeRun(run)
    expect(events.at(-1)?.type).toBe('run.cancelled')
    expect(countTypes(events)).not.toHaveProperty('run.failed')
    expect(await run.wait()).toMatchObject({ status: 'cancelled' })
    await run.cancel() // nothing happens twice
  }),

  story('cancel-early', async (oc) => {
    const run = await oc.runs.create({
      input: '[[slow:200]] [[words:60]]',
      agentId: 'main',
      sessionKey: 'agent:main:cancel-early',
    })
    await oc.runs.cancel(run.id)
    const events = await readWholeRun(run)
    expect(events.at(-1)?.type).toBe('run.cancelled')
    expect(countTypes(events)).not.toHaveProperty('assistant.delta')
    expect(await oc.runs.wait(run.id)).toMatchObject({ status: 'cancelled' })
  }),
]
