import { GatewayError } from '@pincer/protocol'
import { describe, expect, test } from 'vitest'
import { type Claw, type ClientOptions, createClient, type Drop } from '../src/index.ts'
import { FakeGateway, type FakeGatewayOptions } from './fake-gateway.ts'
import { ManualClock, rest } from './manual-clock.ts'

type Setup = { gateway: FakeGateway; clock: ManualClock; claw: Claw; drops: Drop[] }

function setUp(behaviour: FakeGatewayOptions = {}, options: Partial<ClientOptions> = {}): Setup {
  const gateway = new FakeGateway(behaviour)
  const clock = new ManualClock()
  const drops: Drop[] = []
  const claw = createClient({
    gateway,
    clock,
    random: () => 1,
    context: false,
    onDrop: (drop) => drops.push(drop),
    ...options,
  })
  return { gateway, clock, claw, drops }
}

const down = (): never => {
  throw new GatewayError('down', { retryable: true })
}

describe('flush', () => {
  test('of nothing is done at once', async () => {
    const { claw } = setUp()
    await expect(claw.flush()).resolves.toEqual({ drained: true, queued: 0 })
  })

  test('delivers at once what waits', async () => {
    const { gateway, clock, claw } = setUp()
    claw.startRun().end()
    const flushed = claw.flush()
    await clock.advance(0)
    await expect(flushed).resolves.toEqual({ drained: true, queued: 0 })
    expect(gateway.types).toEqual(['run.started', 'run.completed'])
  })

  test('gives up waiting when its time is up, and the events stay', async () => {
    const { gateway, clock, claw } = setUp({ append: down })
    claw.startRun()
    const flushed = claw.flush({ timeoutMs: 1_000 })
    await clock.advance(1_000)
    await expect(flushed).resolves.toEqual({ drained: false, queued: 1 })
    gateway.append = (events, keep) => keep(events)
    await clock.advance(1_000)
    expect(gateway.types).toEqual(['run.started'])
  })

  test('tries faster than usual while it waits', async () => {
    const { gateway, clock, claw } = setUp({ append: down }, { outbox: { baseMs: 60_000, maxMs: 60_000 } })
    claw.startRun()
    await clock.advance(200)
    expect(gateway.batches).toHaveLength(1)
    void claw.flush({ timeoutMs: 3_000 })
    await clock.advance(3_000)
    expect(gateway.batches.length).toBeGreaterThan(5)
  })

  test('does not wait for what is recorded after it', async () => {
    const answers: (() => void)[] = []
    const { clock, claw } = setUp(
      {
        append: (events, keep) =>
          new Promise((resolve) => {
            answers.push(() => resolve(keep(events)))
          }),
      },
      { outbox: { maxBatchEvents: 1 } },
    )
    const run = claw.startRun()
    let result: unknown
    void claw.flush().then((flushed) => (result = flushed))
    await clock.advance(0)
    run.message('later')
    answers[0]?.()
    await rest()
    expect(result).toEqual({ drained: true, queued: 1 })
  })

  test('is not taken in by events that were dropped after it', async () => {
    const { clock, claw, drops } = setUp({ append: down }, { outbox: { maxEvents: 2 } })
    claw.startRun().end()
    const flushed = claw.flush({ timeoutMs: 1_000 })
    await clock.advance(0)
    const run = claw.startRun()
    run.message('x')
    run.message('y')
    expect(drops.length).toBeGreaterThan(2)
    await clock.advance(1_000)
    await expect(flushed).resolves.toEqual({ drained: false, queued: 2 })
  })

  test('counts refusals as settled', async () => {
    const { clock, claw } = setUp({
      append: (events) => events.map(({ id }) => ({ id, status: 'rejected' })),
    })
    claw.startRun()
    const flushed = claw.flush()
    await clock.advance(0)
    await expect(flushed).resolves.toEqual({ drained: true, queued: 0 })
  })

  test('can be asked many times at once, and each settles by its own time', async () => {
    let isUp = false
    const { clock, claw } = setUp({ append: (events, keep) => (isUp ? keep(events) : down()) })
    claw.startRun()
    const short = claw.flush({ timeoutMs: 100 })
    const long = [claw.flush({ timeoutMs: 5_000 }), claw.flush({ timeoutMs: 5_000 })]
    await clock.advance(100)
    await expect(short).resolves.toEqual({ drained: false, queued: 1 })
    isUp = true
    await clock.advance(1_000)
    await expect(Promise.all(long)).resolves.toEqual([
      { drained: true, queued: 0 },
      { drained: true, queued: 0 },
    ])
    expect(claw.stats().delivered).toBe(1)
  })

  test('without end is no flush that ends at once', async () => {
    const claw = createClient({
      gateway: new FakeGateway({
        append: (events, keep) =>
          new Promise((resolve) => {
            setTimeout(() => resolve(keep(events)), 30)
          }),
      }),
    })
    claw.startRun()
    await expect(claw.flush({ timeoutMs: Infinity })).resolves.toEqual({ drained: true, queued: 0 })
  })
})

describe('close', () => {
  test('ends what is open, delivers and closes the gateway, once', async () => {
    const { gateway, clock, claw } = setUp()
    const run = claw.startRun({ runId: 'r' })
    run.startToolCall({ name: 'search' })
    const closed = [claw.close(), claw.close()]
    await clock.advance(10)
    await Promise.all(closed)
    expect(gateway.types).toEqual([
      'run.started',
      'tool.call.started',
      'tool.call.completed',
      'run.timed_out',
    ])
    expect(gateway.one('run.timed_out').data.reason).toBe('the client was closed')
    expect(gateway.closed).toBe(1)
    expect(clock.waiting).toBe(0)
    expect(claw.stats()).toMatchObject({ open: 0, lateEnds: 0, queued: 0, delivered: 4 })
  })

  test('counts and tells what it could not deliver', async () => {
    const { clock, claw, drops } = setUp({ append: down })
    claw.startRun().end()
    const closed = claw.close({ timeoutMs: 500 })
    await clock.advance(500)
    await closed
    expect(drops).toMatchObject([{ reason: 'closed', count: 2 }])
    expect(claw.stats()).toMatchObject({ queued: 0, dropped: 2, delivered: 0 })
  })

  test('lets go of a request under way, which is counted as lost and nothing else', async () => {
    const answers: (() => void)[] = []
    let signal: AbortSignal | undefined
    const { clock, claw } = setUp({
      append: (events, keep, options) =>
        new Promise((resolve) => {
          signal = options?.signal
          answers.push(() => resolve(keep(events)))
        }),
    })
    claw.startRun().end()
    await clock.advance(200)
    const closed = claw.close({ timeoutMs: 100 })
    await clock.advance(100)
    await closed
    expect(signal?.aborted).toBe(true)
    answers[0]?.()
    await clock.advance(60_000)
    expect(claw.stats()).toMatchObject({ queued: 0, dropped: 2, delivered: 0, rejected: 0 })
    expect(clock.waiting).toBe(0)
  })

  test('counts once what the gateway answers for at the moment it is let go of', async () => {
    const { clock, claw } = setUp({
      append: (events, keep, options) =>
        new Promise((resolve) => {
          options?.signal?.addEventListener('abort', () => resolve(keep(events)))
        }),
    })
    claw.startRun().end()
    await clock.advance(200)
    const closed = claw.close({ timeoutMs: 100 })
    await clock.advance(100)
    await closed
    await rest()
    expect(claw.stats()).toMatchObject({ queued: 0, dropped: 2, delivered: 0 })
  })

  test('has whatever is recorded after it counted as dropped', async () => {
    const { clock, claw, drops } = setUp()
    const closed = claw.close()
    await clock.advance(0)
    await closed
    const run = claw.startRun()
    run.end()
    expect(run.ended).toBe(true)
    expect(drops.map(({ reason }) => reason)).toEqual(['closed', 'closed'])
    expect(claw.stats()).toMatchObject({ dropped: 2, delivered: 0, queued: 0 })
    await expect(claw.flush()).resolves.toEqual({ drained: true, queued: 0 })
  })

  test('rejects where the gateway cannot be closed', async () => {
    const { claw } = setUp({ close: () => Promise.reject(new Error('stuck')) })
    await expect(claw.close()).rejects.toThrow('stuck')
  })
})
