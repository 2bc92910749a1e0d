import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, sign } from 'node:crypto'
import type { DeviceIdentity } from './device.ts'

/** Makes a new Ed25519 key pair. */
export function createDeviceIdentity(): DeviceIdentity {
  const { privateKey } = generateKeyPairSync('ed25519')
  return readDeviceIdentity(privateKey.export({ type: 'pkcs8', format: 'pem' }).toString())
}

/**
 * Works out the rest of an identity from its private key.
 *
 * @throws Error where the text is no Ed25519 key in PEM.
 */
export function readDeviceIdentity(privateKeyPem: string): DeviceIdentity {
  const privateKey = createPrivateKey(privateKeyPem)
  if (privateKey.asymmetricKeyType !== 'ed25519') throw new Error('not an Ed25519 key')
  const publicKeyPem = createPublicKey(privateKey).export({ type: 'spki', format: 'pem' }).toString()
  const deviceId = createHash('sha256').update(readRawKey(publicKeyPem)).digest('hex')
  return { deviceId, privateKeyPem, publicKeyPem }
}

/** Signs what the Gateway challenged this device with; base64url. */
export function signDevicePayload(privateKeyPem: string, payload: string): string {
  return sign(null, Buffer.from(payload), privateKeyPem).toString('base64url')
}

/** The 32 bytes of a public key, base64url. */
export function encodePublicKey(publicKeyPem: string): string {
  return readRawKey(publicKeyPem).toString('base64url')
}

// An Ed25519 key in SPKI is a fixed prefix and then the 32 bytes.
function readRawKey(publicKeyPem: string): Buffer {
  return createPublicKey(publicKeyPem).export({ type: 'spki', format: 'der' }).subarray(-32)
}
