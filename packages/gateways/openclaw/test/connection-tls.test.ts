import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { afterEach, describe, expect, it } from 'vitest'
import { GatewayClientTransport } from '../src/transport/gateway-client-transport.ts'
import type { GatewayClientTransportOptions } from '../src/transport/transport-options.ts'
import { collectFailure } from './collect-failure.ts'
import { type ScriptedGateway, startScriptedGateway } from './scripted-gateway.ts'

// Made for these tests alone, for 127.0.0.1; nothing else trusts it.
const cert = readFileSync(new URL('./fixtures/tls/cert.pem', import.meta.url), 'utf8')
const key = readFileSync(new URL('./fixtures/tls/key.pem', import.meta.url), 'utf8')
const fingerprint = new X509Certificate(cert).fingerprint256

const cleanups: (() => Promise<unknown>)[] = []
afterEach(async () => {
  await Promise.all(cleanups.splice(0).map((clean) => clean()))
})

async function start(): Promise<ScriptedGateway> {
  const gateway = await startScriptedGateway({ tls: { cert, key }, answers: { ping: () => 'pong' } })
  cleanups.push(() => gateway.close())
  return gateway
}

function open(
  gateway: ScriptedGateway,
  options: Partial<GatewayClientTransportOptions>,
): GatewayClientTransport {
  const transport = new GatewayClientTransport({ url: gateway.url, token: 'secret-token', ...options })
  cleanups.push(() => transport.close())
  return transport
}

describe('a Gateway behind TLS', () => {
  it.each([
    fingerprint,
    fingerprint.toLowerCase(),
    fingerprint.replaceAll(':', ''),
    `sha256:${fingerprint.replaceAll(':', '').toLowerCase()}`,
    ` SHA-256=${fingerprint} `,
  ])('is trusted by its pin: %s', async (tlsFingerprint) => {
    const gateway = await start()
    await expect(open(gateway, { tlsFingerprint }).request('ping')).resolves.toBe('pong')
  })

  it('is not trusted without a pin, and the token is not sent', async () => {
    const gateway = await start()
    const error = await collectFailure(open(gateway, {}).connect())
    expect(error).toMatchObject({ gatewayCode: 'DEPTH_ZERO_SELF_SIGNED_CERT', retryable: false })
    expect(String(error)).toContain('tlsFingerprint')
    expect(gateway.connects).toHaveLength(0)
  })

  it('is not trusted with another pin, and the token is not sent', async () => {
    const gateway = await start()
    const error = await collectFailure(open(gateway, { tlsFingerprint: 'ab'.repeat(32) }).connect())
    expect(error).toMatchObject({ gatewayCode: 'TLS_FINGERPRINT_MISMATCH', retryable: false })
    expect(gateway.connects).toHaveLength(0)
  })

  it('takes the headers for the proxy in front of it', async () => {
    const gateway = await start()
    const transport = open(gateway, {
      tlsFingerprint: fingerprint,
      edgeAuthHeaders: { 'CF-Access-Client-Id': 'id', 'CF-Access-Client-Secret': 'hush-hush' },
    })
    await expect(transport.request('ping')).resolves.toBe('pong')
    expect(gateway.upgrades.at(-1)).toMatchObject({
      'cf-access-client-id': 'id',
      'cf-access-client-secret': 'hush-hush',
    })
  })

  it('is told apart from one without TLS', async () => {
    const plain = await startScriptedGateway()
    cleanups.push(() => plain.close())
    const transport = new GatewayClientTransport({ url: `wss://127.0.0.1:${plain.port}` })
    cleanups.push(() => transport.close())
    const error = await collectFailure(transport.connect())
    expect(error).toMatchObject({ status: 502, retryable: false })
    expect(String(error)).toMatch(/does not speak TLS/)
  })
})
