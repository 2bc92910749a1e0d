import type { webcrypto } from 'node:crypto'
import { describeValue, PincerError } from '@pincer/protocol'
import { canonicalJson } from './canonical-json.ts'

/** The one algorithm that DashClaw checks signatures by. */
export const signatureAlgorithm = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' } as const

/** Signs the body of a request: base64 of the signature over its canonical JSON. */
export type Signer = (body: Readonly<Record<string, unknown>>) => Promise<string>

/** What a private key may be given as. */
export type PrivateKey = webcrypto.CryptoKey | webcrypto.JsonWebKey | string

/**
 * Makes a signer of a private key; the key is read at the first signature.
 *
 * @throws PincerError `invalid_option`, at once where the key is no key at all, else from the signer; never with the key in it.
 */
export function createSigner(key: PrivateKey): Signer {
  checkKind(key)
  let imported: Promise<webcrypto.CryptoKey> | undefined
  return async (body) => {
    imported ??= importKey(key)
    const bytes = new TextEncoder().encode(canonicalJson(body))
    const signature = await crypto.subtle.sign(signatureAlgorithm.name, await imported, bytes)
    return btoa(String.fromCharCode(...new Uint8Array(signature)))
  }
}

function checkKind(key: unknown): void {
  if (typeof key === 'string' ? key.includes('-----BEGIN PRIVATE KEY-----') : isJwk(key) || isCryptoKey(key))
    return
  const found =
    typeof key === 'string'
      ? 'another text (PKCS #1 is turned into it by `openssl pkcs8 -topk8 -nocrypt`)'
      : describeValue(key)
  throw new PincerError(
    'invalid_option',
    `privateKey: expected an RSA key as CryptoKey, private JWK, or PEM that begins with "-----BEGIN PRIVATE KEY-----", found ${found}`,
  )
}

async function importKey(key: PrivateKey): Promise<webcrypto.CryptoKey> {
  try {
    if (typeof key === 'string') {
      return await crypto.subtle.importKey('pkcs8', readPem(key), signatureAlgorithm, false, ['sign'])
    }
    if (isCryptoKey(key)) return key
    // Only what makes the key: its other fields may name another algorithm or use.
    const { n, e, d, p, q, dp, dq, qi } = key as webcrypto.JsonWebKey
    const jwk = Object.fromEntries(
      Object.entries({ n, e, d, p, q, dp, dq, qi }).filter(([, value]) => value !== undefined),
    )
    return await crypto.subtle.importKey('jwk', { kty: 'RSA', ...jwk }, signatureAlgorithm, false, ['sign'])
  } catch {
    // What went wrong may quote the key.
    throw new PincerError(
      'invalid_option',
      'privateKey: cannot be read as an RSA private key; make one of 2048 bits with `openssl genpkey -algorithm RSA`',
    )
  }
}

function readPem(text: string): Uint8Array<ArrayBuffer> {
  const base64 = text.replaceAll(/-----[A-Z ]+-----|\s/g, '')
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0))
}

function isJwk(key: unknown): key is webcrypto.JsonWebKey {
  return typeof key === 'object' && key !== null && 'kty' in key && key.kty === 'RSA' && 'd' in key
}

function isCryptoKey(key: unknown): key is webcrypto.CryptoKey {
  return key instanceof CryptoKey && key.type === 'private' && key.algorithm.name === signatureAlgorithm.name
}
