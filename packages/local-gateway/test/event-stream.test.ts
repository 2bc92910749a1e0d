import { once } from 'node:events'
import { request } from 'node:http'
import { connect } from 'node:net'
import type { ClawEvent } from '@pincer/protocol'
import { eventually } from '@pincer/testing'
import { createParser } from 'eventsource-parser'
import { afterEach, describe, expect, it } from 'vitest'
import { startLocalGateway } from '../src/index.ts'
import type { LocalGatewayOptions } from '../src/options.ts'
import { finishedRun, storyEvent } from './run-story.ts'

type Running = Awaited<ReturnType<typeof startLocalGateway>>

let running: Running | undefined
const leaving: AbortController[] = []

async function start(options: LocalGatewayOptions = {}): Promise<Running> {
  running = await startLocalGateway({ port: 0, databasePath: ':memory:', ...options })
  return running
}

afterEach(async () => {
  for (const one of leaving.splice(0)) one.abort()
  await running?.close()
})

/** A subscriber with a real socket: what it got, and how to leave. */
interface Subscriber {
  readonly status: number
  readonly events: ClawEvent[]
  readonly ids: (string | undefined)[]
  readonly comments: string[]
  readonly ended: () => boolean
  readonly leave: () => void
}

async function subscribe(query = '', headers: Record<string, string> = {}): Promise<Subscriber> {
  const gone = new AbortController()
  leaving.push(gone)
  const response = await fetch(`${running?.url}/v1/events${query}`, { headers, signal: gone.signal })
  const events: ClawEvent[] = []
  const ids: (string | undefined)[] = []
  const comments: string[] = []
  let ended = false
  const parser = createParser({
    onEvent: ({ id, data }) => {
      ids.push(id)
      events.push(JSON.parse(data) as ClawEvent)
    },
    onComment: (comment) => comments.push(comment),
  })
  const read = async (): Promise<void> => {
    const decoder = new TextDecoder()
    for await (const chunk of response.body ?? []) parser.feed(decoder.decode(chunk, { stream: true }))
  }
  read().then(
    () => (ended = true),
    () => (ended = true),
  )
  return { status: response.status, events, ids, comments, ended: () => ended, leave: () => gone.abort() }
}

async function append(events: readonly ClawEvent[]): Promise<void> {
  await running?.gateway.events.append(events)
}

describe('GET /v1/events', () => {
  it('streams events as they are kept, each with its id, and narrows by run', async () => {
    await start()
    await append(finishedRun('before'))
    const all = await subscribe()
    const one = await subscribe('?runId=chosen')
    await append([...finishedRun('other'), ...finishedRun('chosen')])
    await eventually(() => all.events.length === 14 || undefined)
    await eventually(() => one.events.length === 7 || undefined)
    expect(all.ids).toEqual(all.events.map((event) => event.id))
    expect(one.events).toEqual(finishedRun('chosen'))
  })

  it('replays what a reader missed, without loss or repetition', async () => {
    await start()
    const first = await subscribe()
    await append(finishedRun('one'))
    await eventually(() => first.events.length === 7 || undefined)
    first.leave()
    await append(finishedRun('two'))
    const second = await subscribe('', { 'last-event-id': first.ids[4] ?? '' })
    await append(finishedRun('three'))
    await eventually(() => second.events.length === 16 || undefined)
    expect(second.ids).toEqual([
      ...finishedRun('one')
        .slice(5)
        .map((event) => event.id),
      ...finishedRun('two').map((event) => event.id),
      ...finishedRun('three').map((event) => event.id),
    ])
  })

  it('replays the whole record of a run before it goes on live', async () => {
    await start()
    for (let index = 0; index < 400; index++) {
      await append([
        storyEvent('long', index + 1, 'assistant.delta', { delta: String(index) }),
        ...finishedRun(`noise-${index}`),
      ])
    }
    const reader = await subscribe('?runId=long&from=start')
    await append([storyEvent('long', 401, 'run.completed', {})])
    await eventually(() => reader.events.at(-1)?.type === 'run.completed' || undefined)
    expect(reader.events.map((event) => event.seq)).toEqual(
      Array.from({ length: 401 }, (_, index) => index + 1),
    )
  })

  it('takes ids that are not ASCII, as browsers send them', async () => {
    await start()
    await append([
      storyEvent('run', 1, 'run.started', {}, { id: 'événement' }),
      storyEvent('run', 2, 'run.completed', {}),
    ])
    const reader = await subscribe('', { 'last-event-id': Buffer.from('événement').toString('latin1') })
    await eventually(() => reader.ids.length === 1 || undefined)
    expect(reader.ids).toEqual(['run.2'])
  })

  it('answers 404 to an id that the record does not hold', async () => {
    const { url } = await start()
    const response = await fetch(`${url}/v1/events`, { headers: { 'last-event-id': 'nobody' } })
    expect([response.status, await response.json()]).toMatchObject([
      404,
      { error: { code: 'unknown_event' } },
    ])
  })

  it('gives signs of life on an idle stream', async () => {
    await start({ limits: { heartbeatMs: 20 } })
    const reader = await subscribe()
    await eventually(() => reader.comments.length >= 3 || undefined)
    expect(reader.comments[0]).toBe('heartbeat')
  })

  it('turns away subscribers over the limit, and lets one in when another left', async () => {
    await start({ limits: { maxSubscribers: 2 } })
    const first = await subscribe()
    await subscribe()
    const refused = await fetch(`${running?.url}/v1/events`)
    expect(refused.status).toBe(503)
    expect(refused.headers.get('retry-after')).toBe('5')
    expect(await refused.json()).toMatchObject({ error: { code: 'too_many_subscribers' } })
    first.leave()
    await eventually(async () => (await subscribe()).status === 200 || undefined)
  })

  it('cuts a subscriber that takes nothing, and the others go on', async () => {
    await start({ limits: { stallTimeoutMs: 200, maxSubscribers: 2 } })
    const good = await subscribe()
    const slow = request(`${running?.url}/v1/events`).end()
    slow.on('error', () => {})
    const [response] = await once(slow, 'response')
    response.on('error', () => {})
    response.pause()
    const delta = 'x'.repeat(1_000_000)
    for (let index = 1; index <= 40; index++)
      await append([storyEvent('run', index, 'assistant.delta', { delta })])
    await eventually(() => good.events.length === 40 || undefined, 15_000)
    // Its place is free again, although it never read, left or said anything.
    await eventually(async () => (await subscribe()).status === 200 || undefined, 15_000)
    expect(good.ended()).toBe(false)
    const gone = new Promise((resolve) => response.once('close', resolve))
    response.resume()
    await gone
    expect(response.complete).toBe(false)
  }, 40_000)

  it('ends its streams when the gateway closes', async () => {
    const { close } = await start()
    const reader = await subscribe()
    await close()
    await eventually(() => reader.ended() || undefined)
  })
})

describe('closing', () => {
  it('does not wait for connections that ask nothing', async () => {
    const { port, close } = await start()
    const socket = connect(port, '127.0.0.1')
    await once(socket, 'connect')
    const gone = new Promise((resolve) => {
      socket.on('error', resolve)
      socket.on('close', resolve)
    })
    const begun = performance.now()
    await close()
    await gone
    expect(performance.now() - begun).toBeLessThan(4_000)
  })
})
