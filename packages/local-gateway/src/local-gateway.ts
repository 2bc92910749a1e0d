import type { LocalGateway } from './complete-gateway.ts'
import { deferGateway } from './deferred-gateway.ts'
import { checkLocalOptions, checkOneForm } from './check-options.ts'
import { type HttpGatewayOptions, readAddress } from './client/address.ts'
import type { LocalGatewayOptions } from './options.ts'

/**
 * Makes the gateway that a client records to: the one that listens at `url`, or, without `url`, one in this process
 * that needs no port.
 *
 * Nothing is opened before the first call; close it to let go of its file and sockets.
 *
 * For edge runtimes and bundlers there is `httpGateway()` of `@pincer/local-gateway/http`.
 *
 * @throws PincerError `invalid_option` for an unknown option, or an address, token, port or path that cannot be used.
 * @example
 * const claw = createClient({ gateway: localGateway({ url: 'http://127.0.0.1:7462' }) })
 * const inProcess = createClient({ gateway: localGateway({ databasePath: ':memory:' }) })
 */
export function localGateway(options: LocalGatewayOptions | HttpGatewayOptions = {}): LocalGateway {
  checkOneForm(options)
  // The parts (an HTTP client, or SQLite, schemas and the agents' loop) are loaded at the first call, so that importing stays light.
  if (!('url' in options)) {
    checkLocalOptions('localGateway()', options)
    return deferGateway(async () => (await import('./service.ts')).createService(options))
  }
  const address = readAddress(options)
  return deferGateway(async () => {
    const [{ createHttpGateway }, { openHttp }] = await Promise.all([
      import('./client/http-gateway.ts'),
      import('#http'),
    ])
    return createHttpGateway(address, openHttp())
  })
}
