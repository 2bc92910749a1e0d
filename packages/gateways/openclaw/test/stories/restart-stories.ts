import { type ClawEvent, isTerminalEvent } from '@pincer/protocol'
import { expect } from 'vitest'
import type { OpenClaw, Run } from '../../src/index.ts'
import { type Story, story } from './story.ts'
import { expectWholeRun } from './whole-run.ts'

/** A Gateway that ends in the middle of a run, and comes back; each leaves one that runs. */
export const restartStories: readonly Story[] = [
  story(
    'killed',
    async (oc, { gateway }) => {
      const before = await oc.runs.create({
        input: 'Say before',
        agentId: 'main',
        sessionKey: 'agent:main:killed',
      })
      expect(await before.wait({ timeoutMs: 150_000 })).toMatchObject({ status: 'completed' })
      const { run, written, reading } = await startSlowRun(oc, 'killed')
      const waiting = run.wait({ timeoutMs: 120_000 })
      await written
      await gateway.kill('SIGKILL')

      // While it is away: no hang, and it is said that a later try may succeed.
      await expect(oc.agents.list({}, { timeoutMs: 300 })).rejects.toMatchObject({
        code: 'gateway',
        retryable: true,
      })
      // A request that may wait is answered by the next process.
      const patient = oc.agents.list({}, { timeoutMs: 60_000 })
      gateway.launch()
      expect((await patient).defaultId).toBe('main')
      await gateway.ready()

      const events = await reading
      expectWholeRun(events, run.id)
      expect(events.filter((event) => event.type === 'raw' && event.data.name === 'recovery')).not.toEqual([])
      // The Gateway takes an interrupted run up again by itself, under another id.
      expect(events.at(-1)).toMatchObject({ type: 'run.completed' })
      expect(await waiting).toMatchObject({ runId: run.id, status: 'completed' })
      // What had ended before has not changed.
      expect(await before.wait()).toMatchObject({ status: 'completed', text: 'before' })
    },
    { own: true },
  ),

  story(
    'killed-unseen',
    async (oc, { gateway, open }) => {
      const run = await oc.runs.create({
        input: 'Say unseen',
        agentId: 'main',
        sessionKey: 'agent:main:unseen',
      })
      await run.wait({ timeoutMs: 150_000 })
      await gateway.kill('SIGKILL')
      gateway.launch()
      await gateway.ready()
      const late = await open()
      // `agent.wait` of the new process knows nothing of it; its session and the audit do.
      expect(
        await late.runs.wait(run.id, { timeoutMs: 20_000, sessionKey: 'agent:main:unseen' }),
      ).toMatchObject({ status: 'completed' })
      expect(
        await late.runs.wait('00000000-0000-4000-8000-000000000000', { timeoutMs: 20_000 }),
      ).toMatchObject({ status: 'failed', error: { code: 'run_unknown' } })
    },
    { own: true },
  ),

  story(
    'terminated',
    async (oc, { gateway, open }) => {
      const { run, written, reading } = await startSlowRun(oc, 'terminated')
      const waiting = run.wait({ timeoutMs: 120_000 })
      await written
      // It finishes what runs before it ends.
      await gateway.kill('SIGTERM')
      const events = await reading
      expect(events.filter(isTerminalEvent)).toEqual(events.slice(-1))
      expect(events.at(-1)).toMatchObject({ type: 'run.completed' })
      expect(await waiting).toMatchObject({ status: 'completed' })
      gateway.launch()
      // Whoever comes while it starts waits until it has.
      const early = await open({ connectTimeoutMs: 60_000 })
      const next = await early.runs.create({
        input: 'Say early',
        agentId: 'main',
        sessionKey: 'agent:main:early',
      })
      expect(await next.wait({ timeoutMs: 150_000 })).toMatchObject({ status: 'completed', text: 'early' })
      await gateway.ready()
      expect((await oc.agents.list()).defaultId).toBe('main')
    },
    { own: true },
  ),
]

interface SlowRun {
  readonly run: Run
  /** Resolves once the run has written something. */
  readonly written: Promise<void>
  /** Every event of the run, once it has ended. */
  readonly reading: Promise<readonly ClawEvent[]>
}

async function startSlowRun(oc: OpenClaw, name: string): Promise<SlowRun> {
  const run = await oc.runs.create({
    input: '[[slow:250]] [[words:24]]',
    agentId: 'main',
    sessionKey: `agent:main:${name}`,
  })
  const written = Promise.withResolvers<void>()
  const reading = (async () => {
    const events: ClawEvent[] = []
    for await (const event of run.events()) {
      events.push(event)
      if (event.type === 'assistant.delta') written.resolve()
    }
    return events
  })()
  return { run, written: written.promise, reading }
}
