import { chmodSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { afterEach, describe, expect, it } from 'vitest'
import { type WebSocket, WebSocketServer } from 'ws'
import type { DeviceIdentity, GatewayDevice } from '../src/device/device.ts'
import { fileDevice } from '../src/device/file-device.ts'
import { memoryDevice } from '../src/device/memory-device.ts'
import { OpenClaw } from '../src/openclaw.ts'
import { GatewayClientTransport } from '../src/transport/gateway-client-transport.ts'
import { type ScriptedGateway, silence, startScriptedGateway } from './scripted-gateway.ts'

const token = 'hostile-secret-token'
const closes: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closes.splice(0).toReversed()) await close()
})

interface Frame {
  readonly id: string
  readonly method: string
}

/** A server that greets as a Gateway does, and answers whatever the test likes. */
async function startHostile(serve: (socket: WebSocket, frame: Frame) => void): Promise<string> {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' })
  await new Promise((resolve) => server.once('listening', resolve))
  server.on('connection', (socket) => {
    socket.on('error', () => undefined)
    socket.send(
      JSON.stringify({
        type: 'event',
        event: 'connect.challenge',
        payload: { nonce: 'n', ts: Date.now() },
      }),
    )
    socket.on('message', (data: Buffer) => serve(socket, JSON.parse(data.toString()) as Frame))
  })
  closes.push(() => {
    for (const socket of server.clients) socket.terminate()
    server.close()
  })
  return `ws://127.0.0.1:${(server.address() as AddressInfo).port}`
}

function answer(socket: WebSocket, { id }: Frame, payload: unknown): void {
  socket.send(JSON.stringify({ type: 'res', id, ok: true, payload }))
}

function open(url: string, more: object = {}): OpenClaw {
  const client = new OpenClaw({ url, token, requestTimeoutMs: 2000, connectTimeoutMs: 3000, ...more })
  closes.push(() => client.close())
  return client
}

async function start(options: Parameters<typeof startScriptedGateway>[0] = {}): Promise<ScriptedGateway> {
  const gateway = await startScriptedGateway(options)
  closes.push(() => gateway.close())
  return gateway
}

async function failureOf(work: Promise<unknown>): Promise<Error> {
  try {
    await work
  } catch (error) {
    if (error instanceof Error) return error
  }
  throw new Error('it did not fail')
}

describe('a hello', () => {
  it.each<[string, unknown]>([
    ['is empty', {}],
    ['is a number', 5],
    ['is a list', [1]],
    [
      'has parts of other kinds',
      { server: 5, features: 3, snapshot: 1, auth: 'x', policy: 'y', protocol: 'four' },
    ],
    [
      'has keys of the prototype',
      JSON.parse('{"__proto__":{"protocol":9},"server":{"__proto__":{"bootId":"x"}}}'),
    ],
  ])('that %s is lived with', async (_name, payload) => {
    const url = await startHostile((socket, frame) =>
      answer(socket, frame, frame.method === 'connect' ? payload : { agents: [] }),
    )
    const client = open(url)
    await client.connect()
    expect(client.hello).toMatchObject({ bootId: '', version: 'unknown', defaultAgentId: 'main', scopes: [] })
    expect(await client.request('agents.list')).toEqual({ agents: [] })
  })

  it('of another protocol is refused at once, with what to update', async () => {
    const url = await startHostile((socket, frame) =>
      answer(socket, frame, { type: 'hello-ok', protocol: 5 }),
    )
    const started = performance.now()
    await expect(open(url).connect()).rejects.toMatchObject({
      status: 426,
      gatewayCode: 'PROTOCOL_MISMATCH',
      retryable: false,
      message: expect.stringContaining('update Pincer'),
    })
    expect(performance.now() - started).toBeLessThan(2000)
  })
})

describe('frames', () => {
  const garbage = [
    'garbage',
    '{',
    'null',
    '[]',
    '5',
    '{}',
    '{"type":"res"}',
    '{"type":"res","id":"unknown","ok":true,"payload":1}',
    '{"type":"res","id":"__proto__","ok":false,"error":5}',
    '{"type":"event"}',
    '{"type":"event","event":5}',
    '{"type":"event","event":"agent","payload":null,"seq":"x"}',
    '{"type":"event","event":"constructor","payload":{"__proto__":{"polluted":true}}}',
    `{"type":"event","event":"agent","payload":${'['.repeat(100_000)}${']'.repeat(100_000)}}`,
  ]

  it('that are garbage, unknown or told twice change nothing', async () => {
    const url = await startHostile((socket, frame) => {
      for (const text of garbage) socket.send(text)
      answer(socket, frame, frame.method === 'connect' ? { protocol: 4 } : frame.method)
      answer(socket, frame, 'a second answer')
    })
    const client = open(url)
    const abort = new AbortController()
    const events = client.events({ signal: abort.signal })[Symbol.asyncIterator]()
    const first = events.next()
    for (const method of ['one', 'two']) expect(await client.request(method)).toBe(method)
    expect((await first).value).toMatchObject({ version: 1 })
    expect('polluted' in {}).toBe(false)
    abort.abort()
  })

  it('larger than a client takes cost the connection, not the process', async () => {
    let connects = 0
    const url = await startHostile((socket, frame) => {
      if (frame.method === 'connect') connects += 1
      answer(socket, frame, frame.method === 'giant' ? 'x'.repeat(27_000_000) : { protocol: 4 })
    })
    const client = open(url)
    await expect(client.request('giant')).rejects.toMatchObject({ gatewayCode: 'CONNECTION_LOST' })
    expect(await client.request('small')).toEqual({ protocol: 4 })
    expect(connects).toBe(2)
  })

  it('end a reader before they fill the memory, however few they are', async () => {
    const gateway = await start({
      answers: {
        flood({ emit }) {
          for (let n = 0; n < 80; n += 1) emit('tick', 'x'.repeat(1_000_000))
          return true
        },
      },
    })
    const transport = new GatewayClientTransport({ url: gateway.url })
    closes.push(() => transport.close())
    const reader = transport.events()[Symbol.asyncIterator]()
    await transport.request('flood')
    const read = async (): Promise<void> => {
      while ((await reader.next()).done !== true);
    }
    await expect(read()).rejects.toMatchObject({
      gatewayCode: 'READER_TOO_SLOW',
      message: expect.stringContaining('64 MiB'),
    })
  })
})

describe('secrets', () => {
  const say: Readonly<Record<string, object>> = {
    'in the message': { code: 'X', message: `bad ${token}` },
    'in the details': { code: 'X', message: 'bad', details: { deep: [{ got: token }] } },
    'as a key': { code: 'X', message: 'bad', details: { [token]: 1 } },
    'as the code': { code: token, message: 'bad', details: { code: token } },
    'cut in half by the bound of a message': { code: 'X', message: `${'x'.repeat(490)}${token}` },
    'behind more than is searched': {
      code: 'X',
      message: 'bad',
      details: { list: Array.from({ length: 20_000 }, (_, n) => n), got: token },
    },
  }

  it.each(Object.keys(say))('never stand in an error or its cause: %s', async (where) => {
    const url = await startHostile((socket, frame) => {
      if (frame.method === 'connect') answer(socket, frame, { protocol: 4 })
      else socket.send(JSON.stringify({ type: 'res', id: frame.id, ok: false, error: say[where] }))
    })
    const error = await failureOf(open(url).request('ask'))
    const shown =
      inspect(error, { depth: 30, maxArrayLength: null, showHidden: true }) + JSON.stringify(error)
    expect(shown).not.toContain(token.slice(0, 10))
  })

  it('never stand in the reason of a lost connection', async () => {
    const url = await startHostile((socket, frame) => {
      if (frame.method === 'connect') answer(socket, frame, { protocol: 4 })
      else socket.close(1011, `kicked ${token}`)
    })
    const transport = new GatewayClientTransport({ url, token })
    closes.push(() => transport.close())
    const changes: unknown[] = []
    transport.onConnection((change) => changes.push(change))
    await failureOf(transport.request('ask'))
    expect(changes).toHaveLength(2)
    expect(JSON.stringify(changes)).toContain('kicked')
    expect(JSON.stringify(changes)).not.toContain(token)
  })

  it('are not seen in what a client, a transport or a device is made of', () => {
    const device = memoryDevice()
    const key = device.identity().privateKeyPem.split('\n')[1] ?? '?'
    const options = { url: 'ws://127.0.0.1:9', token, device }
    const shown = [new OpenClaw(options), new GatewayClientTransport(options), device].map((part) =>
      inspect(part, { depth: 30, showHidden: true }),
    )
    for (const text of shown) {
      expect(text).not.toContain(token)
      expect(text).not.toContain(key)
    }
  })
})

describe('a device', () => {
  it('whose token can no longer be read is said at once, and can be mended without a new client', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'hostile-'))
    closes.push(() => rmSync(folder, { recursive: true }))
    const gateway = await start({
      hello: { auth: { role: 'operator', deviceToken: 'device-token', scopes: ['operator.read'] } },
    })
    const path = join(folder, 'device.json')
    const first = open(gateway.url, { device: fileDevice(path) })
    await first.connect()
    await first.close()
    const file = join(folder, readdirSync(folder).find((name) => name.includes('token')) ?? '')
    chmodSync(file, 0o644)
    const client = open(gateway.url, { device: fileDevice(path) })
    const started = performance.now()
    const refused = await failureOf(client.connect())
    expect(refused.message).toContain(`${file}: can be read by others`)
    expect(performance.now() - started).toBeLessThan(1500)
    chmodSync(file, 0o600)
    await client.connect()
    expect(client.hello?.protocol).toBe(4)
  })

  it('may be of a class of the app', async () => {
    const kept = memoryDevice()
    class Vault implements GatewayDevice {
      identity(): DeviceIdentity {
        return kept.identity()
      }
      loadToken(): undefined {
        return undefined
      }
      storeToken(): void {}
      clearToken(): void {}
    }
    const gateway = await start()
    await open(gateway.url, { device: new Vault() }).connect()
    expect(gateway.connects[0]?.['device']).toMatchObject({ id: kept.identity().deviceId })
  })
})

describe('a connection', () => {
  it('that comes and goes a hundred times leaves nothing behind', async () => {
    const gateway = await start({ answers: { ping: () => 'pong' } })
    for (let n = 0; n < 100; n += 1) {
      const client = new OpenClaw({ url: gateway.url, token })
      const [connected, asked] = [client.connect(), client.request('ping')]
      const settled = Promise.allSettled([connected, asked])
      if (n % 3 === 0) await connected
      await client.close()
      for (const result of await settled) {
        if (result.status === 'rejected') expect(result.reason).toMatchObject({ code: 'closed' })
      }
    }
    expect(gateway.open).toBe(0)
  })

  it('that is cut at every request tells each of a hundred callers', async () => {
    const gateway = await start({ answers: { die: ({ drop }) => (drop(), silence), hang: () => silence } })
    const client = open(gateway.url)
    await client.connect()
    const cut = await Promise.allSettled(Array.from({ length: 100 }, () => client.request('die')))
    expect(new Set(cut.map((result) => result.status))).toEqual(new Set(['rejected']))
    await client.connect()
    const closed = Promise.allSettled(Array.from({ length: 100 }, () => client.request('hang')))
    await client.close()
    for (const result of await closed) expect(result).toMatchObject({ reason: { code: 'closed' } })
  })
})
