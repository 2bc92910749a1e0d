import { createPublicKey, generateKeyPairSync } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { makeClaw, rejection } from './make-claw.ts'
import { startServer } from './recording-server.ts'

const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
const jwk = privateKey.export({ format: 'jwk' })

describe('pairing', () => {
  test('of a private JWK sends its public half, and nothing else of it', async () => {
    await using server = await startServer(() => ({ body: { pairing: { id: 'pair_1', status: 'pending' } } }))
    await makeClaw(server.url, { agentName: 'Tester' }).createPairingFromPrivateJwk(jwk)
    const [request] = server.requests
    expect(request?.body).toEqual({
      agent_id: 'test-agent',
      agent_name: 'Tester',
      algorithm: 'RSASSA-PKCS1-v1_5',
      public_key: expect.any(String),
    })
    expect(createPublicKey(String(request?.body?.['public_key'])).equals(publicKey)).toBe(true)
    for (const secret of ['d', 'p', 'q'] as const) expect(request?.text).not.toContain(jwk[secret])
  })

  test.each([
    ['nothing', undefined],
    ['a key of another kind', { kty: 'EC', d: 'secretsecret' }],
    ['half a key', { kty: 'RSA', n: '!', e: 'AQAB', d: 'secretsecret' }],
  ])('of %s is refused, without a word of it', async (_, key) => {
    const error = await rejection(makeClaw('http://localhost:1').createPairingFromPrivateJwk(key as never))
    expect(String(error)).toContain('createPairingFromPrivateJwk: privateJwk: expected an RSA key as JWK')
    expect(String(error)).not.toContain('secretsecret')
  })

  test('is waited for until it is approved', async () => {
    let looks = 0
    await using server = await startServer(() => {
      looks += 1
      if (looks === 1) return { status: 503, body: {} }
      return { body: { pairing: { id: 'pair_1', status: looks < 4 ? 'pending' : 'approved' } } }
    })
    const claw = makeClaw(server.url, { retries: 0 })
    expect(await claw.waitForPairing('pair_1', { interval: 2 })).toEqual({ id: 'pair_1', status: 'approved' })
    expect(looks).toBe(4)
  })

  test('that expired, is not there, or takes too long is told', async () => {
    let answer: { status?: number; body: unknown } = { body: { pairing: { status: 'expired' } } }
    await using server = await startServer(() => answer)
    const claw = makeClaw(server.url)
    expect(await rejection(claw.waitForPairing('pair_1'))).toMatchObject({ gatewayCode: 'pairing_expired' })
    answer = { status: 404, body: { error: 'Pairing not found' } }
    expect(await rejection(claw.waitForPairing('pair_1'))).toMatchObject({ status: 404 })
    answer = { body: { pairing: { status: 'pending' } } }
    expect(await rejection(claw.waitForPairing('pair_1', { timeoutMs: 40, intervalMs: 5 }))).toMatchObject({
      gatewayCode: 'timeout',
      retryable: true,
    })
  })
})
