import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { GatewayError, PincerError } from '@pincer/protocol'
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest'
import { sqliteOutbox, type SqliteOutboxOptions } from '../src/durable.ts'
import { type Claw, type ClientOptions, createClient, type Drop, type OutboxStore } from '../src/index.ts'
import { FakeGateway } from './fake-gateway.ts'
import { ManualClock } from './manual-clock.ts'
import { until } from './until.ts'

const folder = mkdtempSync(join(tmpdir(), 'pincer-durable-'))
let path = ''
let count = 0
let stores: OutboxStore[] = []
beforeEach(() => void (path = join(folder, `${count++}.sqlite`)))
afterEach(() => {
  for (const store of stores) store.close()
  stores = []
})
afterAll(() => rmSync(folder, { recursive: true }))

type Setup = {
  claw: Claw
  gateway: FakeGateway
  clock: ManualClock
  store: OutboxStore
  errors: unknown[]
  drops: Drop[]
}

function setUp(bounds: Partial<SqliteOutboxOptions> = {}, options: Partial<ClientOptions> = {}): Setup {
  const gateway = new FakeGateway()
  const clock = new ManualClock()
  const errors: unknown[] = []
  const drops: Drop[] = []
  const store = sqliteOutbox({ path, onError: (error) => errors.push(error), ...bounds })
  stores.push(store)
  const { outbox, ...others } = options
  const claw = createClient({
    gateway,
    clock,
    random: () => 1,
    outbox: { store, ...outbox },
    onDrop: (drop) => drops.push(drop),
    ...others,
  })
  return { claw, gateway, clock, store, errors, drops }
}

const down = (): never => {
  throw new GatewayError('down', { retryable: true })
}

function inFile<Row>(sql: string): Row[] {
  const database = new DatabaseSync(path)
  const rows = database.prepare(sql).all()
  database.close()
  return rows as Row[]
}

function write(sql: string, ...values: (string | number)[]): void {
  const database = new DatabaseSync(path)
  database.prepare(sql).run(...values)
  database.close()
}

function record(claw: Claw, events: number): void {
  const run = claw.startRun()
  for (let index = 1; index < events; index++) run.record('task.updated', { status: String(index) })
}

const seqs = (gateway: FakeGateway): unknown[] => gateway.kept.map(({ seq }) => seq)

describe('the file', () => {
  test('keeps an event from the moment it is recorded until it is acknowledged', async () => {
    const { claw, gateway, clock } = setUp()
    claw.startRun({ runId: 'r', input: { password: 'hunter2' } })
    const [row] = inFile<{ body: string }>('SELECT body FROM events')
    expect(JSON.parse(row?.body ?? '')).toMatchObject({
      type: 'run.started',
      runId: 'r',
      data: { input: { password: '[redacted]' } },
    })
    await clock.advance(200)
    expect(gateway.kept).toHaveLength(1)
    expect(inFile('SELECT * FROM events')).toEqual([])
    expect(claw.stats()).toMatchObject({ queued: 0, queuedBytes: 0, delivered: 1 })
  })

  test('can be read by its owner only', () => {
    setUp().claw.startRun()
    for (const name of [path, `${path}-wal`, `${path}-shm`]) expect(statSync(name).mode & 0o777).toBe(0o600)
  })

  test.each<[string, string, () => string]>([
    ['a folder that is not there', 'unable to open database file', () => join(folder, 'missing', 'x.sqlite')],
    ['a folder', 'unable to open database file', () => folder],
    [
      'something that is no database',
      'file is not a database',
      () => (writeFileSync(path, 'x'.repeat(4_096)), path),
    ],
  ])('that cannot be opened is a clear error: %s', (_, why, where) => {
    const file = where()
    const open = (): unknown => sqliteOutbox({ path: file })
    expect(open).toThrow(PincerError)
    expect(open).toThrow(
      `sqliteOutbox: "${file}" cannot be opened as an outbox file: ${why}; its folder must exist and be writable`,
    )
  })

  test('is let go of at the close, with what was not delivered', async () => {
    const { claw, gateway, clock } = setUp()
    gateway.append = down
    record(claw, 3)
    const closed = claw.close({ timeoutMs: 100 })
    await clock.advance(100)
    await closed
    expect(claw.stats()).toMatchObject({ queued: 4, dropped: 0, delivered: 0 })
    expect(claw.deadLetters()).toEqual([])
    expect(inFile('SELECT * FROM owners')).toEqual([])
    const next = setUp()
    await next.clock.advance(0)
    expect(seqs(next.gateway)).toEqual([1, 2, 3, 4])
    expect(next.claw.stats()).toMatchObject({ queued: 0, delivered: 4 })
  })

  test('delivers in order through batches, failures and partial answers', async () => {
    const { claw, gateway, clock } = setUp({}, { outbox: { maxBatchEvents: 3 } })
    let request = 0
    gateway.append = (events, keep) => {
      request++
      if (request === 2) return down()
      return keep(request === 4 ? events.slice(0, 1) : events)
    }
    record(claw, 10)
    await clock.advance(5_000)
    expect(seqs(gateway)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
    expect(claw.stats()).toMatchObject({ delivered: 10, queued: 0, retried: 5 })
  })

  test('takes an event of the same id once', async () => {
    const { claw, gateway, clock } = setUp()
    const run = claw.startRun()
    run.pause({ approvalId: 'a', name: 'x' })
    run.pause({ approvalId: 'a', name: 'x' })
    await clock.advance(200)
    expect(gateway.batches.flat()).toHaveLength(2)
    expect(claw.stats().queued).toBe(0)
  })

  test('is bounded by count, by priority, and each loss is counted and told', async () => {
    const { claw, gateway, clock, drops } = setUp({ maxEvents: 5 })
    const run = claw.startRun()
    run.record('assistant.delta', { delta: 'x' })
    run.end()
    const next = claw.startRun()
    for (let index = 0; index < 10; index++) next.message(String(index))
    expect(claw.stats()).toMatchObject({ queued: 5, dropped: 9 })
    expect(drops.flatMap(({ events }) => events.map(({ type }) => type)).slice(0, 3)).toEqual([
      'assistant.delta',
      'run.started',
      'run.started',
    ])
    await clock.advance(200)
    expect(gateway.types).toEqual(['run.completed', ...Array.from({ length: 4 }, () => 'assistant.message')])
  })

  test('is bounded by bytes, and one event too large takes nothing else with it', () => {
    const { claw, drops } = setUp({ maxBytes: 20_000 })
    const run = claw.startRun()
    for (let index = 0; index < 30; index++) run.message('x'.repeat(1_000))
    const { queued, queuedBytes, dropped } = claw.stats()
    expect(queuedBytes).toBeLessThanOrEqual(20_000)
    expect(queuedBytes).toBeGreaterThan(15_000)
    expect(queued + dropped).toBe(31)
    run.message('x'.repeat(25_000))
    expect(claw.stats()).toMatchObject({ queued, dropped: dropped + 1 })
    expect(drops.at(-1)).toMatchObject({ reason: 'full', count: 1, events: [{ seq: 32 }] })
  })

  test('keeps what is under way, and drops of the rest', async () => {
    const { claw, gateway, clock, drops } = setUp({ maxEvents: 4 }, { outbox: { maxBatchEvents: 2 } })
    const answers: (() => void)[] = []
    gateway.append = (events, keep) => new Promise((resolve) => answers.push(() => resolve(keep(events))))
    record(claw, 2)
    await clock.advance(200)
    record(claw, 5)
    expect(drops.flatMap(({ events }) => events.map(({ seq }) => seq))).toEqual([1, 2, 3])
    for (let index = 0; index < 3; index++) {
      answers[index]?.()
      await clock.advance(200)
    }
    expect(seqs(gateway)).toEqual([1, 2, 4, 5])
    expect(claw.stats()).toMatchObject({ queued: 0, queuedBytes: 0, delivered: 4, dropped: 3 })
  })

  test('keeps what the gateway refused for good', async () => {
    const { claw, gateway, clock } = setUp()
    gateway.append = (events) =>
      events.map(({ id }) => ({ id, status: 'rejected', code: 'odd', message: 'no' }))
    record(claw, 2)
    await clock.advance(200)
    expect(claw.deadLetters()).toMatchObject([
      { code: 'odd', message: 'no', event: { seq: 2 } },
      { code: 'odd', message: 'no', event: { seq: 1 } },
    ])
    expect(claw.stats()).toMatchObject({ rejected: 2, queued: 0 })
    expect(setUp().claw.deadLetters()).toHaveLength(2)
  })

  test('that holds something else than an event puts it aside, says so and goes on', async () => {
    const { claw, gateway, clock, errors } = setUp()
    gateway.append = down
    record(claw, 3)
    await clock.advance(200)
    write(`UPDATE events SET body = '{"not an event"' WHERE position = 2`)
    gateway.append = (events, keep) => keep(events)
    await clock.advance(1_000)
    expect(seqs(gateway)).toEqual([1, 3])
    expect(inFile('SELECT code, body FROM dead_letters')).toEqual([
      { code: 'unreadable', body: '{"not an event"' },
    ])
    expect(errors).toMatchObject([{ code: 'protocol', message: expect.stringContaining('dead_letters') }])
    expect(claw.stats()).toMatchObject({ queued: 0, queuedBytes: 0, delivered: 2 })
    expect(claw.deadLetters()).toEqual([])
  })
})

describe('a file that refuses', () => {
  /** Another connection that writes and does not come to an end. */
  function lock(): DatabaseSync {
    const other = new DatabaseSync(path)
    other.exec('BEGIN EXCLUSIVE')
    return other
  }

  test('holds up recording a moment only, and the events wait in memory', async () => {
    const { claw, gateway, clock, errors } = setUp()
    record(claw, 2)
    const other = lock()
    const startedAt = performance.now()
    record(claw, 500)
    expect(performance.now() - startedAt).toBeLessThan(3_000)
    expect(errors).toHaveLength(1)
    expect(claw.stats().queued).toBe(502)
    other.exec('ROLLBACK')
    other.close()
    await clock.advance(60_000)
    expect(gateway.kept).toHaveLength(502)
    expect(gateway.batches.flat()).toHaveLength(502)
    expect(claw.stats()).toMatchObject({ queued: 0, queuedBytes: 0, delivered: 502, dropped: 0 })
  })

  test('to let go of what was delivered has nothing sent or counted twice', async () => {
    const { claw, gateway, clock } = setUp({}, { outbox: { maxBatchEvents: 5 } })
    record(claw, 20)
    const other = lock()
    await clock.advance(1_000)
    expect(claw.stats()).toMatchObject({ queued: 0, delivered: 20 })
    expect(inFile('SELECT * FROM events')).toHaveLength(20)
    other.exec('ROLLBACK')
    other.close()
    await new Promise((resolve) => setTimeout(resolve, 1_050))
    record(claw, 1)
    await clock.advance(200)
    expect(gateway.batches.flat()).toHaveLength(21)
    expect(claw.stats()).toMatchObject({ queued: 0, queuedBytes: 0, delivered: 21 })
    expect(inFile('SELECT * FROM events')).toEqual([])
  })

  test('a dead letter keeps it in memory', async () => {
    const { claw, gateway, clock } = setUp()
    gateway.append = (events) => events.map(({ id }) => ({ id, status: 'rejected', code: 'odd' }))
    record(claw, 1)
    const other = lock()
    await clock.advance(200)
    expect(claw.deadLetters()).toMatchObject([{ code: 'odd', event: { seq: 1 } }])
    expect(claw.stats()).toMatchObject({ queued: 0, rejected: 1 })
    other.close()
  })

  test('what waits in memory is lost at the close, and told', async () => {
    const { claw, gateway, clock, drops } = setUp()
    gateway.append = down
    record(claw, 2)
    const other = lock()
    record(claw, 3)
    const closed = claw.close({ timeoutMs: 10 })
    await clock.advance(10)
    await closed
    expect(claw.stats().dropped).toBe(drops.reduce((sum, { count: lost }) => sum + lost, 0))
    expect(claw.stats()).toMatchObject({ dropped: 5, queued: 2 })
    other.close()
    expect(inFile('SELECT * FROM events')).toHaveLength(2)
  })

  test('that was damaged meanwhile costs no event that is recorded from then on', async () => {
    const { claw, gateway, clock, errors } = setUp()
    record(claw, 1)
    write('DROP TABLE events')
    record(claw, 3)
    await clock.advance(60_000)
    expect(errors.length).toBeGreaterThan(0)
    expect(gateway.kept).toHaveLength(3)
    expect(claw.stats().delivered).toBe(3)
  })
})

describe('what another process left', () => {
  const minute = 60_000
  const insert = `INSERT INTO owners (owner, host, pid, started, alive_until) VALUES (?, ?, ?, ?, ?)`

  /** Puts three events of another owner into the file; a `pid` says who that is. */
  async function leave(owner?: {
    host?: string
    pid: number
    started?: number
    aliveForMs: number
  }): Promise<void> {
    const { claw, gateway, store } = setUp()
    gateway.append = down
    record(claw, 3)
    write(`UPDATE events SET owner = 'other'`)
    store.close()
    if (owner === undefined) return
    const { host = hostname(), pid, started = 1, aliveForMs } = owner
    write(insert, 'other', host, pid, started, Date.now() + aliveForMs)
  }

  const gone = 2 ** 22 - 3

  test.each<[string, Parameters<typeof leave>[0]]>([
    ['has said goodbye', undefined],
    ['is gone from this machine', { pid: gone, aliveForMs: minute }],
    ['had the number of this one, before', { pid: process.pid, started: 1, aliveForMs: minute }],
    ['ran elsewhere and shows no life any more', { host: 'elsewhere', pid: gone, aliveForMs: -1 }],
    ['runs, but has shown no life for too long', { pid: process.ppid, aliveForMs: -1 }],
  ])('is taken over where that process %s', async (_, owner) => {
    await leave(owner)
    const { claw, gateway, clock } = setUp()
    expect(claw.stats().queued).toBe(3)
    await clock.advance(0)
    expect(seqs(gateway)).toEqual([1, 2, 3])
    expect(claw.stats()).toMatchObject({ queued: 0, delivered: 3 })
    expect(inFile(`SELECT * FROM owners WHERE owner = 'other'`)).toEqual([])
  })

  test.each<[string, Parameters<typeof leave>[0]]>([
    ['runs', { pid: process.ppid, aliveForMs: minute }],
    ['runs elsewhere', { host: 'elsewhere', pid: gone, aliveForMs: minute }],
  ])('stays with it where that process %s', async (_, owner) => {
    await leave(owner)
    const { claw, gateway, clock } = setUp()
    record(claw, 1)
    await clock.advance(minute)
    expect(gateway.kept).toHaveLength(1)
    expect(claw.stats()).toMatchObject({ queued: 0, delivered: 1 })
    expect(inFile('SELECT * FROM events')).toHaveLength(3)
  })

  test('is taken over later, when that process dies', async () => {
    await leave({ pid: process.ppid, aliveForMs: minute })
    const { gateway, clock } = setUp()
    write(`UPDATE owners SET alive_until = 0 WHERE owner = 'other'`)
    await until(async () => (await clock.advance(1), gateway.kept.length === 3), 'the takeover', 8_000)
  }, 10_000)

  test('does not hold up a flush of what this process recorded', async () => {
    await leave()
    const { claw, clock } = setUp({}, { outbox: { maxBatchEvents: 2 } })
    record(claw, 2)
    const flushed = claw.flush()
    await clock.advance(10)
    await expect(flushed).resolves.toMatchObject({ drained: true })
  })
})

test('two clients of one process may share a file', async () => {
  const one = setUp()
  const two = setUp()
  record(one.claw, 5)
  record(two.claw, 7)
  await one.clock.advance(200)
  await two.clock.advance(200)
  expect([one.gateway.kept.length, two.gateway.kept.length]).toEqual([5, 7])
})

describe('opening', () => {
  const failure = (options: unknown): Error & { code?: string } => {
    try {
      sqliteOutbox(options as Parameters<typeof sqliteOutbox>[0])
    } catch (error) {
      return error as Error
    }
    throw new Error('it was accepted')
  }

  test.each([
    [undefined],
    [{}],
    [{ path: '' }],
    [{ path: ':memory:' }],
    [{ path: 'file::memory:?cache=shared' }],
    ['./outbox.sqlite'],
    [{ path: './outbox.sqlite', maxEvent: 1 }],
    [{ path: './outbox.sqlite', maxEvents: 0 }],
  ])('is refused without a file of its own and known options: %j', (options) => {
    expect(failure(options)).toMatchObject({
      code: 'invalid_option',
      message: expect.stringMatching(/^sqliteOutbox: /),
    })
  })
})
