import { gzipSync } from 'node:zlib'
import type { ClawEvent, EventVerdict, Usage } from '@pincer/protocol'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { startLocalGateway } from '../src/index.ts'
import { finishedRun, storyEvent, storyUsage } from './run-story.ts'

let running: Awaited<ReturnType<typeof startLocalGateway>>

beforeEach(async () => {
  running = await startLocalGateway({ port: 0, databasePath: ':memory:' })
})

afterEach(() => running.close())

/** The fields of all answers that these tests read. */
interface Answer {
  readonly verdicts: readonly EventVerdict[]
  readonly items: readonly {
    readonly runId: string
    readonly seq: number
    readonly key: string
    readonly usage: Usage
  }[]
  readonly nextCursor?: string
  readonly runId: string
  readonly startedAt: number
  readonly error: { readonly code: string; readonly path: string }
}

interface Answered {
  readonly status: number
  readonly body: Answer
}

async function readAnswer(response: Response): Promise<Answered> {
  return { status: response.status, body: (await response.json()) as Answer }
}

async function post(
  body: string | Buffer<ArrayBuffer>,
  headers: Record<string, string> = {},
): Promise<Answered> {
  const json = { 'content-type': 'application/json' }
  return readAnswer(
    await fetch(`${running.url}/v1/events`, { method: 'POST', body, headers: { ...json, ...headers } }),
  )
}

async function get(path: string): Promise<Answered> {
  return readAnswer(await fetch(running.url + path))
}

async function runCount(): Promise<number> {
  return (await get('/v1/runs')).body.items.length
}

describe('POST /v1/events', () => {
  it('gives a verdict for every event, in order, and is idempotent by event id', async () => {
    const events = finishedRun('run')
    const first = await post(JSON.stringify(events))
    expect(first).toEqual({
      status: 200,
      body: { verdicts: events.map(({ id }) => ({ id, status: 'accepted' })) },
    })
    const again = await post(
      JSON.stringify([...events, storyEvent('run', 8, 'assistant.delta', { delta: 'x' })]),
    )
    expect(again.body.verdicts.map((verdict) => verdict.status)).toEqual([
      ...events.map(() => 'duplicate'),
      'accepted',
    ])
    expect((await get('/v1/runs/run/events')).body.items).toHaveLength(8)
  })

  it('rejects a bad event with its path and keeps the others', async () => {
    const good = finishedRun('run')
    const bad = [
      { ...good[0], id: 'no-data', data: undefined },
      { ...good[2], id: 'bad-count', data: { ...storyUsage(1), inputTokens: 'many' } },
      { ...good[0], id: 'line\nbreak' },
      { ...good[0], id: 'huge', runId: 'r'.repeat(513) },
      { ...good[2], id: 'endless', data: storyUsage(1e300) },
      { ...good[0], id: 'never', ts: 1e17 },
      7,
      null,
    ]
    const { status, body } = await post(JSON.stringify([...bad, ...good]))
    expect(status).toBe(200)
    expect(body.verdicts.slice(0, bad.length)).toEqual([
      {
        id: 'no-data',
        status: 'rejected',
        code: 'invalid_event',
        message: expect.stringContaining('data: expected'),
      },
      {
        id: 'bad-count',
        status: 'rejected',
        code: 'invalid_event',
        message: expect.stringContaining('data.inputTokens'),
      },
      {
        id: 'line\nbreak',
        status: 'rejected',
        code: 'invalid_event',
        message: expect.stringContaining('id: expected'),
      },
      {
        id: 'huge',
        status: 'rejected',
        code: 'invalid_event',
        message: expect.stringContaining('runId: expected'),
      },
      { id: 'endless', status: 'rejected', code: 'invalid_event', message: expect.stringContaining('data.') },
      {
        id: 'never',
        status: 'rejected',
        code: 'invalid_event',
        message: expect.stringContaining('ts: expected'),
      },
      {
        id: '',
        status: 'rejected',
        code: 'invalid_event',
        message: expect.stringContaining('expected an object'),
      },
      {
        id: '',
        status: 'rejected',
        code: 'invalid_event',
        message: expect.stringContaining('expected an object'),
      },
    ])
    expect((await get('/v1/runs/run')).body).toMatchObject({ status: 'completed', actionCount: 2 })
  })

  it('takes one event per line, and tells which line is not JSON', async () => {
    const [first, second] = finishedRun('run')
    const body = `${JSON.stringify(first)}\n{"broken\n\n${JSON.stringify(second)}\n`
    const answer = await post(body, { 'content-type': 'application/x-ndjson; charset=utf-8' })
    expect(answer.body.verdicts).toEqual([
      { id: 'run.1', status: 'accepted' },
      { id: '', status: 'rejected', code: 'invalid_json', message: 'line 2: expected JSON' },
      { id: 'run.2', status: 'accepted' },
    ])
  })

  it('takes gzip, and refuses what is not gzip or another encoding', async () => {
    const packed = gzipSync(JSON.stringify(finishedRun('run')))
    expect((await post(packed, { 'content-encoding': 'gzip' })).status).toBe(200)
    expect(await runCount()).toBe(1)
    const broken = await post(packed.subarray(0, 40), { 'content-encoding': 'gzip' })
    expect(broken).toMatchObject({ status: 400, body: { error: { code: 'invalid_gzip', path: 'body' } } })
    const unknown = await post('[]', { 'content-encoding': 'br' })
    expect(unknown).toMatchObject({ status: 415, body: { error: { code: 'unsupported_encoding' } } })
  })

  it('refuses bodies over 4 MiB, plain, chunked or blown up from little gzip', async () => {
    const tooLarge = {
      status: 413,
      body: { error: { code: 'body_too_large', path: 'body', next: expect.any(String) } },
    }
    const padding = ' '.repeat(4_194_304)
    expect(await post(`[${padding}]`)).toMatchObject(tooLarge)
    const bomb = gzipSync(Buffer.alloc(64 * 1_048_576, ' '))
    expect(bomb.length).toBeLessThan(4_194_304)
    expect(await post(bomb, { 'content-encoding': 'gzip' })).toMatchObject(tooLarge)
    const chunks = new Blob([`[${padding}]`]).stream()
    const response = await fetch(`${running.url}/v1/events`, {
      method: 'POST',
      body: chunks,
      headers: { 'content-type': 'application/json' },
      duplex: 'half',
    })
    expect(response.status).toBe(413)
    expect((await post(`[${padding.slice(2)}]`)).status).toBe(200)
    expect(await runCount()).toBe(0)
  })

  it('takes bodies of unknown length', async () => {
    const response = await fetch(`${running.url}/v1/events`, {
      method: 'POST',
      body: new Blob([JSON.stringify(finishedRun('run'))]).stream(),
      headers: { 'content-type': 'application/json' },
      duplex: 'half',
    })
    expect(response.status).toBe(200)
    expect(await runCount()).toBe(1)
  })

  it('refuses too many events at once, other values than arrays, and broken JSON; nothing is kept', async () => {
    const event = JSON.stringify(finishedRun('run')[0])
    const many = await post(`[${Array.from({ length: 5_001 }, () => '1').join()},${event}]`)
    expect(many).toMatchObject({ status: 413, body: { error: { code: 'too_many_events' } } })
    expect(await post(event)).toMatchObject({
      status: 400,
      body: { error: { code: 'invalid_request', path: 'body' } },
    })
    expect(await post(`[${event}`)).toMatchObject({ status: 400, body: { error: { code: 'invalid_json' } } })
    expect(await runCount()).toBe(0)
  })

  it('survives JSON as deep as its size allows, and rejects only the deep event', async () => {
    const deep = `${'['.repeat(1_000_000)}${']'.repeat(1_000_000)}`
    const [event] = finishedRun('run')
    const nested = JSON.stringify({ ...event, id: 'deep', data: { input: 0 } }).replace(
      '"input":0',
      `"input":${deep}`,
    )
    const { status, body } = await post(`[${nested},${JSON.stringify(event)}]`)
    expect(status).toBe(200)
    expect(body.verdicts).toMatchObject([
      { id: 'deep', status: 'rejected' },
      { id: 'run.1', status: 'accepted' },
    ])
    const lines = await post(`${nested}\n${JSON.stringify({ ...event, id: 'other' })}`, {
      'content-type': 'application/x-ndjson',
    })
    expect(lines.body.verdicts).toMatchObject([{ status: 'rejected' }, { id: 'other', status: 'accepted' }])
  })

  it('cannot be used to reach a prototype', async () => {
    const [event] = finishedRun('run')
    const poisoned = JSON.stringify(event).replace(
      '"data":{',
      '"__proto__":{"polluted":1},"data":{"__proto__":{"polluted":1},',
    )
    const { body } = await post(`[${poisoned}]`)
    expect(body.verdicts).toMatchObject([{ status: 'rejected' }])
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
  })
})

describe('GET /v1/runs', () => {
  async function record(events: readonly ClawEvent[]): Promise<void> {
    await running.gateway.events.append(events)
  }

  it('pages newest first, and stays stable while runs are added', async () => {
    for (let index = 0; index < 25; index++) {
      await record([
        storyEvent(`run-${String(index).padStart(2, '0')}`, index, 'run.started', {}, { id: `e${index}` }),
      ])
    }
    const seen: string[] = []
    let cursor: string | undefined
    do {
      const page: Answered = await get(`/v1/runs?limit=10${cursor === undefined ? '' : `&cursor=${cursor}`}`)
      seen.push(...page.body.items.map((run) => run.runId))
      cursor = page.body.nextCursor
      await record([storyEvent(`newer-${seen.length}`, 100 + seen.length, 'run.started', {})])
    } while (cursor !== undefined)
    expect(seen).toEqual(
      Array.from({ length: 25 }, (_, index) => `run-${String(24 - index).padStart(2, '0')}`),
    )
  })

  it('filters by status, agent, session, parent and time', async () => {
    await record(finishedRun('done', { agentId: 'main', sessionKey: 'chat' }))
    await record([storyEvent('open', 50, 'run.started', {}, { agentId: 'other', parentRunId: 'done' })])
    const ids = async (query: string): Promise<string[]> =>
      (await get(`/v1/runs?${query}`)).body.items.map((run) => run.runId)
    const { startedAt } = (await get('/v1/runs/open')).body
    expect(await ids('status=completed')).toEqual(['done'])
    expect(await ids('status=running')).toEqual(['open'])
    expect(await ids('agentId=main')).toEqual(['done'])
    expect(await ids('sessionKey=chat')).toEqual(['done'])
    expect(await ids('parentRunId=done')).toEqual(['open'])
    expect(await ids(`startedAfter=${startedAt}`)).toEqual(['open'])
    expect(await ids(`startedBefore=${startedAt}`)).toEqual(['done'])
    expect(await ids('agentId=main&status=running')).toEqual([])
  })

  it('answers bad queries with the path of the value', async () => {
    for (const [query, path] of [
      ['limit=0', 'query.limit'],
      ['limit=201', 'query.limit'],
      ['limit=1.5', 'query.limit'],
      ['status=gone', 'query.status'],
      ['startedAfter=yesterday', 'query.startedAfter'],
    ]) {
      const { status, body } = await get(`/v1/runs?${query}`)
      expect([status, body.error.code, body.error.path]).toEqual([400, 'invalid_request', path])
    }
    expect(await get('/v1/runs?cursor=zzz')).toMatchObject({
      status: 400,
      body: { error: { code: 'invalid_cursor' } },
    })
    expect(await get('/v1/runs/nobody')).toMatchObject({
      status: 404,
      body: { error: { code: 'run_not_found' } },
    })
    expect(await get('/v1/runs/nobody/events')).toEqual({ status: 200, body: { items: [] } })
  })

  it('pages the events of a run in their own order, whatever order they came in', async () => {
    await record(finishedRun('run').toReversed())
    const first = (await get('/v1/runs/run/events?limit=3')).body
    await record([storyEvent('run', 8, 'assistant.delta', { delta: 'late' })])
    const second = (await get(`/v1/runs/run/events?cursor=${first.nextCursor}`)).body
    expect([...first.items, ...second.items].map((event) => event.seq)).toEqual([1, 2, 3, 4, 5, 6, 7, 8])
    expect(second.nextCursor).toBeUndefined()
  })

  it('takes run ids that need escaping', async () => {
    const runId = 'agent:main/été 1%2F?#'
    await record([storyEvent(runId, 1, 'run.started', {})])
    expect((await get(`/v1/runs/${encodeURIComponent(runId)}`)).body.runId).toBe(runId)
  })
})

describe('GET /v1/usage', () => {
  it('sums by model, agent and day, and counts what has no price', async () => {
    const { events } = running.gateway
    await events.append([
      ...finishedRun('one', { agentId: 'main' }),
      storyEvent('two', 1, 'usage.reported', storyUsage(2_000), {
        actionId: 'a',
        agentId: 'helper',
        ts: 1_760_140_800_000,
      }),
      storyEvent('two', 2, 'usage.reported', storyUsage(10, { model: 'house-blend', provider: 'house' }), {
        actionId: 'b',
      }),
    ])
    expect((await get('/v1/usage')).body).toMatchObject({
      groupBy: 'model',
      items: [
        {
          key: 'gpt-4o-mini',
          callCount: 2,
          unpricedCount: 0,
          usage: { inputTokens: 3_000, costUsd: 0.00063 },
        },
        { key: 'house-blend', callCount: 1, unpricedCount: 1, usage: { inputTokens: 10 } },
      ],
    })
    expect((await get('/v1/usage')).body.items[1]?.usage).not.toHaveProperty('costUsd')
    const byAgent = (await get('/v1/usage?groupBy=agent')).body.items
    expect(byAgent.map((item) => item.key)).toEqual(['helper', 'main'])
    const byDay = (await get('/v1/usage?groupBy=day')).body.items
    expect(byDay.map((item) => item.key)).toEqual(['2025-10-09', '2025-10-11'])
    const later = (await get('/v1/usage?groupBy=day&from=1760140800000&to=1760140800001')).body.items
    expect(later.map((item) => item.key)).toEqual(['2025-10-11'])
    expect((await get('/v1/usage?groupBy=mood')).status).toBe(400)
  })
})
