import { GatewayError, type GatewayEvent, PincerError } from '@pincer/protocol'
import { eventually } from '@pincer/testing'
import { describe, expect, it } from 'vitest'
import { createConnection } from '../src/connection/create-connection.ts'
import type { ConnectionChange, GatewayHello, OpenClawTransport } from '../src/transport/transport.ts'
import { collectFailure } from './collect-failure.ts'

const hello: GatewayHello = {
  bootId: 'boot-1',
  version: '1',
  protocol: 4,
  scopes: [],
  defaultAgentId: 'main',
  mainSessionKey: 'agent:main:main',
  methods: [],
}

/** A transport with the two functions that the App SDK document asks for, fed by hand. */
function twoFunctions(): OpenClawTransport & {
  push: (event: GatewayEvent) => void
  end: (error?: Error) => void
  readonly opened: () => number
  readonly left: () => number
} {
  let opened = 0
  let left = 0
  let queue: (GatewayEvent | { readonly end: Error | undefined })[] = []
  let wake = (): void => undefined
  return {
    async request(method, params) {
      await Promise.resolve()
      if (method === 'fail')
        throw Object.assign(new Error('missing scope: operator.write'), {
          gatewayCode: 'FORBIDDEN',
          details: { code: 'MISSING_SCOPE', missingScope: 'operator.write' },
        })
      if (method === 'hang') return await new Promise(() => undefined)
      return { method, params }
    },
    async *events() {
      opened += 1
      try {
        for (;;) {
          const next = queue.shift()
          if (next === undefined) {
            await new Promise<void>((resolve) => {
              wake = resolve
            })
          } else if ('end' in next) {
            if (next.end !== undefined) throw next.end
            return
          } else yield next
        }
      } finally {
        left += 1
      }
    },
    push(event) {
      queue.push(event)
      wake()
    },
    end(error) {
      queue.push({ end: error })
      wake()
    },
    opened: () => opened,
    left: () => left,
  }
}

describe('a transport of two functions', () => {
  it('answers requests, with typed errors', async () => {
    const connection = createConnection(twoFunctions())
    await connection.connect()
    expect(connection.hello).toBeUndefined()
    await expect(connection.request('status', { a: 1 })).resolves.toEqual({
      method: 'status',
      params: { a: 1 },
    })
    const error = await collectFailure(connection.request('fail'))
    expect(error).toBeInstanceOf(GatewayError)
    expect(error).toMatchObject({ status: 403, gatewayCode: 'MISSING_SCOPE', retryable: false })
    expect(String(error)).toContain('operator.write')
    await connection.close()
    await expect(connection.request('status')).rejects.toMatchObject({ code: 'closed' })
  })

  it('lets a caller go whose signal aborts, though the transport knows of none', async () => {
    const connection = createConnection(twoFunctions())
    const reason = new Error('enough')
    const aborter = new AbortController()
    const asked = collectFailure(connection.request('hang', {}, { signal: aborter.signal }))
    aborter.abort(reason)
    expect(await asked).toBe(reason)
    expect(await collectFailure(connection.request('hang', {}, { signal: aborter.signal }))).toBe(reason)
    await connection.close()
  })

  it('feeds all listeners from one reading, which begins with the first of them', async () => {
    const transport = twoFunctions()
    const connection = createConnection(transport)
    await connection.request('status')
    expect(transport.opened()).toBe(0)
    const heard: unknown[] = []
    const stop = connection.subscribe((event) => heard.push(['a', event.payload]))
    connection.subscribe(() => {
      throw new Error('a listener that fails')
    })
    connection.subscribe((event) => heard.push(['b', event.payload]))
    transport.push({ event: 'chat', payload: 1 })
    await eventually(() => heard.length === 2)
    stop()
    transport.push({ event: 'chat', payload: 2 })
    await eventually(() => heard.length === 3)
    expect(heard).toEqual([
      ['a', 1],
      ['b', 1],
      ['b', 2],
    ])
    expect(transport.opened()).toBe(1)
    await connection.close()
    // A generator in the middle of a wait is left when its next event comes.
    transport.push({ event: 'chat', payload: 3 })
    await eventually(() => transport.left() === 1)
    expect(heard).toHaveLength(3)
  })

  it.each([
    [undefined, 'the transport has no more events'],
    [new Error('cable cut'), 'cable cut'],
  ])('tells that its events have ended: %s', async (error, reason) => {
    const transport = twoFunctions()
    const connection = createConnection(transport)
    const changes: ConnectionChange[] = []
    connection.onConnection((change) => changes.push(change))
    connection.subscribe(() => undefined)
    transport.end(error)
    await eventually(() => changes.length === 1)
    expect(changes).toEqual([{ status: 'disconnected', code: 1006, reason, reconnecting: false }])
    await connection.close()
  })
})

describe('a transport with more', () => {
  it('is connected once, by whoever comes first, and again after a failure', async () => {
    let attempts = 0
    const changes = new Set<(change: ConnectionChange) => void>()
    const connection = createConnection({
      request: async (method) => method,
      async *events() {},
      async connect() {
        await Promise.resolve()
        attempts += 1
        if (attempts === 1) throw new Error('connect ECONNREFUSED')
        for (const tell of changes) tell({ status: 'connected', hello })
      },
      onConnection(listener) {
        changes.add(listener)
        return () => changes.delete(listener)
      },
    })
    const failures = await Promise.all([
      collectFailure(connection.request('a')),
      collectFailure(connection.request('b')),
    ])
    expect(attempts).toBe(1)
    expect(failures.every((failure) => failure instanceof GatewayError)).toBe(true)
    await expect(Promise.all([connection.request('a'), connection.request('b')])).resolves.toEqual(['a', 'b'])
    expect(attempts).toBe(2)
    expect(connection.hello).toBe(hello)
    const heard: ConnectionChange[] = []
    connection.onConnection((change) => heard.push(change))
    expect(heard).toEqual([{ status: 'connected', hello }])
    await connection.close()
    expect(changes.size).toBe(0)
  })

  it('is waited for no longer than the request may take', async () => {
    const connection = createConnection({
      request: async (method) => method,
      async *events() {},
      connect: () => new Promise(() => undefined),
    })
    await expect(connection.request('a', {}, { timeoutMs: 30 })).rejects.toMatchObject({
      status: 504,
      gatewayCode: 'CONNECT_TIMEOUT',
      retryable: true,
    })
    await connection.close()
  })

  it('is closed once', async () => {
    let closed = 0
    const connection = createConnection({
      request: async (method) => method,
      async *events() {},
      close: async () => {
        closed += 1
      },
    })
    await Promise.all([connection.close(), connection.close()])
    expect(closed).toBe(1)
  })

  it.each([{}, null, { request: async () => 1 }, { events: () => 1 }])(
    'is refused where it lacks a function: %o',
    (transport) => {
      expect(() => createConnection(transport as unknown as OpenClawTransport)).toThrow(PincerError)
    },
  )
})
