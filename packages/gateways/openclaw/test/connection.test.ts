import { GatewayError, PincerError } from '@pincer/protocol'
import { eventually } from '@pincer/testing'
import { afterEach, describe, expect, it } from 'vitest'
import { createConnection } from '../src/connection/create-connection.ts'
import { GatewayClientTransport } from '../src/transport/gateway-client-transport.ts'
import type { ConnectionChange } from '../src/transport/transport.ts'
import type { GatewayClientTransportOptions } from '../src/transport/transport-options.ts'
import { collectFailure } from './collect-failure.ts'
import {
  type ScriptedError,
  type ScriptedGateway,
  type ScriptedGatewayOptions,
  startingError,
  startScriptedGateway,
} from './scripted-gateway.ts'

const cleanups: (() => Promise<unknown>)[] = []
afterEach(async () => {
  await Promise.all(cleanups.splice(0).map((clean) => clean()))
})

async function start(options?: ScriptedGatewayOptions): Promise<ScriptedGateway> {
  const gateway = await startScriptedGateway({
    answers: { 'agents.list': () => ({ agents: [] }) },
    ...options,
  })
  cleanups.push(() => gateway.close())
  return gateway
}

function open(
  gateway: { readonly url: string },
  options?: Partial<GatewayClientTransportOptions>,
): GatewayClientTransport {
  const transport = new GatewayClientTransport({ url: gateway.url, token: 'secret-token', ...options })
  cleanups.push(() => transport.close())
  return transport
}

describe('connect', () => {
  it('asks for what the options say, and tells what the hello said', async () => {
    const gateway = await start({ token: 'secret-token' })
    const transport = open(gateway, { displayName: 'Test app', instanceId: 'i-1', reviewer: true })
    const changes: ConnectionChange[] = []
    transport.onConnection((change) => changes.push(change))
    await transport.connect()
    await transport.connect()
    expect(gateway.connects).toHaveLength(1)
    expect(gateway.connects[0]).toMatchObject({
      minProtocol: 4,
      maxProtocol: 4,
      role: 'operator',
      client: { id: 'gateway-client', mode: 'backend', displayName: 'Test app', instanceId: 'i-1' },
      scopes: [
        'operator.read',
        'operator.write',
        'operator.approvals',
        'operator.questions',
        'operator.admin',
      ],
      caps: ['tool-events', 'approvals'],
      auth: { token: 'secret-token' },
    })
    expect(changes).toEqual([
      {
        status: 'connected',
        hello: expect.objectContaining({
          bootId: gateway.bootId,
          version: '2026.9.6',
          protocol: 4,
          defaultAgentId: 'main',
          mainSessionKey: 'agent:main:main',
          methods: ['agents.list'],
        }),
      },
    ])
    const late: ConnectionChange[] = []
    transport.onConnection((change) => late.push(change))
    expect(late).toEqual(changes)
  })

  it.each<[string, ScriptedError, { status: number; gatewayCode: string }, RegExp]>([
    [
      'a protocol of another version, naming both',
      {
        code: 'INVALID_REQUEST',
        message: 'protocol mismatch',
        details: { code: 'PROTOCOL_MISMATCH', clientMaxProtocol: 4, expectedProtocol: 5 },
      },
      { status: 426, gatewayCode: 'PROTOCOL_MISMATCH' },
      /protocol 5.*protocol 4.*update Pincer/,
    ],
    [
      'a device that is not paired, with the request and the command',
      {
        code: 'NOT_PAIRED',
        message: 'pairing required',
        details: { code: 'PAIRING_REQUIRED', reason: 'not-paired', requestId: 'req-77' },
      },
      { status: 401, gatewayCode: 'PAIRING_REQUIRED' },
      /request req-77.*openclaw devices approve req-77/,
    ],
    [
      'a device that asks for more than it was paired with',
      {
        code: 'NOT_PAIRED',
        message: 'pairing required',
        details: { code: 'PAIRING_REQUIRED', reason: 'scope-upgrade', requestId: '$(rm -rf)' },
      },
      { status: 401, gatewayCode: 'PAIRING_REQUIRED' },
      /more scopes.*openclaw devices list/,
    ],
    [
      'a device token that is no longer valid',
      {
        code: 'INVALID_REQUEST',
        message: 'device token mismatch',
        details: { code: 'AUTH_DEVICE_TOKEN_MISMATCH' },
      },
      { status: 401, gatewayCode: 'AUTH_DEVICE_TOKEN_MISMATCH' },
      /`token`/,
    ],
    [
      'a wrong password',
      {
        code: 'INVALID_REQUEST',
        message: 'password mismatch',
        details: { code: 'AUTH_PASSWORD_MISMATCH' },
      },
      { status: 401, gatewayCode: 'AUTH_PASSWORD_MISMATCH' },
      /OPENCLAW_GATEWAY_PASSWORD/,
    ],
    [
      'too many attempts',
      {
        code: 'UNAVAILABLE',
        message: 'slow down',
        details: { code: 'AUTH_RATE_LIMITED' },
        retryAfterMs: 60_000,
      },
      { status: 429, gatewayCode: 'AUTH_RATE_LIMITED' },
      /wait a minute/,
    ],
    [
      'parameters of a handshake that the Gateway does not know',
      {
        code: 'INVALID_REQUEST',
        message: 'invalid connect params: at /client/id: must be equal to one of the allowed values',
      },
      { status: 400, gatewayCode: 'INVALID_REQUEST' },
      /invalid connect params/,
    ],
  ])('rejects at once for %s', async (_name, refusal, expected, message) => {
    const gateway = await start()
    gateway.refuseConnect(refusal)
    const transport = open(gateway)
    const error = await collectFailure(transport.connect())
    expect(error).toBeInstanceOf(GatewayError)
    expect(error).toMatchObject({ ...expected, retryable: false })
    expect(error).toHaveProperty('message', expect.stringMatching(message))
    expect(gateway.connects).toHaveLength(1)
  })

  it('rejects for a wrong token with where to look, and never says the token', async () => {
    const gateway = await start({ token: 'right' })
    const transport = open(gateway, {
      token: 'wrong-secret',
      credentialsFrom: 'gateway.auth.token of a.json',
    })
    const error = await collectFailure(transport.request('agents.list'))
    expect(error).toMatchObject({ status: 401, gatewayCode: 'AUTH_TOKEN_MISMATCH', retryable: false })
    expect(String(error)).toMatch(/OPENCLAW_GATEWAY_TOKEN.*they came from gateway\.auth\.token of a\.json/)
    expect(String(error)).not.toContain('wrong-secret')
  })

  it('rejects without credentials with what to pass', async () => {
    const gateway = await start({ token: 'right' })
    const error = await collectFailure(open(gateway, { token: undefined }).connect())
    expect(error).toMatchObject({ status: 401, gatewayCode: 'DEVICE_IDENTITY_REQUIRED' })
    expect(String(error)).toMatch(/`token`.*fileDevice\(\)/)
  })

  it('takes its secrets out of what a Gateway says', async () => {
    const gateway = await start()
    gateway.refuseConnect({
      code: 'INVALID_REQUEST',
      message: 'bad token secret-token, and secret-token again',
    })
    const error = await collectFailure(open(gateway).connect())
    expect(String(error)).toContain('bad token …, and … again')
    expect(JSON.stringify([error, (error as Error).cause])).not.toContain('secret-token')
  })

  it('tries again after a refusal when it is asked to, so that a pairing in between is enough', async () => {
    const gateway = await start()
    gateway.refuseConnect(
      { code: 'NOT_PAIRED', message: 'pairing', details: { code: 'PAIRING_REQUIRED', requestId: 'r1' } },
      1,
    )
    const transport = open(gateway)
    const changes: ConnectionChange[] = []
    transport.onConnection((change) => changes.push(change))
    await expect(transport.connect()).rejects.toMatchObject({ gatewayCode: 'PAIRING_REQUIRED' })
    // The refusal speaks for the requests right behind it, instead of one attempt for each.
    await expect(transport.request('agents.list')).rejects.toMatchObject({ gatewayCode: 'PAIRING_REQUIRED' })
    expect(gateway.connects).toHaveLength(1)
    await transport.connect()
    await expect(transport.request('agents.list')).resolves.toEqual({ agents: [] })
    expect(changes.map((change) => change.status)).toEqual(['disconnected', 'connected'])
    expect(changes[0]).toMatchObject({ reconnecting: false })
  })

  it('waits for a Gateway that is starting', async () => {
    const gateway = await start()
    gateway.refuseConnect(startingError, 2)
    const transport = open(gateway)
    await transport.connect()
    expect(gateway.connects).toHaveLength(3)
  })

  it('gives a Gateway up that keeps starting, with a retryable 503', async () => {
    const gateway = await start()
    gateway.refuseConnect(startingError)
    const error = await collectFailure(open(gateway, { connectTimeoutMs: 500 }).connect())
    expect(error).toMatchObject({ status: 503, gatewayCode: 'startup-sidecars', retryable: true })
    expect(String(error)).toMatch(/within 500 ms.*still starting/)
  })

  it('waits for a Gateway that is not there yet', async () => {
    const gateway = await start()
    await gateway.stop()
    const transport = open(gateway)
    const connected = transport.connect()
    const asked = transport.request('agents.list')
    await gateway.start()
    await connected
    await expect(asked).resolves.toEqual({ agents: [] })
  })

  it('gives a Gateway up that is not there, with a retryable 503', async () => {
    const gateway = await start()
    await gateway.stop()
    const error = await collectFailure(open(gateway, { connectTimeoutMs: 400 }).connect())
    expect(error).toMatchObject({ status: 503, gatewayCode: 'ECONNREFUSED', retryable: true })
    expect(String(error)).toContain(gateway.url)
    expect(String(error)).toMatch(/start it/)
  })

  it('refuses plain ws to a public host before anything is sent', async () => {
    const error = await collectFailure(open({ url: 'ws://203.0.113.7:18789' }).connect())
    expect(error).toMatchObject({ status: 400, gatewayCode: 'INSECURE_URL', retryable: false })
  })
})

describe('what is lost', () => {
  it('comes back by itself, tells of it, and hears events again', async () => {
    const gateway = await start()
    const connection = createConnection(open(gateway))
    const changes: ConnectionChange[] = []
    const events: unknown[] = []
    connection.onConnection((change) => changes.push(change))
    connection.subscribe((event) => events.push(event.payload))
    await connection.connect()
    const firstBoot = gateway.bootId
    expect(connection.hello?.bootId).toBe(firstBoot)
    gateway.emit('chat', 1)
    await eventually(() => events.length === 1)

    await gateway.stop()
    await eventually(() => changes.length === 2)
    await gateway.start()
    await eventually(() => changes.length === 3)
    expect(changes).toEqual([
      expect.objectContaining({ status: 'connected' }),
      { status: 'disconnected', code: 1006, reason: '', reconnecting: true },
      { status: 'connected', hello: expect.objectContaining({ bootId: gateway.bootId }) },
    ])
    expect(gateway.bootId).not.toBe(firstBoot)
    expect(connection.hello?.bootId).toBe(gateway.bootId)
    gateway.emit('chat', 2)
    await eventually(() => events.length === 2)
    expect(events).toEqual([1, 2])
  })

  it('says that a Gateway restarts where it says so', async () => {
    const gateway = await start({ answers: { wait: () => new Promise(() => undefined) } })
    const transport = open(gateway)
    const asked = collectFailure(transport.request('wait', {}, { timeoutMs: null }))
    await eventually(() => gateway.requests.length === 1)
    await gateway.stop(1012)
    const error = await asked
    expect(error).toMatchObject({ status: 503, gatewayCode: 'CONNECTION_LOST', retryable: true })
    expect(String(error)).toMatch(/restarting; it may have been carried out/)
  })

  it('is given up where the Gateway no longer takes the token', async () => {
    const gateway = await start()
    const transport = open(gateway)
    const changes: ConnectionChange[] = []
    transport.onConnection((change) => changes.push(change))
    await transport.connect()
    gateway.refuseConnect({
      code: 'INVALID_REQUEST',
      message: 'no',
      details: { code: 'AUTH_TOKEN_MISMATCH' },
    })
    gateway.drop()
    await eventually(() => changes.length === 3)
    expect(changes.slice(1)).toEqual([
      expect.objectContaining({ status: 'disconnected', reconnecting: true }),
      expect.objectContaining({ status: 'disconnected', reconnecting: false, code: 1008 }),
    ])
    await expect(transport.request('agents.list')).rejects.toMatchObject({
      gatewayCode: 'AUTH_TOKEN_MISMATCH',
    })
  })
})

describe('close', () => {
  it('may be called twice, rejects what is open, and tells it once', async () => {
    const gateway = await start({ answers: { wait: () => new Promise(() => undefined) } })
    const connection = createConnection(open(gateway))
    const changes: ConnectionChange[] = []
    connection.onConnection((change) => changes.push(change))
    const inFlight = collectFailure(connection.request('wait', {}, { timeoutMs: null }))
    await eventually(() => gateway.requests.length === 1)
    const closing = connection.close()
    expect(connection.closed).toBe(true)
    await Promise.all([closing, connection.close()])
    expect(await inFlight).toMatchObject({ code: 'closed' })
    const late = await collectFailure(connection.request('agents.list'))
    expect(PincerError.isInstance(late)).toBe(true)
    expect(late).toMatchObject({ code: 'closed' })
    await expect(connection.connect()).rejects.toMatchObject({ code: 'closed' })
    expect(() => connection.subscribe(() => undefined)).toThrow(/was closed/)
    expect(changes.at(-1)).toEqual({
      status: 'disconnected',
      code: 1000,
      reason: 'closed',
      reconnecting: false,
    })
    expect(changes).toHaveLength(2)
    await eventually(() => gateway.open === 0)
  })

  it('lets go of somebody who waits for a Gateway that is not there', async () => {
    const gateway = await start()
    await gateway.stop()
    const transport = open(gateway)
    const asked = collectFailure(transport.request('agents.list', {}, { timeoutMs: null }))
    const connecting = collectFailure(transport.connect())
    await transport.close()
    expect(await asked).toMatchObject({ code: 'closed' })
    expect(await connecting).toMatchObject({ code: 'closed' })
  })
})
