import { addUsage, emptyUsage, GatewayError } from '@pincer/protocol'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { type Recorded, recorded } from '../recorded.ts'
import type { ScriptedServer } from '../scripted-server.ts'
import { readStream } from './read-stream.ts'
import type { ClientSubject } from './subject.ts'

/** Where the calls stand in the record, and what is left out of it. */
export function describeRecord<Client extends object>(
  subject: ClientSubject<Client>,
  place: { readonly server: ScriptedServer },
): void {
  const { wire } = subject
  let record: Recorded
  beforeEach(() => {
    record = recorded()
    place.server.answer(wire.answer('Hello!'))
  })
  afterEach(() => record.done())
  const wrap = (claw: Recorded['claw'], options = {}): Client =>
    subject.wrap(subject.make(place.server.url), claw, options)

  describe('record', () => {
    it('puts parallel calls into the run around them, and counts usage at the leaves', async () => {
      const client = wrap(record.claw)
      await record.claw.run({ name: 'outer' }, async () => {
        await Promise.all(Array.from({ length: 5 }, () => subject.call(client)))
      })
      const [run, ...others] = await record.of('run.started')
      expect(others).toEqual([])
      const calls = await record.of('model.call.started')
      expect(calls.map(({ runId }) => runId)).toEqual(Array.from({ length: 5 }, () => run?.runId))
      const usage = await record.of('usage.reported')
      expect(new Set(usage.map(({ actionId }) => actionId)).size).toBe(5)
      const sum = usage.map(({ data }) => data).reduce(addUsage, emptyUsage)
      expect(sum.totalTokens).toBe(5 * (wire.usage.totalTokens ?? 0))
    })

    it('takes parent, runName and provider as options', async () => {
      const run = record.claw.startRun({ name: 'given' })
      await subject.call(wrap(record.claw, { parent: run, provider: 'somebody' }))
      run.end()
      await subject.call(wrap(record.claw, { runName: 'nightly' }))
      expect((await record.of('run.started')).map(({ data }) => data.name)).toEqual(['given', 'nightly'])
      const [first] = await record.of('model.call.started')
      expect(first?.runId).toBe(run.runId)
      expect(first?.data.provider).toBe('somebody')
      expect((await record.of('usage.reported'))[0]?.data.provider).toBe('somebody')
    })

    it('keeps inputs and outputs out where it is told so', async () => {
      const silent = recorded({ recordInputs: false, recordOutputs: false })
      place.server.answers(wire.answer('a secret answer'), wire.stream(['a secret answer']))
      const client = wrap(silent.claw)
      await subject.call(client)
      await readStream(subject, subject.stream(client))
      const text = JSON.stringify(await silent.events())
      expect(text).not.toContain('secret')
      expect(text).not.toContain('Say hello')
      expect(await silent.of('usage.reported')).toHaveLength(2)
      await silent.done()
    })

    it('records nothing and changes nothing in a run that is not sampled', async () => {
      const off = recorded({ sample: 0 })
      place.server.answers(wire.answer('Hello!'), wire.stream(['Hel', 'lo']))
      const client = wrap(off.claw)
      expect(subject.textOf(await subject.call(client))).toBe('Hello!')
      expect(await readStream(subject, subject.stream(client))).toBe('Hello')
      expect(await off.events()).toEqual([])
      await off.done()
    })

    it('is bounded, and nobody’s problem but ours, while the gateway is down', async () => {
      const down = recorded(
        { outbox: { maxEvents: 20 } },
        { fail: () => new GatewayError('down', { retryable: true }) },
      )
      const client = wrap(down.claw)
      for (let call = 0; call < 10; call++) expect(subject.textOf(await subject.call(client))).toBe('Hello!')
      await down.claw.close({ timeoutMs: 10 })
      expect(down.claw.stats().dropped).toBeGreaterThan(0)
    })

    it('keeps a fault of ours from the host', async () => {
      const faults: string[] = []
      const broken = recorded({ onError: (_error, where) => void faults.push(where) })
      const fail = (): never => {
        throw new Error('broken')
      }
      const claw = Object.create(broken.claw, {
        startModelCall: { value: fail },
        startRun: { value: fail },
        current: { value: () => undefined },
        report: { value: (error: unknown, where: string) => broken.claw.report(error, where) },
      }) as Recorded['claw']
      place.server.answers(wire.answer('Hello!'), wire.stream(['Hi']))
      const client = wrap(claw)
      expect(subject.textOf(await subject.call(client))).toBe('Hello!')
      expect(await readStream(subject, subject.stream(client))).toBe('Hi')
      expect(faults).toHaveLength(2)
      await broken.claw.close()
    })
  })
}
