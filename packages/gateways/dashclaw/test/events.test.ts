import { describe, expect, test } from 'vitest'
import type { StreamEvent } from '../src/index.ts'
import { actionRow, key, makeClaw, rejection, until } from './make-claw.ts'
import { startServer } from './recording-server.ts'
import { startStreamServer } from './stream-server.ts'

async function take(events: AsyncIterable<StreamEvent>, count: number): Promise<StreamEvent[]> {
  const found: StreamEvent[] = []
  for await (const event of events) {
    found.push(event)
    if (found.length === count) break
  }
  return found
}

describe('events', () => {
  test('come as they are sent, in whatever pieces', async () => {
    await using server = await startStreamServer()
    const reading = take(makeClaw(server.url).events(), 4)
    await until(() => server.streams.size === 1)
    server.write(': heartbeat\n\nid: mem-1\r\nevent: action.cre')
    server.write('ated\r\ndata:{"action_id":\r\ndata:"act_1"}\r\n\r\nevent: loop.created\ndata: not json\n\n')
    server.send('brand.new', { any: 'thing' }, 'mem-2')
    server.send('token.usage', { tokens_in: 5 })
    expect(await reading).toEqual([
      { type: 'connected', data: { status: 'connected', orgId: 'org_1' } },
      { type: 'action.created', data: { action_id: 'act_1' }, id: 'mem-1' },
      { type: 'brand.new', data: { any: 'thing' }, id: 'mem-2' },
      { type: 'token.usage', data: { tokens_in: 5 } },
    ])
    expect(server.requests[0]?.headers).toMatchObject({ 'x-api-key': key, accept: 'text/event-stream' })
    await until(() => server.streams.size === 0)
  })

  test('go on behind the last one after the connection broke', async () => {
    await using server = await startStreamServer()
    const reading = take(makeClaw(server.url).events({ retryInterval: 5, lastEventId: 'mem-7' }), 4)
    await until(() => server.streams.size === 1)
    server.send('action.created', actionRow(), 'mem-8')
    await new Promise((resolve) => setTimeout(resolve, 20))
    server.breakStreams()
    await until(() => server.resumedFrom.length === 2)
    await until(() => server.streams.size === 1)
    server.send('action.updated', actionRow(), 'mem-9')
    expect((await reading).map(({ type }) => type)).toEqual([
      'connected',
      'action.created',
      'connected',
      'action.updated',
    ])
    expect(server.resumedFrom).toEqual(['mem-7', 'mem-8'])
  })

  test('a server that is away is waited for', async () => {
    let refusals = 3
    await using server = await startServer((_, response) => {
      refusals -= 1
      if (refusals >= 0) return { status: 503, body: 'unhealthy' }
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.write('event: connected\ndata: {"status":"connected"}\n\n')
      return undefined
    })
    expect(await take(makeClaw(server.url).events({ retryInterval: 1 }), 1)).toHaveLength(1)
    expect(server.requests).toHaveLength(4)
  })

  test.each([401, 403, 404])('a server that refuses with %i is told', async (status) => {
    await using server = await startServer(() => ({ status, body: { error: 'no' } }))
    expect(await rejection(take(makeClaw(server.url).events(), 1))).toMatchObject({ status })
    expect(server.requests).toHaveLength(1)
  })

  test('`maxRetries` ends it, and so does `reconnect: false`', async () => {
    await using server = await startServer(() => ({ status: 503, body: 'unhealthy' }))
    const claw = makeClaw(server.url)
    await rejection(take(claw.events({ maxRetries: 2, retryInterval: 1 }), 1))
    expect(server.requests).toHaveLength(3)
    await using other = await startStreamServer()
    const reading = take(makeClaw(other.url).events({ reconnect: false }), 5)
    await until(() => other.streams.size === 1)
    other.breakStreams()
    expect(await reading).toHaveLength(1)
  })

  test('a signal ends a reader with its reason, a broken-off reader its connection', async () => {
    await using server = await startStreamServer()
    const stop = new AbortController()
    const claw = makeClaw(server.url)
    const reading = rejection(take(claw.events({ signal: stop.signal }), 9))
    await until(() => server.streams.size === 1)
    const reason = new Error('enough')
    stop.abort(reason)
    expect(await reading).toBe(reason)
    await until(() => server.streams.size === 0)
    await take(claw.events(), 1)
    await until(() => server.streams.size === 0)
  })

  test('a frame without an end is not kept', async () => {
    await using server = await startStreamServer()
    const reading = rejection(take(makeClaw(server.url).events(), 9))
    await until(() => server.streams.size === 1)
    const piece = 'x'.repeat(512 * 1024)
    server.write('data: ')
    const feeding = setInterval(() => server.write(piece), 1)
    expect(String(await reading)).toContain('a frame of more than')
    clearInterval(feeding)
  })
})
