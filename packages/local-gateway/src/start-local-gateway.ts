import { checkLocalOptions } from './check-options.ts'
import type { LocalGatewayOptions } from './options.ts'
import type { RunningGateway } from './running-gateway.ts'

/**
 * Starts a gateway that listens on this machine.
 *
 * @throws GatewayError where the port is taken or the database cannot be used.
 * @throws PincerError `invalid_option`, such as an unknown name, or a host that other machines reach without a token.
 * @example
 * const { url, close } = await startLocalGateway({ port: 0, databasePath: ':memory:' })
 */
export async function startLocalGateway(options: LocalGatewayOptions = {}): Promise<RunningGateway> {
  checkLocalOptions('startLocalGateway()', options)
  const { startServer } = await import('./server.ts')
  return startServer(options)
}
