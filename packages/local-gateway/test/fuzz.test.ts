import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startLocalGateway } from '../src/index.ts'
import { finishedRun, storyStart } from './run-story.ts'

let running: Awaited<ReturnType<typeof startLocalGateway>>

beforeAll(async () => {
  running = await startLocalGateway({ port: 0, databasePath: ':memory:' })
})

afterAll(() => running.close())

/** Every path that takes a body. */
const writes = [
  ['POST', '/v1/events'],
  ['POST', '/v1/guard'],
  ['PUT', '/v1/policies/some'],
  ['POST', '/v1/approvals/some/decide'],
  ['POST', '/v1/agents/nobody/runs'],
  ['POST', '/v1/runs/some/cancel'],
  ['POST', '/v1/tools/some/invoke'],
] as const

const contentTypes = [
  'application/json',
  'application/x-ndjson',
  'application/problem+json',
  'text/plain',
  '',
]

async function send(
  method: string,
  path: string,
  body: string | Uint8Array<ArrayBuffer> | null,
  headers: Record<string, string>,
): Promise<void> {
  const response = await fetch(running.url + path, { method, body, headers })
  const text = await response.text()
  expect([method, path, response.status < 500, text]).toEqual([method, path, true, text])
  if (response.status < 400) return
  expect(JSON.parse(text)).toEqual({
    error: expect.objectContaining({
      code: expect.any(String),
      message: expect.any(String),
      next: expect.any(String),
    }),
  })
}

/** Events with some fields broken: nearer to what is let in than arbitrary JSON. */
const nearlyEvent = fc
  .tuple(
    fc.constantFrom(...finishedRun('fuzz')),
    fc.dictionary(
      fc.constantFrom('id', 'ts', 'type', 'runId', 'seq', 'data', 'raw', 'actionId', 'version'),
      fc.jsonValue(),
    ),
  )
  .map(([event, changes]) => ({ ...event, ...changes }))

describe('bad input', () => {
  it('is answered with a problem and never with 500', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...writes),
        fc.oneof(
          fc.json(),
          fc.string(),
          fc.uint8Array(),
          fc.array(nearlyEvent).map((events) => JSON.stringify(events)),
        ),
        fc.constantFrom(...contentTypes),
        fc.constantFrom('', 'gzip', 'identity', 'br'),
        async ([method, path], body, contentType, encoding) => {
          await send(method, path, typeof body === 'string' ? body : new Uint8Array(body), {
            ...(contentType === '' ? {} : { 'content-type': contentType }),
            ...(encoding === '' ? {} : { 'content-encoding': encoding }),
          })
        },
      ),
      { numRuns: 600 },
    )
  }, 60_000)

  it('in paths and queries is answered with a problem and never with 500', async () => {
    const names = [
      'status',
      'agentId',
      'limit',
      'cursor',
      'startedAfter',
      'groupBy',
      'from',
      'to',
      'runId',
      'afterId',
      'timeoutMs',
    ]
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(
          '/v1/runs',
          '/v1/usage',
          '/v1/approvals',
          '/v1/sessions',
          '/v1/runs/x/events',
          '/v1/policies',
          '/v1/nothing',
        ),
        fc.dictionary(
          fc.constantFrom(...names),
          fc.oneof(fc.string(), fc.string({ unit: 'binary' }), fc.double().map(String)),
        ),
        fc.option(fc.string({ unit: 'grapheme', minLength: 1 })),
        async (path, query, more) => {
          const search = new URLSearchParams(query)
          const id = more === null ? '' : `/${encodeURIComponent(more)}`
          await send('GET', `${path}${id}?${search.toString()}`, null, {})
        },
      ),
      { numRuns: 600 },
    )
  }, 60_000)

  it('changes nothing: what is read afterwards can still be read', async () => {
    await running.gateway.events.append(finishedRun('sound'))
    const tree = await (await fetch(`${running.url}/v1/runs/sound`)).json()
    expect(tree).toMatchObject({ status: 'completed', startedAt: storyStart + 1, actionCount: 2 })
    expect((await fetch(`${running.url}/v1/runs?limit=200`)).status).toBe(200)
    expect((await fetch(`${running.url}/readyz`)).status).toBe(200)
  })
})
