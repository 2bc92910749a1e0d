import { describe, expect, it } from 'vitest'
import { deferSubscriptions } from '../src/client/deferred-connection.ts'
import { createConnection } from '../src/connection/create-connection.ts'
import { OpenClaw } from '../src/index.ts'
import { capturedHello, ClientTransport } from './client-transport.ts'

describe('subscriptions that wait for the connection', () => {
  it('open nothing by themselves, and are there before the first answer', async () => {
    const transport = new ClientTransport(['agents'])
    const connection = deferSubscriptions(createConnection(transport), true)
    const seen: string[] = []
    connection.subscribe(({ event }) => seen.push(event))
    const stop = connection.subscribe(({ event }) => seen.push(`stopped ${event}`))
    stop()
    transport.tell({ event: 'early' })
    expect([transport.opened, seen]).toEqual([0, []])
    const asked = connection.request('agents.list', {})
    await expect.poll(() => transport.sent.length).toBe(1)
    transport.tell({ event: 'tick' })
    await asked
    expect(seen).toEqual(['tick'])
    const late = connection.subscribe(({ event }) => seen.push(`late ${event}`))
    transport.tell({ event: 'tock' })
    late()
    transport.tell({ event: 'tack' })
    expect(seen).toEqual(['tick', 'tock', 'late tock', 'tack'])
  })

  it('begin with the first call where the transport tells nothing', async () => {
    const transport = new ClientTransport(['agents'], {}, null)
    const connection = deferSubscriptions(createConnection(transport), false)
    const seen: string[] = []
    connection.subscribe(({ event }) => seen.push(event))
    const asked = connection.request('agents.list', {})
    transport.tell({ event: 'tick' })
    await asked
    expect(seen).toEqual(['tick'])
  })

  it('leave nothing behind where the connection fails', async () => {
    const transport = new ClientTransport()
    transport.connect = async () => {
      throw Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' })
    }
    const connection = deferSubscriptions(createConnection(transport), true)
    connection.subscribe(() => undefined)
    await expect(connection.connect()).rejects.toMatchObject({ status: 503 })
    expect(transport.listening).toBe(0)
  })
})

describe('oc.events', () => {
  it('asks for the events of sessions, at every new connection again', async () => {
    const transport = new ClientTransport(['sessions'])
    await using oc = new OpenClaw({ transport })
    const reader = oc.events()[Symbol.asyncIterator]()
    const first = reader.next()
    await expect.poll(() => transport.calls).toEqual([['sessions.subscribe', {}]])
    transport.change({ status: 'disconnected', code: 1006, reason: '', reconnecting: true })
    transport.change({ status: 'connected', hello: { ...capturedHello, bootId: 'another' } })
    await expect.poll(() => transport.calls.length).toBe(2)
    transport.tell({ event: 'sessions.changed', payload: { sessionKey: 'k', reason: 'create', ts: 1 } })
    expect(await first).toMatchObject({ value: { type: 'session.created', sessionKey: 'k' } })
    void oc.events()
    await oc.models.list().catch(() => undefined)
    expect(transport.calls.filter(([method]) => method === 'sessions.subscribe')).toHaveLength(2)
  })

  it('rejects where the Gateway cannot be reached, and with the reason of its signal', async () => {
    await using oc = new OpenClaw({ url: 'ws://127.0.0.1:9', connectTimeoutMs: 200 })
    const first = async (items: AsyncIterable<unknown>): Promise<void> => {
      for await (const _item of items) return
    }
    await expect(first(oc.events())).rejects.toMatchObject({ name: 'GatewayError', status: 503 })
    await expect(first(oc.rawEvents())).rejects.toMatchObject({ name: 'GatewayError', status: 503 })
    const enough = AbortSignal.abort(new Error('enough'))
    await expect(first(oc.events({ signal: enough }))).rejects.toThrow('enough')
  })
})
