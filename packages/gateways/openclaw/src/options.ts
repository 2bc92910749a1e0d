import { checkOptionNames, describeValue, PincerError } from '@pincer/protocol'
import { discoverAddress, discoverGateway } from './discover.ts'
import { GatewayClientTransport } from './transport/gateway-client-transport.ts'
import { readGatewayUrl } from './transport/gateway-url.ts'
import type { OpenClawTransport } from './transport/transport.ts'
import { type GatewayClientTransportOptions, transportOptionNames } from './transport/transport-options.ts'

/** How `new OpenClaw()` finds and reaches its Gateway; with nothing given it looks for the one of this machine. */
export interface OpenClawOptions extends Omit<GatewayClientTransportOptions, 'url'> {
  /** Where the Gateway listens, such as `ws://127.0.0.1:18789`. */
  readonly url?: string | undefined
  /** The same as `url`, or `auto`: look into the environment and OpenClaw's own configuration. */
  readonly gateway?: 'auto' | (string & {}) | undefined
  /** Carries the requests instead of a WebSocket of ours, for tests and embedded runtimes. */
  readonly transport?: OpenClawTransport | undefined
  /** False leaves frames as they are: only `rawEvents()` and plain calls work then, and events cost nothing more; true. */
  readonly normalize?: boolean | undefined
}

/** The names of {@link OpenClawOptions}. */
export const openClawOptionNames: readonly string[] = [
  ...transportOptionNames,
  'gateway',
  'transport',
  'normalize',
]

/**
 * Makes the transport that the options ask for; nothing is opened yet.
 *
 * @throws PincerError `invalid_option` naming the option.
 */
export function openTransport(options: OpenClawOptions = {}): OpenClawTransport {
  checkOptionNames('OpenClaw', options, openClawOptionNames)
  const { transport, url, gateway, normalize, ...rest } = options
  if (normalize !== undefined && typeof normalize !== 'boolean') {
    throw invalid('normalize', `expected true or false, found ${describeValue(normalize)}`)
  }
  if (transport !== undefined) {
    const other = Object.entries({ ...rest, url, gateway }).find(([, value]) => value !== undefined)
    if (other === undefined) return transport
    throw invalid(
      other[0],
      `is for a connection of ours; leave it out where \`transport\` is given, or leave \`transport\` out`,
    )
  }
  if (url !== undefined && gateway !== undefined) {
    throw invalid('gateway', 'says the same as `url`; leave one of them out')
  }
  if (gateway !== undefined && typeof gateway !== 'string') {
    throw invalid(
      'gateway',
      `expected "auto", or an address such as ws://127.0.0.1:18789, found ${describeValue(gateway)}`,
    )
  }
  const address = gateway === 'auto' ? undefined : (url ?? gateway)
  if (address !== undefined) {
    return new GatewayClientTransport({
      ...rest,
      url: readGatewayUrl(url === undefined ? 'gateway' : 'url', address),
    })
  }
  return new GatewayClientTransport(addDiscovered(rest))
}

// Credentials of one place are never mixed with those of another.
function addDiscovered(options: Omit<GatewayClientTransportOptions, 'url'>): GatewayClientTransportOptions {
  const { token, password, deviceToken, bootstrapToken } = options
  const hasOwn = [token, password, deviceToken, bootstrapToken].some((secret) => secret !== undefined)
  const { url, from, ...found } = hasOwn ? discoverAddress() : discoverGateway()
  return {
    ...found,
    ...(from.credentials === undefined ? {} : { credentialsFrom: from.credentials }),
    ...Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)),
    url,
  }
}

function invalid(option: string, message: string): PincerError {
  return new PincerError('invalid_option', `${option}: ${message}`)
}
