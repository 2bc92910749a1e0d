import { X509Certificate } from 'node:crypto'
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { PincerError } from '@pincer/protocol'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { discoverGateway } from '../src/discover.ts'
import { type OpenClawOptions, openTransport } from '../src/options.ts'
import type { OpenClawTransport } from '../src/transport/transport.ts'
import { collectFailure } from './collect-failure.ts'
import { startScriptedGateway } from './scripted-gateway.ts'

const certificate = fileURLToPath(new URL('./fixtures/tls/cert.pem', import.meta.url))
let home: string
let path: string

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'pincer-discover-'))
  mkdirSync(join(home, '.openclaw'))
  path = join(home, '.openclaw', 'openclaw.json')
})

afterEach(() => {
  vi.unstubAllEnvs()
  rmSync(home, { recursive: true })
})

function configure(text: string): void {
  writeFileSync(path, text)
}

describe('the Gateway of this machine', () => {
  it('is at the default port where nothing is said', () => {
    expect(discoverGateway({ HOME: home })).toEqual({
      url: 'ws://127.0.0.1:18789',
      from: { url: `the default port, as gateway.port of ${path} is not set` },
    })
  })

  it('is the one of the environment, with no credentials but those of the environment', () => {
    configure('{ gateway: { auth: { token: "of-the-file" } } }')
    const OPENCLAW_GATEWAY_URL = 'https://claw.example.com/gate'
    expect(discoverGateway({ HOME: home, OPENCLAW_GATEWAY_URL })).toEqual({
      url: 'wss://claw.example.com/gate',
      from: { url: 'OPENCLAW_GATEWAY_URL' },
    })
    expect(
      discoverGateway({ HOME: home, OPENCLAW_GATEWAY_URL, OPENCLAW_GATEWAY_PASSWORD: 'pass' }),
    ).toMatchObject({ password: 'pass', from: { credentials: 'OPENCLAW_GATEWAY_PASSWORD' } })
  })

  it('is read from a configuration in JSON5', () => {
    configure(`// written by hand
      { gateway: { port: 19001, auth: { mode: 'token', token: 'of-the-file', password: 'other' }, }, }`)
    expect(discoverGateway({ HOME: home })).toEqual({
      url: 'ws://127.0.0.1:19001',
      token: 'of-the-file',
      from: { url: `gateway.port of ${path}`, credentials: `gateway.auth.token of ${path}` },
    })
  })

  it('takes the credentials of the environment before those of the file, and the port too', () => {
    configure('{ gateway: { port: 19001, auth: { token: "of-the-file" } } }')
    expect(
      discoverGateway({
        HOME: home,
        OPENCLAW_GATEWAY_TOKEN: ' of-the-environment ',
        OPENCLAW_GATEWAY_PORT: '19002',
        OPENCLAW_GATEWAY_URL: 'undefined',
      }),
    ).toMatchObject({
      url: 'ws://127.0.0.1:19002',
      token: 'of-the-environment',
      from: { url: 'OPENCLAW_GATEWAY_PORT', credentials: 'OPENCLAW_GATEWAY_TOKEN' },
    })
  })

  it.each<[string, Record<string, string>, string]>([
    ['${MY_TOKEN}', { MY_TOKEN: 'mine' }, 'mine'],
    ['a-${MY_TOKEN}-${OTHER}', { MY_TOKEN: 'b', OTHER: 'c' }, 'a-b-c'],
    ['$${MY_TOKEN}', {}, '${MY_TOKEN}'],
    ['${lower}', {}, '${lower}'],
    ['$&', {}, '$&'],
  ])('resolves variables in its secrets: %s', (token, env, expected) => {
    configure(JSON.stringify({ gateway: { auth: { token } } }))
    expect(discoverGateway({ HOME: home, ...env }).token).toBe(expected)
  })

  it('resolves a reference to a variable, and says where one is kept that it cannot read', () => {
    configure('{ gateway: { auth: { token: { source: "env", provider: "default", id: "MY_TOKEN" } } } }')
    expect(discoverGateway({ HOME: home, MY_TOKEN: 'mine' }).token).toBe('mine')
    expect(() => discoverGateway({ HOME: home })).toThrow(
      /gateway\.auth\.token of .*MY_TOKEN, which is not set/,
    )
    configure('{ gateway: { auth: { token: { source: "exec", provider: "vault", id: "x" } } } }')
    expect(() => discoverGateway({ HOME: home })).toThrow(/only OpenClaw can read it/)
    expect(discoverGateway({ HOME: home, OPENCLAW_GATEWAY_TOKEN: 'given' }).token).toBe('given')
  })

  it('is the remote one in remote mode', () => {
    configure(
      `{ gateway: { mode: 'remote', port: 1, remote: { url: 'wss://far.example.com', token: 'far', tlsFingerprint: '${'AB:'.repeat(31)}AB' } } }`,
    )
    expect(discoverGateway({ HOME: home })).toEqual({
      url: 'wss://far.example.com',
      token: 'far',
      tlsFingerprint: 'ab'.repeat(32),
      from: {
        url: `gateway.remote.url of ${path}`,
        credentials: `gateway.remote.token of ${path}`,
        tlsFingerprint: `gateway.remote.tlsFingerprint of ${path}`,
      },
    })
  })

  it('speaks TLS where the configuration says so, pinned to its own certificate', () => {
    const { fingerprint256 } = new X509Certificate(readFileSync(certificate))
    configure(JSON.stringify({ gateway: { tls: { enabled: true, certPath: certificate } } }))
    const pin = fingerprint256.replaceAll(':', '').toLowerCase()
    expect(discoverGateway({ HOME: home })).toMatchObject({
      url: 'wss://127.0.0.1:18789',
      tlsFingerprint: pin,
    })
    configure('{ gateway: { tls: { enabled: true } } }')
    expect(discoverGateway({ HOME: home })).not.toHaveProperty('tlsFingerprint')
    mkdirSync(join(home, '.openclaw', 'gateway', 'tls'), { recursive: true })
    copyFileSync(certificate, join(home, '.openclaw', 'gateway', 'tls', 'gateway-cert.pem'))
    expect(discoverGateway({ HOME: home })).toMatchObject({ tlsFingerprint: pin })
  })

  it('is looked for where OpenClaw keeps its configuration', () => {
    const other = join(home, 'elsewhere.json')
    configure('{ gateway: { port: 1111 } }')
    mkdirSync(join(home, 'state'))
    writeFileSync(join(home, 'state', 'openclaw.json'), '{ gateway: { port: 2222 } }')
    writeFileSync(other, '{ gateway: { port: 3333 } }')
    const portOf = (env: Record<string, string>): string => new URL(discoverGateway(env).url).port
    expect(portOf({ HOME: '/nowhere', OPENCLAW_HOME: home })).toBe('1111')
    expect(portOf({ HOME: home, OPENCLAW_STATE_DIR: '~/state' })).toBe('2222')
    expect(portOf({ HOME: home, OPENCLAW_STATE_DIR: join(home, 'state'), OPENCLAW_CONFIG_PATH: other })).toBe(
      '3333',
    )
  })

  it.each<[string, RegExp]>([
    ['{ gateway: { auth: { token: "hush-hush" } ', /is not JSON5/],
    ['{ gateway: { port: "hush-hush" } }', /gateway\.port of .*from 1 to 65535/],
    ['{ gateway: { port: 70000 } }', /from 1 to 65535/],
    ['{ gateway: { mode: "remote", remote: { url: "ws://user:hush-hush@far" } } }', /gateway\.remote\.url/],
  ])('says what is wrong with a configuration, but no piece of it: %s', (text, message) => {
    configure(text)
    const look = (): unknown => discoverGateway({ HOME: home })
    expect(look).toThrow(PincerError)
    expect(look).toThrow(message)
    expect(look).not.toThrow(/hush-hush/)
  })

  it.each(['null', '[]', '"text"', '{ gateway: 5 }', '{ "__proto__": { gateway: { port: 1 } } }'])(
    'is at the default port with a configuration that says nothing: %s',
    (text) => {
      configure(text)
      expect(discoverGateway({ HOME: home }).url).toBe('ws://127.0.0.1:18789')
    },
  )

  it('refuses a configuration that is no file, or far too large', () => {
    expect(() => discoverGateway({ HOME: home, OPENCLAW_CONFIG_PATH: home })).toThrow(/expected a file/)
    writeFileSync(path, `{ a: "${'x'.repeat(4_100_000)}" }`)
    expect(() => discoverGateway({ HOME: home })).toThrow(/expected a file of at most/)
  })

  it('says which variable holds no address', () => {
    expect(() => discoverGateway({ HOME: home, OPENCLAW_GATEWAY_URL: 'localhost:18789' })).toThrow(
      /OPENCLAW_GATEWAY_URL: expected an address that begins with ws:\/\//,
    )
    expect(() => discoverGateway({ HOME: home, OPENCLAW_GATEWAY_PORT: 'all' })).toThrow(
      /OPENCLAW_GATEWAY_PORT/,
    )
  })
})

describe('the options of a client', () => {
  it.each<OpenClawOptions>([{ gateway: 'auto' }, {}])(
    'find the Gateway by themselves: %o',
    async (options) => {
      const gateway = await startScriptedGateway({ token: 'of-the-file', answers: { ping: () => 'pong' } })
      configure(`{ gateway: { port: ${gateway.port}, auth: { token: 'of-the-file' } } }`)
      stubEnvironment()
      const transport = openTransport(options)
      await expect(transport.request('ping')).resolves.toBe('pong')
      await transport.close?.()
      await gateway.close()
    },
  )

  it('say where a refused token came from', async () => {
    const gateway = await startScriptedGateway({ token: 'right' })
    configure(`{ gateway: { port: ${gateway.port}, auth: { token: 'wrong-token' } } }`)
    stubEnvironment()
    const error = await collectFailure(openTransport().request('ping'))
    expect(String(error)).toContain(`gateway.auth.token of ${path}`)
    expect(String(error)).not.toContain('wrong-token')
    await gateway.close()
  })

  it('take a token that is given before one that is found', async () => {
    const gateway = await startScriptedGateway({ token: 'given', answers: { ping: () => 'pong' } })
    configure(`{ gateway: { port: ${gateway.port}, auth: { token: { source: 'exec', id: 'x' } } } }`)
    stubEnvironment()
    const transport = openTransport({ token: 'given' })
    await expect(transport.request('ping')).resolves.toBe('pong')
    await transport.close?.()
    await gateway.close()
  })

  it.each(['url', 'gateway'] as const)('take an address as `%s`, in the words of HTTP too', async (name) => {
    const gateway = await startScriptedGateway({ answers: { ping: () => 'pong' } })
    const transport = openTransport({ [name]: gateway.url.replace('ws:', 'http:') })
    await expect(transport.request('ping')).resolves.toBe('pong')
    await transport.close?.()
    await gateway.close()
  })

  it('hand a transport on that is given', () => {
    const transport: OpenClawTransport = { request: async () => 1, async *events() {} }
    expect(openTransport({ transport })).toBe(transport)
    expect(openTransport({ transport, url: undefined })).toBe(transport)
  })

  it.each<[Record<string, unknown>, RegExp]>([
    [{ tokne: 'x' }, /^tokne: not an option/],
    [{ toke: 'x' }, /did you mean `token`/],
    [{ url: 'ws://a', gateway: 'auto' }, /^gateway: says the same as `url`/],
    [{ transport: {}, url: 'ws://a' }, /^url: is for a connection of ours/],
    [{ transport: {}, token: 'hush' }, /^token: is for a connection of ours/],
    [{ gateway: 5 }, /^gateway: expected "auto"/],
    [{ gateway: 'main' }, /^gateway: expected an address/],
    [{ url: 'ftp://a' }, /^url: expected an address/],
    [{ url: '' }, /^url: expected an address/],
    [{ url: 'ws://user:hush@a' }, /^url: must hold no token/],
    [{ url: 'ws://a/?token=hush' }, /^url: must hold no token/],
    [{ url: 'ws://a', token: '' }, /^token: expected a text that is not empty/],
    [{ url: 'ws://a', token: 'hush\n' }, /^token: must hold no line breaks/],
    [{ url: 'ws://a', token: 5 }, /^token/],
    [{ url: 'ws://a', password: '' }, /^password/],
    [{ url: 'ws://a', requestTimeoutMs: 0 }, /^requestTimeoutMs: expected milliseconds above zero/],
    [{ url: 'ws://a', connectTimeoutMs: '5' }, /^connectTimeoutMs/],
    [{ url: 'ws://a', scopes: 'operator.read' }, /^scopes: expected a list of names/],
    [{ url: 'ws://a', caps: [5] }, /^caps/],
    [{ url: 'ws://a', reviewer: 'yes' }, /^reviewer: expected true or false/],
    [{ url: 'ws://a', displayName: '' }, /^displayName/],
    [{ url: 'ws://a', device: {} }, /^device: expected a device such as `fileDevice\(\)`/],
    [{ url: 'wss://a', tlsFingerprint: 'ab:cd' }, /^tlsFingerprint: expected the SHA-256 fingerprint/],
    [{ url: 'ws://a', tlsFingerprint: 'ab'.repeat(32) }, /^tlsFingerprint: needs TLS/],
    [{ url: 'ws://a', edgeAuthHeaders: { 'X-A': 'b' } }, /^edgeAuthHeaders: needs TLS/],
    [{ url: 'wss://a', edgeAuthHeaders: { 'X A': 'b' } }, /^edgeAuthHeaders: expected an object/],
  ])('are refused with the name of the option: %o', (options, message) => {
    const use = (): unknown => openTransport(options as OpenClawOptions)
    expect(use).toThrow(PincerError)
    expect(use).toThrow(message)
    expect(use).not.toThrow(/hush/)
  })

  it.each([null, 'ws://127.0.0.1:18789', []])('are refused where they are none: %o', (options) => {
    expect(() => openTransport(options as unknown as OpenClawOptions)).toThrow(
      /expected an object of options/,
    )
  })
})

function stubEnvironment(): void {
  vi.stubEnv('HOME', home)
  for (const name of ['URL', 'TOKEN', 'PASSWORD', 'PORT']) vi.stubEnv(`OPENCLAW_GATEWAY_${name}`, undefined)
  for (const name of ['HOME', 'STATE_DIR', 'CONFIG_PATH']) vi.stubEnv(`OPENCLAW_${name}`, undefined)
}
