import { BlockList, isIPv4, isIPv6 } from 'node:net'
import { GatewayError } from '@pincer/protocol'

const nearby = new BlockList()
nearby.addSubnet('127.0.0.0', 8)
nearby.addSubnet('10.0.0.0', 8)
nearby.addSubnet('172.16.0.0', 12)
nearby.addSubnet('192.168.0.0', 16)
nearby.addSubnet('169.254.0.0', 16)
nearby.addSubnet('100.64.0.0', 10)
nearby.addAddress('::1', 'ipv6')
nearby.addSubnet('fe80::', 10, 'ipv6')
nearby.addSubnet('fc00::', 7, 'ipv6')

/**
 * Keeps a token from going over plain HTTP to a public host, as the WebSocket does.
 *
 * @throws GatewayError 400 `INSECURE_URL`.
 */
export function checkPlainHttp(call: string, origin: URL, env: NodeJS.ProcessEnv = process.env): void {
  if (origin.protocol === 'https:' || isNearby(origin.hostname)) return
  const host = origin.hostname
  // OpenClaw's own switch, for names within a private network.
  if (env['OPENCLAW_ALLOW_INSECURE_PRIVATE_WS'] === '1' && !isIPv4(host) && !host.startsWith('[')) return
  throw new GatewayError(
    `${call}: http:// to a public host would send the token and all that is said unencrypted; use https:// (wss://), or a tunnel to the loopback address`,
    { status: 400, gatewayCode: 'INSECURE_URL' },
  )
}

function isNearby(hostname: string): boolean {
  const host = hostname.replace(/^\[|\]$/g, '')
  if (isIPv4(host)) return nearby.check(host)
  if (isIPv6(host)) return nearby.check(host, 'ipv6')
  return /^(?:localhost|.+\.local|.+\.ts\.net)\.?$/.test(host)
}
