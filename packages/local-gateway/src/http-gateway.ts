import { openHttp } from '#http'
import { type HttpGatewayOptions, readAddress } from './client/address.ts'
import { createHttpGateway } from './client/http-gateway.ts'
import type { LocalGateway } from './complete-gateway.ts'
import { deferGateway } from './deferred-gateway.ts'

export type { HttpGatewayOptions } from './client/address.ts'
export type { LocalGateway } from './complete-gateway.ts'
export type { UsageGroup, UsageGrouping, UsageQuery } from './record/usage-group.ts'

/**
 * Makes the local gateway that listens at `url`, for edge runtimes and bundlers: no part of a server is imported.
 *
 * Nothing is sent before the first call; close it to let go of its sockets.
 *
 * @throws PincerError `invalid_option` for an address or a token that cannot be used, or an option of another name.
 * @example
 * const claw = createClient({ gateway: httpGateway({ url: 'https://gateway.example.com', token }) })
 */
export function httpGateway(options: HttpGatewayOptions): LocalGateway {
  const address = readAddress(options)
  return deferGateway(async () => createHttpGateway(address, openHttp()))
}
