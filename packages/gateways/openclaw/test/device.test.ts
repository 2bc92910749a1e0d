import { execFile } from 'node:child_process'
import { createHash, createPublicKey, verify } from 'node:crypto'
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { buildDeviceAuthPayloadV3 } from '@openclaw/gateway-client'
import { PincerError } from '@pincer/protocol'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createConnection } from '../src/connection/create-connection.ts'
import type { GatewayDevice } from '../src/device/device.ts'
import { approveDevicePairing, listDevicePairing, rejectDevicePairing } from '../src/device/device-pairing.ts'
import { fileDevice } from '../src/device/file-device.ts'
import { memoryDevice } from '../src/device/memory-device.ts'
import { GatewayClientTransport } from '../src/transport/gateway-client-transport.ts'
import { collectFailure } from './collect-failure.ts'
import { type ScriptedGateway, ScriptedRefusal, startScriptedGateway } from './scripted-gateway.ts'

const place = { gateway: 'wss://claw.example.com', role: 'operator' }
let folder: string
const cleanups: (() => Promise<unknown>)[] = []

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'pincer-device-'))
})

afterEach(async () => {
  await Promise.all(cleanups.splice(0).map((clean) => clean()))
  rmSync(folder, { recursive: true })
})

describe('a device in a file', () => {
  it('is made on first use, for its owner alone, and is the same ever after', () => {
    const path = join(folder, 'deep', 'er', 'device.json')
    const device = fileDevice(path)
    expect(readdirSync(folder)).toEqual([])
    const { deviceId, publicKeyPem } = device.identity()
    const raw = createPublicKey(publicKeyPem).export({ type: 'spki', format: 'der' }).subarray(-32)
    expect(deviceId).toBe(createHash('sha256').update(raw).digest('hex'))
    expect(fileDevice(path).identity()).toEqual(device.identity())
    expect(statSync(path).mode & 0o777).toBe(0o600)
    expect(statSync(join(folder, 'deep', 'er')).mode & 0o777).toBe(0o700)
    expect(readdirSync(join(folder, 'deep', 'er'))).toEqual(['device.json'])
  })

  it('is one device for processes that make it at the same time', async () => {
    const path = join(folder, 'device.json')
    const script = `import { fileDevice } from ${JSON.stringify(fileURLToPath(new URL('../src/device/file-device.ts', import.meta.url)))}
      console.log(fileDevice(${JSON.stringify(path)}).identity().deviceId)`
    const started = Array.from({ length: 4 }, () =>
      promisify(execFile)(process.execPath, [
        '--conditions=@pincer/source',
        '--input-type=module',
        '--eval',
        script,
      ]),
    )
    const ids = (await Promise.all(started)).map(({ stdout }) => stdout.trim())
    expect(new Set(ids).size).toBe(1)
    expect(ids[0]).toBe(fileDevice(path).identity().deviceId)
    expect(readdirSync(folder)).toEqual(['device.json'])
  })

  it('keeps a token for each Gateway and role, and forgets the one it is told to', () => {
    const path = join(folder, 'device.json')
    const device = fileDevice(path)
    const other = { ...place, gateway: 'wss://other.example.com' }
    expect(device.loadToken(place)).toBeUndefined()
    device.storeToken(place, { token: 't1', scopes: ['operator.read'] })
    device.storeToken(other, { token: 't2', scopes: [] })
    device.storeToken(place, { token: 't3', scopes: ['operator.write'] })
    const again = fileDevice(path)
    expect(again.loadToken(place)).toEqual({ token: 't3', scopes: ['operator.write'] })
    expect(again.loadToken({ ...place, role: 'node' })).toBeUndefined()
    again.clearToken(place)
    again.clearToken(place)
    expect(device.loadToken(place)).toBeUndefined()
    expect(device.loadToken(other)).toEqual({ token: 't2', scopes: [] })
    for (const name of readdirSync(folder)) expect(statSync(join(folder, name)).mode & 0o777).toBe(0o600)
  })

  it('takes a broken token file for none', () => {
    const device = fileDevice(join(folder, 'device.json'))
    device.storeToken(place, { token: 't1', scopes: [] })
    const file = readdirSync(folder).find((name) => name.includes('token')) ?? ''
    writeFileSync(join(folder, file), '{"token":')
    expect(device.loadToken(place)).toBeUndefined()
  })

  it.each<[string, (path: string) => void, RegExp]>([
    [
      'that others can read',
      (path) => {
        fileDevice(path).identity()
        chmodSync(path, 0o644)
      },
      /can be read by others; run `chmod 600`/,
    ],
    [
      'that is a link',
      (path) => {
        fileDevice(`${path}.real`).identity()
        symlinkSync(`${path}.real`, path)
      },
      /symbolic link/,
    ],
    ['that is a folder', (path) => mkdirSync(path, { mode: 0o700 }), /is no file/],
    [
      'that holds no key',
      (path) => writeFileSync(path, '{"privateKeyPem":"hush"}', { mode: 0o600 }),
      /no Ed25519 key/,
    ],
    ['that is no JSON', (path) => writeFileSync(path, 'hush', { mode: 0o600 }), /no Ed25519 key/],
    [
      'that is far too large',
      (path) => writeFileSync(path, 'x'.repeat(100_000), { mode: 0o600 }),
      /too large/,
    ],
  ])('refuses a file %s', (_name, make, message) => {
    const path = join(folder, 'device.json')
    make(path)
    const before = statSync(path).mode
    const use = (): unknown => fileDevice(path).identity()
    expect(use).toThrow(PincerError)
    expect(use).toThrow(message)
    expect(use).not.toThrow(/hush/)
    expect(statSync(path).mode).toBe(before)
  })

  it('refuses a folder in which anybody may put a key', () => {
    const open = join(folder, 'open')
    mkdirSync(open)
    chmodSync(open, 0o777)
    expect(() => fileDevice(join(open, 'device.json')).identity()).toThrow(/can be written by others/)
    expect(readdirSync(open)).toEqual([])
  })

  it('is refused at the connection, with the file in the message', async () => {
    const path = join(folder, 'device.json')
    writeFileSync(path, '{}', { mode: 0o644 })
    const transport = new GatewayClientTransport({ url: 'ws://127.0.0.1:1', device: fileDevice(path) })
    const error = await collectFailure(transport.connect())
    expect(error).toMatchObject({ code: 'invalid_option', message: expect.stringContaining(path) })
    await transport.close()
  })
})

describe('a device and a Gateway', () => {
  async function start(hello?: Readonly<Record<string, unknown>>): Promise<ScriptedGateway> {
    const gateway = await startScriptedGateway(hello === undefined ? {} : { hello })
    cleanups.push(() => gateway.close())
    return gateway
  }

  function open(gateway: ScriptedGateway, device: GatewayDevice, token?: string): GatewayClientTransport {
    const transport = new GatewayClientTransport({
      url: gateway.url,
      device,
      token,
      scopes: ['operator.read'],
    })
    cleanups.push(() => transport.close())
    return transport
  }

  const withToken = {
    auth: { role: 'operator', scopes: ['operator.read'], deviceToken: 'device-token-1' },
  }

  it('proves who it is, keeps the token it is given, and needs no other one later', async () => {
    const gateway = await start(withToken)
    const device = memoryDevice()
    await open(gateway, device, 'secret-token').connect()
    const [first] = gateway.connects
    const proof = first?.['device'] as {
      id: string
      publicKey: string
      signature: string
      signedAt: number
      nonce: string
    }
    const { deviceId, publicKeyPem } = device.identity()
    expect(proof.id).toBe(deviceId)
    const payload = buildDeviceAuthPayloadV3({
      deviceId,
      clientId: 'gateway-client',
      clientMode: 'cli',
      role: 'operator',
      scopes: ['operator.read'],
      signedAtMs: proof.signedAt,
      token: 'secret-token',
      nonce: proof.nonce,
      platform: process.platform,
    })
    expect(verify(null, Buffer.from(payload), publicKeyPem, Buffer.from(proof.signature, 'base64url'))).toBe(
      true,
    )
    expect(device.loadToken({ gateway: gateway.url, role: 'operator' })).toEqual({
      token: 'device-token-1',
      scopes: ['operator.read'],
    })
    await open(gateway, device).connect()
    expect(gateway.connects[1]).toMatchObject({
      auth: { token: 'device-token-1', deviceToken: 'device-token-1' },
    })
  })

  it('forgets a token that the Gateway does not know any more', async () => {
    const gateway = await start()
    const device = memoryDevice()
    const here = { gateway: gateway.url, role: 'operator' }
    device.storeToken(here, { token: 'old-token', scopes: [] })
    gateway.refuseConnect({
      code: 'INVALID_REQUEST',
      message: 'device token mismatch',
      details: { code: 'AUTH_DEVICE_TOKEN_MISMATCH' },
    })
    await expect(open(gateway, device).connect()).rejects.toMatchObject({
      gatewayCode: 'AUTH_DEVICE_TOKEN_MISMATCH',
    })
    expect(device.loadToken(here)).toBeUndefined()
  })

  it('tries its own token once where the shared one is wrong', async () => {
    const gateway = await start()
    const device = memoryDevice()
    device.storeToken({ gateway: gateway.url, role: 'operator' }, { token: 'device-token-1', scopes: [] })
    gateway.refuseConnect(
      { code: 'INVALID_REQUEST', message: 'no', details: { code: 'AUTH_TOKEN_MISMATCH' } },
      1,
    )
    await open(gateway, device, 'wrong-token').connect()
    expect(gateway.connects[1]).toMatchObject({ auth: { deviceToken: 'device-token-1' } })
  })

  it('keeps waiting where the Gateway says that its pairing is being looked at', async () => {
    const gateway = await start()
    gateway.refuseConnect(
      {
        code: 'NOT_PAIRED',
        message: 'pairing required',
        details: { code: 'PAIRING_REQUIRED', requestId: 'r9', pauseReconnect: false },
      },
      1,
    )
    await open(gateway, memoryDevice()).connect()
    expect(gateway.connects).toHaveLength(2)
  })

  it('goes on where its token cannot be kept', async () => {
    const gateway = await start(withToken)
    const device: GatewayDevice = {
      ...memoryDevice(),
      storeToken() {
        throw new Error('disk full')
      },
    }
    await open(gateway, device, 'secret-token').connect()
    expect(gateway.open).toBe(1)
  })
})

describe('pairing', () => {
  it('lists, approves and rejects', async () => {
    const gateway = await startScriptedGateway({
      answers: {
        'device.pair.list': () => ({
          pending: [
            {
              requestId: 'r1',
              deviceId: 'd1',
              displayName: 'Lap',
              role: 'operator',
              scopes: ['operator.read'],
              ts: 5,
            },
            { requestId: 7 },
            'odd',
          ],
          paired: [
            {
              deviceId: 'd2',
              roles: ['operator'],
              scopes: ['operator.read'],
              tokens: { operator: { token: 'hush' } },
            },
          ],
        }),
        'device.pair.approve': ({ params }) => params,
        'device.pair.reject': () => {
          throw new ScriptedRefusal({ code: 'INVALID_REQUEST', message: 'unknown requestId' })
        },
      },
    })
    const connection = createConnection(new GatewayClientTransport({ url: gateway.url }))
    cleanups.push(
      () => connection.close(),
      () => gateway.close(),
    )
    expect(await listDevicePairing(connection)).toEqual({
      pending: [
        {
          requestId: 'r1',
          deviceId: 'd1',
          displayName: 'Lap',
          role: 'operator',
          scopes: ['operator.read'],
          requestedAt: 5,
        },
      ],
      paired: [{ deviceId: 'd2', roles: ['operator'], scopes: ['operator.read'] }],
    })
    await approveDevicePairing(connection, 'r1')
    await expect(rejectDevicePairing(connection, 'r2')).rejects.toMatchObject({ status: 404 })
    expect(gateway.requests.slice(1).map(({ params }) => params)).toEqual([
      { requestId: 'r1' },
      { requestId: 'r2' },
    ])
  })
})

describe('the key file', () => {
  it('holds the private key and nothing that a Gateway gave', () => {
    const path = join(folder, 'device.json')
    const device = fileDevice(path)
    device.storeToken(place, { token: 'device-token-1', scopes: [] })
    expect(readFileSync(path, 'utf8')).not.toContain('device-token-1')
    expect(JSON.parse(readFileSync(path, 'utf8'))).toEqual({
      version: 1,
      deviceId: device.identity().deviceId,
      privateKeyPem: device.identity().privateKeyPem,
    })
  })
})
