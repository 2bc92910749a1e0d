import { PincerError } from '@pincer/protocol'

/**
 * Reads the SHA-256 fingerprint of a certificate: 64 hexadecimal digits, with or without colons, with or without `sha256:` before.
 *
 * @returns the digits in lower case, without colons.
 * @throws PincerError `invalid_option` for anything else.
 */
export function readTlsFingerprint(option: string, found: unknown): string {
  const text = typeof found === 'string' ? found.trim().replace(/^sha-?256[:=]/i, '') : ''
  if (/^[0-9a-f]{64}$/i.test(text)) return text.toLowerCase()
  if (/^(?:[0-9a-f]{2}:){31}[0-9a-f]{2}$/i.test(text)) return text.replaceAll(':', '').toLowerCase()
  throw new PincerError(
    'invalid_option',
    `${option}: expected the SHA-256 fingerprint of the Gateway's certificate, 64 hexadecimal digits; \`openssl x509 -in cert.pem -noout -fingerprint -sha256\` prints it`,
  )
}
