import { type ClawEvent, type EventVerdict, GatewayError, PincerError } from '@pincer/protocol'
import { describe, expect, test } from 'vitest'
import { type Claw, type ClientOptions, createClient } from '../src/index.ts'
import { FakeGateway, type FakeGatewayOptions } from './fake-gateway.ts'
import { ManualClock } from './manual-clock.ts'

type Setup = { gateway: FakeGateway; clock: ManualClock; claw: Claw; errors: [unknown, string][] }

function setUp(behaviour: FakeGatewayOptions = {}, options: Partial<ClientOptions> = {}): Setup {
  const gateway = new FakeGateway(behaviour)
  const clock = new ManualClock()
  const errors: [unknown, string][] = []
  const claw = createClient({
    gateway,
    clock,
    random: () => 1,
    context: false,
    onError: (error, where) => errors.push([error, where]),
    ...options,
  })
  return { gateway, clock, claw, errors }
}

function record(claw: Claw, count: number): void {
  const run = claw.startRun({ name: 'story' })
  for (let index = 1; index < count; index++) run.record('task.updated', { status: String(index) })
}

const down = (): never => {
  throw new GatewayError('down', { status: 503, retryable: true })
}

describe('batches', () => {
  test('go out together when the interval is over, and not before', async () => {
    const { gateway, clock, claw } = setUp()
    record(claw, 3)
    await clock.advance(199)
    expect(gateway.batches).toEqual([])
    await clock.advance(1)
    expect(gateway.batches.map((batch) => batch.length)).toEqual([3])
    expect(claw.stats()).toMatchObject({ delivered: 3, queued: 0, queuedBytes: 0, oldestAgeMs: 0 })
  })

  test('go out at once when one is full, and in order', async () => {
    const { gateway, clock, claw } = setUp({}, { outbox: { maxBatchEvents: 4 } })
    record(claw, 10)
    await clock.advance(0)
    expect(gateway.batches.map((batch) => batch.length)).toEqual([4, 4, 2])
    expect(gateway.kept.map((event) => event.seq)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
  })

  test('are bounded by bytes, but one event always goes', async () => {
    const { gateway, clock, claw } = setUp({}, { outbox: { maxBatchBytes: 1_500 } })
    const run = claw.startRun({ input: 'x'.repeat(5_000) })
    for (let index = 0; index < 4; index++) run.record('assistant.message', { text: 'y'.repeat(300) })
    await clock.advance(200)
    expect(gateway.batches.map((batch) => batch.length)).toEqual([1, 2, 2])
  })

  test('carry whatever was recorded while the last one was under way', async () => {
    const answers: (() => void)[] = []
    const { gateway, clock, claw } = setUp({
      append: (events, keep) =>
        new Promise((resolve) => {
          answers.push(() => resolve(keep(events)))
        }),
    })
    const run = claw.startRun()
    await clock.advance(200)
    run.message('one')
    run.message('two')
    answers[0]?.()
    await clock.advance(0)
    expect(gateway.batches.map((batch) => batch.length)).toEqual([1, 2])
  })
})

describe('a gateway that fails', () => {
  test('is asked again with growing waits and full jitter', async () => {
    let draw = 0
    const draws = [1, 0.5, 1, 1]
    const { gateway, clock, claw, errors } = setUp(
      { append: down },
      { random: () => draws[draw++] ?? 1, outbox: { baseMs: 100, maxMs: 400 } },
    )
    record(claw, 2)
    const waits: number[] = []
    let last = 0
    await clock.advance(200)
    last = clock.monotonic()
    for (let attempt = 1; attempt < 6; attempt++) {
      while (gateway.batches.length === attempt) await clock.advance(10)
      waits.push(clock.monotonic() - last)
      last = clock.monotonic()
    }
    expect(waits).toEqual([100, 100, 400, 400, 400])
    expect(errors).toHaveLength(1)
    expect(claw.stats()).toMatchObject({ queued: 2, delivered: 0, dropped: 0, retried: 12 })
  })

  test('gets everything once it is back, in order and once', async () => {
    let failures = 3
    const { gateway, clock, claw } = setUp({
      append: (events, keep) => (failures-- > 0 ? down() : keep(events)),
    })
    record(claw, 5)
    await clock.advance(10_000)
    expect(gateway.kept.map((event) => event.seq)).toEqual([1, 2, 3, 4, 5])
    expect(claw.stats()).toMatchObject({ queued: 0, delivered: 5, retried: 15 })
  })

  test('is left alone for as long as it asked, by a flush too', async () => {
    let first = true
    const { gateway, clock, claw } = setUp({
      append: (events, keep) => {
        if (!first) return keep(events)
        first = false
        throw new GatewayError('slow down', { status: 429, retryable: true, retryAfterMs: 5_000 })
      },
    })
    record(claw, 2)
    await clock.advance(200)
    const flushed = claw.flush({ timeoutMs: 20_000 })
    await clock.advance(4_999)
    expect(gateway.batches).toHaveLength(1)
    await clock.advance(1)
    expect(gateway.batches).toHaveLength(2)
    await expect(flushed).resolves.toEqual({ drained: true, queued: 0 })
  })

  test('that asks for an hour is believed for five minutes', async () => {
    const { gateway, clock, claw } = setUp({
      append: () => {
        throw new GatewayError('busy', { status: 503, retryable: true, retryAfterMs: 3_600_000 })
      },
    })
    record(claw, 1)
    await clock.advance(200 + 299_999)
    expect(gateway.batches).toHaveLength(1)
    await clock.advance(1)
    expect(gateway.batches).toHaveLength(2)
  })

  test.each([
    ['hangs and ignores the signal', () => new Promise(() => {})],
    ['rejects with something that is no error', () => Promise.reject('no')],
    [
      'throws at once',
      () => {
        throw new TypeError('broken')
      },
    ],
    [
      'refuses the token',
      () => {
        throw new GatewayError('no', { status: 401 })
      },
    ],
    [
      'is not found',
      () => {
        throw new GatewayError('no', { status: 404 })
      },
    ],
    ['answers nothing', () => Promise.resolve(undefined)],
    ['answers null', () => Promise.resolve(null)],
    ['answers an object', () => Promise.resolve({ verdicts: [] })],
    ['answers rubbish verdicts', () => Promise.resolve([null, 7, 'x', { id: 9 }, {}])],
    ['answers for none', () => Promise.resolve([])],
    [
      'answers with a word it does not know',
      (events: readonly ClawEvent[]) => Promise.resolve(events.map(({ id }) => ({ id, status: 'maybe' }))),
    ],
    ['answers for others', () => Promise.resolve([{ id: 'other', status: 'accepted' }])],
  ])('that %s loses nothing and is not run over', async (_, append) => {
    const { gateway, clock, claw } = setUp({ append })
    record(claw, 3)
    await clock.advance(60_000)
    expect(claw.stats()).toMatchObject({ queued: 3, delivered: 0, dropped: 0, rejected: 0 })
    expect(gateway.batches.length).toBeGreaterThan(3)
    expect(gateway.batches.length).toBeLessThan(20)
    gateway.append = (events, keep) => keep(events)
    await clock.advance(60_000)
    expect(gateway.kept.map((event) => event.seq)).toEqual([1, 2, 3])
    expect(claw.stats()).toMatchObject({ queued: 0, delivered: 3, dropped: 0, rejected: 0 })
  })

  test('that hangs is told so by the signal when its time is up', async () => {
    let signal: AbortSignal | undefined
    const { clock, claw } = setUp(
      {
        append: (_events, _keep, options) => {
          signal = options?.signal
          return new Promise(() => {})
        },
      },
      { outbox: { requestTimeoutMs: 1_000 } },
    )
    record(claw, 1)
    await clock.advance(1_199)
    expect(signal?.aborted).toBe(false)
    await clock.advance(1)
    expect(signal?.reason).toBeInstanceOf(GatewayError)
  })
})

describe('refusals', () => {
  const poisonous = (event: ClawEvent): boolean =>
    event.type === 'task.updated' && event.data.status === 'poison'

  test.each([400, 413, 422])('with status %i are narrowed down to the one event at fault', async (status) => {
    const drops: unknown[] = []
    const { gateway, clock, claw } = setUp(
      {
        append: (events, keep) => {
          if (events.some(poisonous)) throw new GatewayError('refused', { status })
          return keep(events)
        },
      },
      { onDrop: (drop) => drops.push(drop) },
    )
    const run = claw.startRun()
    for (let index = 0; index < 99; index++)
      run.record('task.updated', { status: index === 60 ? 'poison' : String(index) })
    await clock.advance(200)
    expect(gateway.kept.map((event) => event.seq)).toEqual(
      Array.from({ length: 100 }, (_, index) => index + 1).filter((seq) => seq !== 62),
    )
    expect(claw.stats()).toMatchObject({ delivered: 99, rejected: 1, dropped: 0, queued: 0 })
    expect(claw.deadLetters()).toMatchObject([
      { code: `http_${status}`, message: 'refused', event: { seq: 62 } },
    ])
    expect(drops).toMatchObject([{ reason: 'rejected', count: 1, events: [{ seq: 62 }] }])
    expect(gateway.batches.length).toBeLessThan(25)
  })

  test('of single events go to the dead letters with code and message, and hold up nothing', async () => {
    const { gateway, clock, claw } = setUp({
      append: (events, keep) => {
        const bad = events.filter(poisonous)
        return [
          ...keep(events.filter((event) => !poisonous(event))),
          ...bad.map(({ id }): EventVerdict => ({ id, status: 'rejected', code: 'too_odd', message: 'no' })),
        ]
      },
    })
    const run = claw.startRun()
    run.record('task.updated', { status: 'poison' })
    run.end()
    await clock.advance(200)
    expect(gateway.types).toEqual(['run.started', 'run.completed'])
    expect(claw.deadLetters()).toMatchObject([{ code: 'too_odd', message: 'no', event: { seq: 2 } }])
    expect(claw.stats()).toMatchObject({ delivered: 2, rejected: 1 })
  })

  test('keep the newest hundred dead letters', async () => {
    const { clock, claw } = setUp({
      append: (events) => events.map(({ id }) => ({ id, status: 'rejected' })),
    })
    record(claw, 150)
    await clock.advance(200)
    const letters = claw.deadLetters()
    expect(letters).toHaveLength(100)
    expect(letters.at(-1)).toMatchObject({ event: { seq: 150 }, code: 'rejected' })
    expect(claw.stats()).toMatchObject({ rejected: 150, queued: 0 })
  })

  test('leave events without a verdict waiting', async () => {
    const silent = new Set([2, 3])
    const { gateway, clock, claw } = setUp({
      append: (events, keep) => {
        const answered = events.filter((event) => !silent.has(event.seq ?? 0))
        silent.clear()
        return keep(answered)
      },
    })
    record(claw, 4)
    await clock.advance(200)
    expect(claw.stats()).toMatchObject({ delivered: 2, queued: 2, retried: 2 })
    await clock.advance(250)
    expect(gateway.ofRun(gateway.kept[0]?.runId ?? '').map((event) => event.seq)).toEqual([1, 2, 3, 4])
    expect(claw.stats()).toMatchObject({ delivered: 4, queued: 0 })
  })

  test('count a duplicate as delivered', async () => {
    const { clock, claw } = setUp({
      append: (events) => events.map(({ id }) => ({ id, status: 'duplicate' })),
    })
    record(claw, 2)
    await clock.advance(200)
    expect(claw.stats()).toMatchObject({ delivered: 2, queued: 0, rejected: 0 })
  })
})

test('a gateway that was closed is not asked again: what waits and what comes is lost as closed', async () => {
  const drops: string[] = []
  const refuse = (): never => {
    throw new PincerError('closed', 'the gateway is closed')
  }
  const { gateway, clock, claw, errors } = setUp(
    { append: refuse },
    { onDrop: ({ reason, count }) => drops.push(`${reason} ${count}`) },
  )
  record(claw, 3)
  await clock.advance(200)
  expect(gateway.batches).toHaveLength(1)
  expect(drops).toEqual(['closed 3'])
  expect(errors).toEqual([[expect.objectContaining({ code: 'closed' }), 'outbox']])
  record(claw, 2)
  await clock.advance(600_000)
  expect(gateway.batches).toHaveLength(1)
  expect(drops.slice(1).every((drop) => drop.startsWith('closed'))).toBe(true)
  expect(claw.stats()).toMatchObject({ queued: 0, delivered: 0 })
  expect(claw.stats().dropped).toBeGreaterThanOrEqual(5)
  await expect(claw.flush()).resolves.toEqual({ drained: true, queued: 0 })
  await claw.close()
})
