import { GatewayError } from '@pincer/protocol'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { httpGateway } from '../src/http-gateway.ts'
import { type LocalGateway, localGateway, startLocalGateway, type RunningGateway } from '../src/index.ts'
import { finishedRun } from './run-story.ts'

let running: RunningGateway
const opened: LocalGateway[] = []

beforeAll(async () => {
  running = await startLocalGateway({ port: 0, databasePath: ':memory:' })
})

afterAll(async () => {
  for (const gateway of opened) await gateway.close()
  await running.close()
})

describe.each([
  ['in process', () => localGateway({ databasePath: ':memory:' })],
  ['over HTTP', () => localGateway({ url: running.url })],
  ['over HTTP, from the entry for bundlers', () => httpGateway({ url: running.url })],
] as const)('usage() %s', (_name, open) => {
  let gateway: LocalGateway

  beforeAll(async () => {
    gateway = open()
    opened.push(gateway)
    for (const verdict of await gateway.events.append(finishedRun('run-of-usage')))
      expect(['accepted', 'duplicate']).toContain(verdict.status)
  })

  it('sums by model where nothing is said, and by day and agent', async () => {
    const byModel = await gateway.usage()
    expect(byModel).toHaveLength(1)
    expect(byModel).toEqual(await gateway.usage({ groupBy: 'model', from: 0, to: Infinity }))
    expect(byModel[0]).toMatchObject({ key: 'gpt-4o-mini', callCount: 1 })
    expect(byModel[0]?.usage.totalTokens).toBeGreaterThan(0)
    expect((await gateway.usage({ groupBy: 'day' }))[0]?.key).toMatch(/^\d{4}-\d{2}-\d{2}$/)
    expect(await gateway.usage({ groupBy: 'agent' })).toHaveLength(1)
    expect(await gateway.usage({ to: 1 })).toEqual([])
  })

  it('refuses what is no query, and gives up where it is told to', async () => {
    for (const query of [{ groupBy: 'moon' as never }, { from: -1 }, { to: NaN }]) {
      const error = await gateway.usage(query).catch((reason: unknown) => reason)
      expect(error).toBeInstanceOf(GatewayError)
      expect(error).toMatchObject({ status: 400, gatewayCode: 'invalid_request' })
    }
    const reason = new Error('enough')
    await expect(gateway.usage({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
  })
})

describe('GET /', () => {
  it('tells what listens, and links to paths that answer', async () => {
    const response = await fetch(running.url)
    expect(response.status).toBe(200)
    const home = (await response.json()) as { name: string; version: string; links: Record<string, string> }
    expect(home).toMatchObject({
      name: 'pincer-local-gateway',
      version: expect.stringMatching(/^\d+\.\d+\.\d+/),
    })
    expect(home.links).toMatchObject({ runs: '/v1/runs', description: '/openapi.json', health: '/healthz' })
    for (const path of [home.links['runs'], home.links['description'], home.links['health']])
      expect([path, (await fetch(`${running.url}${path}`)).status]).toEqual([path, 200])
  })
})
