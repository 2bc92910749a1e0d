import type { webcrypto } from 'node:crypto'
import { signatureAlgorithm } from '../actions/signer.ts'
import { invalidInput, isFields } from '../request/invalid-input.ts'

/**
 * Makes the public key, as PEM, of a private RSA key given as JWK; nothing private leaves it.
 *
 * @throws DashClawError 400 where it is no RSA key; never with the key in it.
 */
export async function derivePublicKey(privateJwk: webcrypto.JsonWebKey): Promise<string> {
  const { kty, n, e } = isFields(privateJwk) ? privateJwk : {}
  if (kty !== 'RSA' || !isBase64Url(n) || !isBase64Url(e)) {
    throw invalidInput('createPairingFromPrivateJwk: privateJwk', 'an RSA key as JWK', undefined)
  }
  const key = await crypto.subtle
    .importKey('jwk', { kty, n, e }, signatureAlgorithm, true, ['verify'])
    .catch(() => {
      throw invalidInput('createPairingFromPrivateJwk: privateJwk', 'an RSA key as JWK', 'another')
    })
  const bytes = new Uint8Array(await crypto.subtle.exportKey('spki', key))
  const lines = btoa(String.fromCharCode(...bytes)).match(/.{1,64}/g) ?? []
  return `-----BEGIN PUBLIC KEY-----\n${lines.join('\n')}\n-----END PUBLIC KEY-----\n`
}

// Web Crypto takes a modulus with other letters, and makes another key of it.
function isBase64Url(value: unknown): value is string {
  return typeof value === 'string' && /^[\w-]+$/.test(value)
}
