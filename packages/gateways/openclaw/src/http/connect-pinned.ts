import type { ClientRequestArgs } from 'node:http'
import { connect } from 'node:tls'
import { readTlsFingerprint } from '../transport/tls-fingerprint.ts'

const handshakeTimeoutMs = 15_000

/**
 * Opens a TLS connection to the one certificate that is trusted; nothing is sent before it was compared.
 *
 * @param signal - Gives up a handshake that is under way; the request, which has no socket yet, cannot.
 */
export function connectPinned(
  url: URL,
  fingerprint: string,
  signal?: AbortSignal,
): NonNullable<ClientRequestArgs['createConnection']> {
  const pinned = readTlsFingerprint('tlsFingerprint', fingerprint)
  return (_options, ready) => {
    const host = url.hostname.replace(/^\[|\]$/g, '')
    const socket = connect({
      host,
      port: Number(url.port || 443),
      ...(/^[\d.]+$|:/.test(host) ? {} : { servername: host }),
      // The certificate is compared as a whole, so that who signed it does not matter.
      rejectUnauthorized: false,
    })
    const settle = (error: Error | null): void => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', stop)
      socket.removeListener('error', settle)
      if (error !== null) {
        // What it says after it was given up interests nobody.
        socket.on('error', () => {})
        socket.destroy()
      }
      ready(error, socket)
    }
    const stop = (): void => settle(new Error('gateway tls handshake was given up'))
    const timer = setTimeout(
      () => settle(Object.assign(new Error('gateway tls handshake timed out'), { code: 'ETIMEDOUT' })),
      handshakeTimeoutMs,
    )
    if (signal?.aborted === true) stop()
    else signal?.addEventListener('abort', stop, { once: true })
    socket.once('error', settle)
    socket.once('secureConnect', () => {
      const found = socket.getPeerCertificate().fingerprint256?.replaceAll(':', '').toLowerCase()
      settle(found === pinned ? null : new Error('gateway tls fingerprint mismatch'))
    })
    return undefined
  }
}
