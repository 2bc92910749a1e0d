import { UnsupportedByGatewayError } from '@pincer/protocol'

/** How the Gateway's HTTP endpoints are reached. */
export interface HttpAccess {
  /** Such as `http://127.0.0.1:18789`. */
  readonly origin: URL
  readonly token?: string | undefined
  /** Headers for the proxy in front of the Gateway. */
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** Milliseconds that a turn may take until its run is named; 60,000. */
  readonly beginTimeoutMs?: number | undefined
  /** SHA-256 fingerprint of the one certificate that is trusted. */
  readonly tlsFingerprint?: string | undefined
}

/**
 * @param what the call that goes over HTTP.
 * @throws UnsupportedByGatewayError where it is not known how the Gateway is reached over HTTP.
 */
export function needAccess(access: HttpAccess | undefined, what: string): HttpAccess {
  if (access !== undefined) return access
  throw new UnsupportedByGatewayError(
    'openclaw',
    `${what} over this transport`,
    'it goes over HTTP: pass `http: { url, token }` to openclaw()',
  )
}
