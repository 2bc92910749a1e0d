import { type ClawEvent, type EventVerdict, GatewayError } from '@pincer/protocol'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createClient, type Run } from '../src/index.ts'
import { FakeGateway } from './fake-gateway.ts'
import { ManualClock } from './manual-clock.ts'

type Kind = 'accept' | 'reject' | 'forget' | 'accept unheard'
type Step =
  | { do: 'record'; run: number; kind: 'delta' | 'ordinary' | 'settling' }
  | { do: 'pass'; ms: number }
  | { do: 'answer'; with: 'well' | 'fail' | 'refuse' | 'rubbish' | 'lost'; kinds: Kind[] }

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('record' as const),
      run: fc.nat(2),
      kind: fc.constantFrom('delta', 'ordinary', 'settling'),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('pass' as const), ms: fc.nat(2_000) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('answer' as const),
      with: fc.constantFrom('well', 'fail', 'refuse', 'rubbish', 'lost'),
      kinds: fc.array(fc.constantFrom<Kind>('accept', 'reject', 'forget', 'accept unheard'), {
        maxLength: 6,
      }),
    }),
  },
)

const maxEvents = 12
const maxBytes = 12 * 420

test('whatever happens, the outbox keeps its bounds, the order of runs and its books', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
      const plan: Extract<Step, { do: 'answer' }>[] = []
      const refused = new Set<string>()
      const gateway = new FakeGateway({
        append: (events, keep) => answer(plan.shift(), events, keep, refused),
      })
      const clock = new ManualClock()
      const lost = { full: new Set<string>(), rejected: new Set<string>() }
      const claw = createClient({
        gateway,
        clock,
        context: false,
        random: () => 0.5,
        outbox: { maxEvents, maxBytes, maxBatchEvents: 4, maxBatchBytes: 1_800, baseMs: 50, maxMs: 400 },
        onDrop: ({ reason, events }) => {
          for (const { id } of events) {
            expect(lost.full.has(id) || lost.rejected.has(id)).toBe(false)
            lost[reason === 'rejected' ? 'rejected' : 'full'].add(id)
          }
        },
      })
      const runs = new Map<number, Run>()
      let recorded = 0
      const check = (): void => {
        const { queued, queuedBytes, delivered, dropped, rejected } = claw.stats()
        expect(queued).toBeLessThanOrEqual(maxEvents)
        expect(queuedBytes).toBeLessThanOrEqual(maxBytes)
        expect(delivered + dropped + rejected + queued).toBe(recorded)
        expect([dropped, rejected]).toEqual([lost.full.size, lost.rejected.size])
      }
      for (const step of steps) {
        if (step.do === 'pass') await clock.advance(step.ms)
        else if (step.do === 'answer') plan.push(step)
        else {
          let run = runs.get(step.run)
          if (run === undefined) {
            run = claw.startRun({ runId: `run ${step.run}` })
            runs.set(step.run, run)
            recorded++
          }
          if (step.kind === 'delta') run.record('assistant.delta', { delta: 'x' })
          else if (step.kind === 'ordinary') run.record('task.updated', { status: 'x' })
          else run.resume({ approvalId: `approval ${recorded}`, status: 'approved' })
          recorded++
        }
        check()
      }
      plan.length = 0
      await clock.advance(60_000)
      check()
      const { queued, delivered } = claw.stats()
      expect(queued).toBe(0)
      // Exactly once in effect: the gateway has each event that was neither dropped nor refused, once.
      const ids = gateway.kept.map((event) => event.id)
      expect(new Set(ids).size).toBe(ids.length)
      expect(ids.filter((id) => !lost.full.has(id) && !lost.rejected.has(id)).length).toBe(delivered)
      for (const { id } of claw.deadLetters().map(({ event }) => event)) expect(refused.has(id)).toBe(true)
      // Events of a run are first sent in the order in which they were recorded.
      const sent = new Set<string>()
      const firstSent = gateway.batches.flat().filter(({ id }) => !sent.has(id) && sent.add(id))
      for (const { runId } of runs.values()) {
        const seqs = firstSent.filter((event) => event.runId === runId).map((event) => event.seq ?? 0)
        expect(seqs).toEqual([...seqs].sort((left, right) => left - right))
      }
    }),
    { numRuns: 300 },
  )
}, 60_000)

function answer(
  plan: Extract<Step, { do: 'answer' }> | undefined,
  events: readonly ClawEvent[],
  keep: (events: readonly ClawEvent[]) => EventVerdict[],
  refused: Set<string>,
): unknown {
  if (plan === undefined) return keep(events)
  switch (plan.with) {
    case 'fail':
      throw new GatewayError('down', { retryable: true })
    case 'refuse':
      for (const { id } of events) refused.add(id)
      throw new GatewayError('refused', { status: 400 })
    case 'rubbish':
      return 'thanks'
    case 'lost':
      // The gateway has them, but its answer never comes through.
      keep(events)
      throw new GatewayError('cut', { retryable: true })
    case 'well':
      return events.flatMap((event, index): EventVerdict[] => {
        const kind = plan.kinds[index] ?? 'accept'
        if (kind === 'forget') return []
        if (kind === 'reject') {
          refused.add(event.id)
          return [{ id: event.id, status: 'rejected', code: 'odd' }]
        }
        const verdicts = keep([event])
        return kind === 'accept' ? verdicts : []
      })
  }
}
