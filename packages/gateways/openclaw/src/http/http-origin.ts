import { readGatewayUrl } from '../transport/gateway-url.ts'

/**
 * The address under which a Gateway answers HTTP: the one of its WebSocket with another scheme.
 *
 * @param option - Where the address came from, for the message.
 * @throws PincerError `invalid_option` for what is no such address, and for one that carries credentials.
 */
export function httpOrigin(option: string, address: string): URL {
  const url = new URL(readGatewayUrl(option, address))
  const scheme = url.protocol === 'wss:' ? 'https:' : 'http:'
  return new URL(`${scheme}//${url.host}${url.pathname === '/' ? '' : url.pathname}`)
}
