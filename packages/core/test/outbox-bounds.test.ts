import { emptyUsage, GatewayError } from '@pincer/protocol'
import { describe, expect, test } from 'vitest'
import { type Claw, type ClientOptions, createClient, type Drop, type Run } from '../src/index.ts'
import { FakeGateway } from './fake-gateway.ts'
import { ManualClock } from './manual-clock.ts'

type Setup = { gateway: FakeGateway; clock: ManualClock; claw: Claw; drops: Drop[]; up: () => void }

function setUp(options: Partial<ClientOptions>): Setup {
  let isUp = false
  const gateway = new FakeGateway({
    append: (events, keep) => {
      if (!isUp) throw new GatewayError('down', { retryable: true })
      return keep(events)
    },
  })
  const clock = new ManualClock()
  const drops: Drop[] = []
  const claw = createClient({
    gateway,
    clock,
    context: false,
    random: () => 1,
    onDrop: (drop) => drops.push(drop),
    ...options,
  })
  return { gateway, clock, claw, drops, up: () => void (isUp = true) }
}

const seqsOf = (drops: readonly Drop[]): (number | undefined)[] =>
  drops.flatMap((drop) => drop.events.map((event) => event.seq))

function delta(run: Run, text: string): void {
  run.record('assistant.delta', { delta: text })
}

describe('the memory outbox', () => {
  test('keeps no more events than its bound, and counts and tells each loss', () => {
    const { claw, drops } = setUp({ outbox: { maxEvents: 10 } })
    const run = claw.startRun()
    for (let index = 0; index < 99; index++) run.message(String(index))
    expect(claw.stats()).toMatchObject({ queued: 10, dropped: 90 })
    expect(drops.reduce((sum, drop) => sum + drop.count, 0)).toBe(90)
    expect(drops.every((drop) => drop.reason === 'full' && drop.count === drop.events.length)).toBe(true)
    expect(seqsOf(drops)).toEqual(Array.from({ length: 90 }, (_, index) => index + 1))
  })

  test('keeps no more bytes than its bound, by what the events weigh', () => {
    const { claw, drops } = setUp({ outbox: { maxBytes: 100_000 } })
    const run = claw.startRun()
    for (let index = 0; index < 50; index++) run.message('x'.repeat(10_000))
    const { queued, queuedBytes, dropped } = claw.stats()
    expect(queuedBytes).toBeLessThanOrEqual(100_000)
    expect(queuedBytes).toBeGreaterThan(80_000)
    expect(queued + dropped).toBe(51)
    expect(drops.reduce((sum, drop) => sum + drop.bytes, 0)).toBeGreaterThan(400_000)
  })

  test('drops deltas first, then what is ordinary, and what settles a run last', () => {
    const { claw, drops } = setUp({ outbox: { maxEvents: 6 } })
    const types = (): string[] => drops.flatMap((drop) => drop.events.map((event) => event.type))
    const run = claw.startRun()
    delta(run, 'a')
    run.message('ordinary')
    delta(run, 'b')
    const call = run.startModelCall({ provider: 'p', model: 'm' })
    call.end({ usage: { ...emptyUsage } })
    // Seven were recorded for six places: the older delta went.
    expect(seqsOf(drops)).toEqual([2])
    run.pause({ approvalId: 'a1', name: 'deploy' })
    expect(seqsOf(drops)).toEqual([2, 4])
    run.resume({ approvalId: 'a1', status: 'approved' })
    run.end()
    expect(types().slice(2)).toEqual(['run.started', 'assistant.message'])
    delta(claw.startRun(), 'c')
    expect(types().slice(4)).toEqual(['model.call.started', 'assistant.delta'])
    for (let index = 0; index < 2; index++) claw.startRun().end()
    // Nothing but what settles is left, and only then its oldest goes.
    expect(types().slice(6)).toEqual(['run.started', 'run.started', 'run.started', 'usage.reported'])
  })

  test('lets one event that can never fit go, and nothing else for it', () => {
    const { claw, drops } = setUp({ outbox: { maxBytes: 10_000 } })
    const run = claw.startRun()
    for (let index = 0; index < 5; index++) run.message('small')
    run.message('x'.repeat(20_000))
    expect(seqsOf(drops)).toEqual([7])
    expect(claw.stats()).toMatchObject({ queued: 6, dropped: 1 })
  })

  test('keeps what is under way, and drops of the rest', async () => {
    const answers: (() => void)[] = []
    const gateway = new FakeGateway({
      append: (events, keep) =>
        new Promise((resolve) => {
          answers.push(() => resolve(keep(events)))
        }),
    })
    const clock = new ManualClock()
    const drops: Drop[] = []
    const claw = createClient({
      gateway,
      clock,
      outbox: { maxEvents: 4, maxBatchEvents: 3 },
      onDrop: (drop) => drops.push(drop),
    })
    const run = claw.startRun()
    run.message('2')
    run.message('3')
    await clock.advance(0)
    for (let index = 4; index < 10; index++) run.message(String(index))
    expect(claw.stats()).toMatchObject({ queued: 4, dropped: 5 })
    expect(seqsOf(drops)).toEqual([4, 5, 6, 7, 8])
    answers[0]?.()
    await clock.advance(0)
    answers[1]?.()
    await clock.advance(0)
    expect(gateway.kept.map((event) => event.seq)).toEqual([1, 2, 3, 9])
    expect(claw.stats()).toMatchObject({ queued: 0, queuedBytes: 0, delivered: 4, dropped: 5 })
  })

  test('does not grow though one event that settles a run waits at its front for ever', async () => {
    const { gateway, clock, claw, up } = setUp({ outbox: { maxEvents: 50 } })
    claw.startRun({ runId: 'first' }).end()
    const run = claw.startRun({ runId: 'second' })
    for (let index = 0; index < 20_000; index++) run.message(String(index))
    up()
    await clock.advance(60_000)
    expect(gateway.kept).toHaveLength(50)
    expect(gateway.kept[0]).toMatchObject({ type: 'run.completed', runId: 'first' })
    expect(gateway.kept.slice(1).map((event) => event.seq)).toEqual(
      Array.from({ length: 49 }, (_, index) => 20_001 - 48 + index),
    )
  })

  test('says how old the oldest waiting event is', async () => {
    const { clock, claw } = setUp({})
    expect(claw.stats().oldestAgeMs).toBe(0)
    claw.startRun()
    await clock.advance(1_500)
    claw.startRun()
    expect(claw.stats().oldestAgeMs).toBe(1_500)
    clock.jump(-10_000)
    expect(claw.stats().oldestAgeMs).toBe(0)
  })
})

describe('onDrop', () => {
  test.each([
    [
      'throws',
      () => {
        throw new Error('host')
      },
    ],
    ['rejects', () => Promise.reject(new Error('host')) as unknown as undefined],
  ])('that %s harms nobody and is told to onError', async (_, onDrop) => {
    const errors: [unknown, string][] = []
    const claw = createClient({
      gateway: new FakeGateway(),
      clock: new ManualClock(),
      outbox: { maxEvents: 1 },
      onDrop,
      onError: (error, where) => {
        errors.push([error, where])
        throw error
      },
    })
    claw.startRun().end()
    await Promise.resolve()
    await Promise.resolve()
    expect(errors).toEqual([[new Error('host'), 'onDrop']])
    expect(claw.stats()).toMatchObject({ queued: 1, dropped: 1 })
  })
})

test('a gateway that takes no events has each counted as dropped', () => {
  const drops: Drop[] = []
  const claw = createClient({
    gateway: new FakeGateway({ events: false }),
    onDrop: (drop) => drops.push(drop),
  })
  claw.startRun().end()
  expect(drops.map(({ reason, count }) => [reason, count])).toEqual([
    ['unsupported', 1],
    ['unsupported', 1],
  ])
  expect(claw.stats()).toMatchObject({ dropped: 2, queued: 0 })
})
