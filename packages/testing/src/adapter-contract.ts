import { type Claw, createClient } from '@pincer/core'
import {
  type ClawEvent,
  type ClawEventOf,
  type ClawEventType,
  GatewayError,
  isTerminalEvent,
} from '@pincer/protocol'
import { afterEach, describe, expect, it } from 'vitest'
import type { AdapterSubject } from './adapter-contract/story.ts'
import { createFakeGateway, type FakeBehaviour } from './fake-gateway.ts'

// Assembled, so that no scanner takes this file for a leak.
const secret = ['sk', 'proj', 'Abcdefghijklmnopqrstuvwxyz0123456789ABCD'].join('-')

/**
 * Runs the story that every adapter passes.
 *
 * @example
 * describeAdapter('openai', { run: async (claw, story) => callFakeModel(wrapOpenAI(client, claw), story) })
 */
export function describeAdapter(name: string, subject: AdapterSubject): void {
  describe(`adapter contract: ${name}`, () => {
    const clients: Claw[] = []
    afterEach(async () => {
      for (const claw of clients.splice(0)) await claw.close({ timeoutMs: 1 })
    })

    function open(behaviour: FakeBehaviour = {}): Opened {
      const gateway = createFakeGateway(behaviour)
      const faults: unknown[] = []
      const claw = createClient({ gateway, onError: (error) => faults.push(error) })
      clients.push(claw)
      const recorded = async (): Promise<readonly ClawEvent[]> => {
        await claw.flush({ timeoutMs: 5000 })
        return [...gateway.kept].toSorted((left, right) => (left.seq ?? 0) - (right.seq ?? 0))
      }
      return { claw, faults, recorded }
    }

    it('records a call from its start to its end, under one run', async () => {
      const { claw, faults, recorded } = open()
      const { text } = await subject.run(claw, { outcome: 'ok', input: 'Say hello' })
      expect(text).toEqual(expect.any(String))
      const events = await recorded()
      const started = only(events, 'model.call.started')
      const completed = only(events, 'model.call.completed')
      expect(completed.actionId).toBe(started.actionId)
      expect(completed.runId).toBe(started.runId)
      expect(events.indexOf(started)).toBeLessThan(events.indexOf(completed))
      expect(completed.data.outcome).toBe('ok')
      expect(JSON.stringify(started.data.input)).toContain('Say hello')
      expect(JSON.stringify(completed.data.output)).toContain(text)
      expect(faults).toEqual([])
    })

    it('reports usage once per model call, with its provider and model', async () => {
      const { claw, recorded } = open()
      await subject.run(claw, { outcome: 'ok', input: 'Say hello' })
      const events = await recorded()
      const usage = only(events, 'usage.reported')
      expect(usage.actionId).toBe(only(events, 'model.call.started').actionId)
      expect(usage.data.provider).not.toBe('')
      expect(usage.data.model).not.toBe('')
      expect(usage.data.inputTokens).toBeGreaterThan(0)
      expect(usage.data.outputTokens).toBeGreaterThan(0)
      expect(usage.data.totalTokens).toBeGreaterThanOrEqual(usage.data.inputTokens + usage.data.outputTokens)
    })

    it('stands under the run that the caller is in', async () => {
      const { claw, recorded } = open()
      const outer = claw.startRun({ name: 'outer' })
      await outer.within(() => subject.run(claw, { outcome: 'ok', input: 'Say hello' }))
      outer.end()
      const events = await recorded()
      const { runId } = only(events, 'model.call.started')
      const parent = events.find(
        (event) => event.runId === runId && event.type === 'run.started',
      )?.parentRunId
      expect([runId, parent]).toContain(outer.runId)
      expectEveryRunEnds(events)
    })

    it('records a failure as a failure, and hands it on unchanged', async () => {
      const { claw, recorded } = open()
      const { thrown } = await subject.run(claw, { outcome: 'error', input: 'Fail' })
      expect(thrown).toBeInstanceOf(Error)
      const events = await recorded()
      const failed = only(events, 'model.call.failed')
      expect(failed.data.outcome).toBe('error')
      expect(failed.data.error.message).not.toBe('')
      expect(events.some((event) => event.type === 'model.call.completed')).toBe(false)
      expectEveryRunEnds(events)
    })

    it('records an abort as cancelled, not as a failure', async () => {
      const { claw, recorded } = open()
      await subject.run(claw, { outcome: 'cancelled', input: 'Take long' })
      const events = await recorded()
      expect(only(events, 'model.call.completed').data.outcome).toBe('cancelled')
      expect(events.filter((event) => event.type.endsWith('.failed'))).toEqual([])
      expectEveryRunEnds(events)
    })

    it('lets no secret out', async () => {
      const { claw, recorded } = open()
      await subject.run(claw, { outcome: 'ok', input: `Say hello to ${secret}` })
      const events = await recorded()
      expect(only(events, 'model.call.started').data.input).toBeDefined()
      expect(JSON.stringify(events)).not.toContain(secret)
    })

    it('changes nothing for the caller while the gateway is down', async () => {
      const up = open()
      const expected = await subject.run(up.claw, { outcome: 'ok', input: 'Say hello' })
      const down = open({ fail: () => new GatewayError('down on purpose', { retryable: true }) })
      const found = await subject.run(down.claw, { outcome: 'ok', input: 'Say hello' })
      expect(found.text).toBe(expected.text)
      expect(found.thrown).toBeUndefined()
      expect(down.claw.stats().queued).toBeGreaterThan(0)
    })
  })
}

interface Opened {
  readonly claw: Claw
  /** What went to `onError`. */
  readonly faults: readonly unknown[]
  readonly recorded: () => Promise<readonly ClawEvent[]>
}

function only<Type extends ClawEventType>(events: readonly ClawEvent[], type: Type): ClawEventOf<Type> {
  const found = events.filter((event) => event.type === type)
  const [event] = found
  if (event === undefined || found.length > 1) {
    throw new Error(
      `expected one ${type}, found ${found.length} among ${events.map((each) => each.type).join(', ')}`,
    )
  }
  // The filter above compared the type.
  return event as ClawEvent as ClawEventOf<Type>
}

function expectEveryRunEnds(events: readonly ClawEvent[]): void {
  const runIds = new Set(events.map((event) => event.runId))
  for (const runId of runIds) {
    expect(events.filter((event) => event.runId === runId && isTerminalEvent(event))).toHaveLength(1)
  }
}
