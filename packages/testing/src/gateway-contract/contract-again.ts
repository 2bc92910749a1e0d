import { type ClawEvent, type Gateway, isTerminalEvent } from '@pincer/protocol'
import { expect, it } from 'vitest'
import { collectEvents } from '../collect-events.ts'
import { partOf } from './part-of.ts'
import type { AgentSubject, GatewaySubject } from './subject.ts'

const patience = { timeoutMs: 15_000 }

/** What every gateway holds to where a run is taken up again by its id. */
export function contractAgain(subject: () => GatewaySubject): void {
  const agents = (): NonNullable<Gateway['agents']> => partOf(subject().gateway.agents)
  const agent = (): AgentSubject => partOf(subject().agent)

  it('gives a finished run again as it was', async () => {
    const { agentId, plain } = agent()
    const run = await agents().run({ agentId, input: plain.input })
    const first: readonly ClawEvent[] = await collectEvents(run.events(), patience)
    const result = await run.wait()
    const again = partOf(await agents().get(run.runId))
    expect(again.runId).toBe(run.runId)
    expect(again.isPartial).toBeUndefined()
    expect(await collectEvents(again.events(), patience)).toEqual(first)
    expect(await again.wait()).toEqual(result)
    await again.cancel('late')
    expect((await again.wait()).status).toBe('completed')
  })

  it('gives a run that is under way to another reader, to its end', async () => {
    const { agentId, slow } = agent()
    const run = await agents().run({ agentId, input: slow })
    const [first] = await collectEvents(run.events(), { ...patience, until: () => true })
    const { sessionKey } = run
    const again = partOf(await agents().get(run.runId, sessionKey === undefined ? {} : { sessionKey }))
    const reading = collectEvents(again.events(), patience)
    expect((await again.wait({ timeoutMs: 20 })).status).toBe('accepted')
    await again.cancel('stopped by who came later')
    const events = await reading
    expect(events[0]).toEqual(first)
    expect(events.at(-1)?.type).toBe('run.cancelled')
    expect(await collectEvents(run.events(), patience)).toEqual(events)
    expect((await run.wait(patience)).status).toBe('cancelled')
  })

  it('has no run of an id that it does not know, and says so soon', async () => {
    const before = performance.now()
    expect(await agents().get('run-of-nobody')).toBeUndefined()
    expect(performance.now() - before).toBeLessThan(10_000)
    const late = AbortSignal.abort(new Error('not any more'))
    await expect(agents().get('run-of-nobody', { signal: late })).rejects.toThrow('not any more')
  })

  it('gives runs to another client of the same gateway', async () => {
    const another = await subject().openAnother?.()
    if (another === undefined) return
    try {
      const { agentId, plain, slow } = agent()
      const others = partOf(another.agents)
      const ended = await agents().run({ agentId, input: plain.input })
      await ended.wait()
      await expectWhole(others, ended, plain.answer)
      const open = await agents().run({ agentId, input: slow })
      await collectEvents(open.events(), { ...patience, until: () => true })
      const { sessionKey } = open
      const again = partOf(await others.get(open.runId, sessionKey === undefined ? {} : { sessionKey }))
      const reading = collectEvents(again.events(), patience)
      await open.cancel('enough')
      expect((await reading).at(-1)?.type).toBe('run.cancelled')
      expect((await again.wait(patience)).status).toBe('cancelled')
    } finally {
      await another.close()
    }
  })
}

async function expectWhole(
  agents: NonNullable<Gateway['agents']>,
  { runId, sessionKey }: { readonly runId: string; readonly sessionKey?: string },
  answer: string,
): Promise<void> {
  const run = partOf(await agents.get(runId, sessionKey === undefined ? {} : { sessionKey }))
  const events = await collectEvents(run.events(), patience)
  expect(events[0]?.type).toMatch(/^run\.(?:queued|started)$/)
  expect(events.filter(isTerminalEvent).map((event) => event.type)).toEqual(['run.completed'])
  expect(await run.wait(patience)).toMatchObject({
    status: 'completed',
    text: expect.stringContaining(answer),
  })
}
