import type { LocalGatewayOptions } from './options.ts'
import type { RunningGateway } from './server.ts'

/**
 * Starts a gateway that listens on this machine.
 *
 * @throws GatewayError where the port is taken or the database cannot be used.
 * @throws PincerError `invalid_option`, such as a host that other machines reach without a token.
 * @example
 * const { url, close } = await startLocalGateway({ port: 0, databasePath: ':memory:' })
 */
export async function startLocalGateway(options: LocalGatewayOptions = {}): Promise<RunningGateway> {
  const { startServer } = await import('./server.ts')
  return startServer(options)
}
