import { getEventListeners } from 'node:events'
import { GatewayError, type GatewayEvent } from '@pincer/protocol'
import { eventually } from '@pincer/testing'
import { afterEach, describe, expect, it } from 'vitest'
import { GatewayClientTransport } from '../src/transport/gateway-client-transport.ts'
import type { GatewayClientTransportOptions } from '../src/transport/transport-options.ts'
import { collectFailure } from './collect-failure.ts'
import {
  type ScriptedAnswer,
  type ScriptedGateway,
  ScriptedRefusal,
  silence,
  startingError,
  startScriptedGateway,
} from './scripted-gateway.ts'

const cleanups: (() => Promise<unknown>)[] = []
afterEach(async () => {
  await Promise.all(cleanups.splice(0).map((clean) => clean()))
})

const never: ScriptedAnswer = () => silence

async function start(answers: Readonly<Record<string, ScriptedAnswer>>): Promise<ScriptedGateway> {
  const gateway = await startScriptedGateway({ answers })
  cleanups.push(() => gateway.close())
  return gateway
}

function open(
  gateway: { readonly url: string },
  options?: Partial<GatewayClientTransportOptions>,
): GatewayClientTransport {
  const transport = new GatewayClientTransport({ url: gateway.url, ...options })
  cleanups.push(() => transport.close())
  return transport
}

/** Stops the Gateway, and waits until the transport has noticed. */
async function lose(gateway: ScriptedGateway, transport: GatewayClientTransport): Promise<void> {
  await transport.connect()
  const lost = new Promise<void>((resolve) => {
    transport.onConnection((change) => {
      if (change.status === 'disconnected') resolve()
    })
  })
  await gateway.stop()
  await lost
}

async function readAll(events: AsyncIterable<GatewayEvent>): Promise<readonly GatewayEvent[]> {
  const read: GatewayEvent[] = []
  for await (const event of events) read.push(event)
  return read
}

describe('a request', () => {
  it('is answered, with parameters or without', async () => {
    const gateway = await start({ echo: ({ params }) => params })
    const transport = open(gateway)
    await expect(transport.request('echo', { a: 1 })).resolves.toEqual({ a: 1 })
    await expect(transport.request('echo')).resolves.toEqual({})
    expect(gateway.connects).toHaveLength(1)
  })

  it('hands out the first of two answers and resolves with the last', async () => {
    const gateway = await start({
      agent: ({ answer }) => {
        answer({ status: 'accepted', runId: 'r' })
        setTimeout(() => answer({ status: 'ok', runId: 'r' }), 10)
        return silence
      },
    })
    const accepted: unknown[] = []
    const last = await open(gateway).request(
      'agent',
      {},
      {
        expectFinal: true,
        onAccepted: (payload) => accepted.push(payload),
      },
    )
    expect(accepted).toEqual([{ status: 'accepted', runId: 'r' }])
    expect(last).toEqual({ status: 'ok', runId: 'r' })
  })

  it.each([{ expectFinal: true }, {}])('has a deadline where none is named: %o', async (options) => {
    const gateway = await start({ wait: never })
    const error = await collectFailure(open(gateway, { requestTimeoutMs: 60 }).request('wait', {}, options))
    expect(error).toMatchObject({ status: 504, gatewayCode: 'CLIENT_TIMEOUT', retryable: true })
  })

  it('says of one that was sent and not answered in time that it may have been carried out', async () => {
    const gateway = await start({ wait: never })
    const error = await collectFailure(open(gateway).request('wait', {}, { timeoutMs: 50 }))
    expect(error).toBeInstanceOf(GatewayError)
    expect(error).toMatchObject({ status: 504, gatewayCode: 'CLIENT_TIMEOUT', retryable: true })
    expect(String(error)).toMatch(/wait: .*within \d+ ms; it may have been carried out/)
  })

  it('waits while the Gateway is away', async () => {
    const gateway = await start({ echo: ({ params }) => params })
    const transport = open(gateway)
    await lose(gateway, transport)
    const asked = transport.request('echo', { back: true })
    const forever = transport.request('echo', { ever: true }, { timeoutMs: null })
    await gateway.start()
    await expect(asked).resolves.toEqual({ back: true })
    await expect(forever).resolves.toEqual({ ever: true })
  })

  it('waits no longer than it may take', async () => {
    const gateway = await start({ echo: ({ params }) => params })
    const transport = open(gateway)
    await lose(gateway, transport)
    const started = performance.now()
    const error = await collectFailure(transport.request('echo', {}, { timeoutMs: 300 }))
    expect(performance.now() - started).toBeGreaterThan(250)
    expect(error).toMatchObject({ status: 503, retryable: true })
    expect(String(error)).toMatch(/echo: .*within 300 ms/)
  })

  it('is told at once that the connection was lost while it was open', async () => {
    const gateway = await start({ cut: ({ drop }) => (drop(), silence), echo: ({ params }) => params })
    const transport = open(gateway)
    await transport.connect()
    const error = await collectFailure(transport.request('cut', {}, { timeoutMs: null }))
    expect(error).toMatchObject({ status: 503, gatewayCode: 'CONNECTION_LOST', retryable: true })
    // It is not sent again by itself: it may have been carried out.
    await transport.request('echo')
    expect(gateway.requests.filter(({ method }) => method === 'cut')).toHaveLength(1)
  })

  it('is sent again while the Gateway says that it is still starting', async () => {
    let refusals = 2
    const gateway = await start({
      'models.list': () => {
        refusals -= 1
        if (refusals >= 0) throw new ScriptedRefusal(startingError)
        return { models: [] }
      },
    })
    await expect(open(gateway).request('models.list')).resolves.toEqual({ models: [] })
    expect(gateway.requests).toHaveLength(3)
  })

  it('gives up a Gateway that keeps starting when its time is over', async () => {
    const gateway = await start({
      'models.list': () => {
        throw new ScriptedRefusal(startingError)
      },
    })
    const error = await collectFailure(open(gateway).request('models.list', {}, { timeoutMs: 400 }))
    expect(error).toMatchObject({
      status: 503,
      gatewayCode: 'startup-sidecars',
      retryable: true,
      retryAfterMs: 120,
    })
    expect(gateway.requests.length).toBeGreaterThan(1)
  })

  it.each([-1, Number.NaN, Number.POSITIVE_INFINITY, '5' as unknown as number])(
    'is refused with a time of %s',
    async (timeoutMs) => {
      const gateway = await start({})
      await expect(open(gateway).request('a', {}, { timeoutMs })).rejects.toMatchObject({
        code: 'invalid_option',
        message: expect.stringContaining('timeoutMs'),
      })
    },
  )
})

describe('an abort', () => {
  const reason = new Error('enough')

  it('before the request', async () => {
    const gateway = await start({ wait: never })
    const transport = open(gateway)
    await transport.connect()
    const error = await collectFailure(transport.request('wait', {}, { signal: AbortSignal.abort(reason) }))
    expect(error).toBe(reason)
    expect(gateway.requests).toHaveLength(0)
  })

  it('while it waits for the connection', async () => {
    const gateway = await start({ wait: never })
    await gateway.stop()
    const aborter = new AbortController()
    const asked = collectFailure(
      open(gateway).request('wait', {}, { signal: aborter.signal, timeoutMs: null }),
    )
    await eventually(() => getEventListeners(aborter.signal, 'abort').length === 1)
    aborter.abort(reason)
    expect(await asked).toBe(reason)
    expect(getEventListeners(aborter.signal, 'abort')).toHaveLength(0)
  })

  it('while it is in flight', async () => {
    const gateway = await start({ wait: never })
    const aborter = new AbortController()
    const asked = collectFailure(open(gateway).request('wait', {}, { signal: aborter.signal }))
    await eventually(() => gateway.requests.length === 1)
    aborter.abort(reason)
    expect(await asked).toBe(reason)
    expect(getEventListeners(aborter.signal, 'abort')).toHaveLength(0)
  })

  it('while it waits for a Gateway that is starting', async () => {
    const gateway = await start({
      wait: () => {
        throw new ScriptedRefusal({ ...startingError, retryAfterMs: 2000 })
      },
    })
    const aborter = new AbortController()
    const asked = collectFailure(open(gateway).request('wait', {}, { signal: aborter.signal }))
    await eventually(() => gateway.requests.length === 1)
    aborter.abort(reason)
    expect(await asked).toBe(reason)
    expect(getEventListeners(aborter.signal, 'abort')).toHaveLength(0)
  })

  it('that never comes leaves nothing behind on the signal', async () => {
    const gateway = await start({
      echo: ({ params }) => params,
      bad: () => {
        throw new ScriptedRefusal({ code: 'INVALID_REQUEST', message: 'no' })
      },
    })
    const { signal } = new AbortController()
    const transport = open(gateway)
    await transport.request('echo', {}, { signal })
    await collectFailure(transport.request('bad', {}, { signal }))
    await lose(gateway, transport)
    const waiting = transport.request('echo', {}, { signal })
    await gateway.start()
    await waiting
    expect(getEventListeners(signal, 'abort')).toHaveLength(0)
  })
})

describe('events', () => {
  it('are told at once to everybody, whatever one listener does', async () => {
    const gateway = await start({
      speak: ({ emit }) => {
        emit('chat', { n: 1 })
        emit('agent', { n: 2 })
        return 'spoken'
      },
    })
    const transport = open(gateway)
    const heard: GatewayEvent[] = []
    const stop = transport.subscribe(() => {
      throw new Error('a listener that fails')
    })
    const stopHearing = transport.subscribe((event) => {
      heard.push(event)
      if (heard.length === 1) stop()
    })
    await transport.request('speak')
    expect(heard).toMatchObject([
      { event: 'chat', payload: { n: 1 }, seq: 1 },
      { event: 'agent', payload: { n: 2 }, seq: 2 },
    ])
    stopHearing()
    await transport.request('speak')
    expect(heard).toHaveLength(2)
  })

  it('are an iterable that filters and ends when the transport is closed', async () => {
    const gateway = await start({})
    const transport = open(gateway)
    const reading = readAll(transport.events((event) => event.event === 'chat'))
    await transport.connect()
    gateway.emit('chat', 1)
    gateway.emit('tick', 2)
    gateway.emit('chat', 3)
    await collectFailure(transport.request('unknown'))
    await transport.close()
    expect((await reading).map((event) => event.payload)).toEqual([1, 3])
  })

  it('stop being kept when the loop is left', async () => {
    const gateway = await start({})
    const transport = open(gateway)
    await transport.connect()
    const heard: unknown[] = []
    const reading = (async () => {
      for await (const event of transport.events()) {
        heard.push(event.payload)
        if (heard.length === 2) break
      }
    })()
    for (const payload of [1, 2, 3]) gateway.emit('chat', payload)
    await reading
    expect(heard).toEqual([1, 2])
  })

  it('end in an error for a reader that falls too far behind, instead of filling the memory', async () => {
    const gateway = await start({
      flood: ({ emit }) => {
        for (let n = 0; n < 10_050; n += 1) emit('tick', n)
        return 'done'
      },
    })
    const transport = open(gateway)
    const reader = transport.events()[Symbol.asyncIterator]()
    await transport.request('flood')
    let read = 0
    const error = await collectFailure(
      (async () => {
        for (;;) {
          await reader.next()
          read += 1
        }
      })(),
    )
    expect(error).toMatchObject({ gatewayCode: 'READER_TOO_SLOW' })
    expect(read).toBe(10_001)
    expect(await reader.next()).toEqual({ value: undefined, done: true })
  })

  it('end in the reason where the connection will not heal', async () => {
    const gateway = await start({})
    gateway.refuseConnect({ code: 'X', message: 'no', details: { code: 'AUTH_TOKEN_MISMATCH' } })
    await expect(readAll(open(gateway).events())).rejects.toMatchObject({
      gatewayCode: 'AUTH_TOKEN_MISMATCH',
    })
  })
})
