import { discoverGateway } from '../discover.ts'
import { httpOrigin } from '../http/http-origin.ts'
import type { OpenClawOptions } from '../options.ts'

/**
 * The address under which the Gateway of these options answers HTTP.
 *
 * Undefined where a plain `fetch` would not reach it: with a transport of another kind, a pinned certificate, or headers for a proxy.
 */
export function findHttpOrigin(options: OpenClawOptions): string | undefined {
  const { transport, url, gateway, tlsFingerprint, edgeAuthHeaders } = options
  if (transport !== undefined || tlsFingerprint !== undefined || edgeAuthHeaders !== undefined)
    return undefined
  const given = gateway === 'auto' ? undefined : (url ?? gateway)
  if (given !== undefined) return httpOrigin('url', given).href
  const found = discoverGateway()
  return found.tlsFingerprint === undefined ? httpOrigin('url', found.url).href : undefined
}
