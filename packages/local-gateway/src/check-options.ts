import { PincerError } from '@pincer/protocol'
import { httpOptionNames } from './client/address.ts'
import { checkOptionNames } from './option-names.ts'
import type { LocalGatewayOptions } from './options.ts'

// Written as a record, so that the compiler misses a name that is added to the options.
const names: Readonly<Record<keyof LocalGatewayOptions, true>> = {
  port: true,
  host: true,
  databasePath: true,
  token: true,
  allowedHosts: true,
  allowedOrigins: true,
  policies: true,
  policyFile: true,
  agents: true,
  tools: true,
  mcpServers: true,
  model: true,
  prices: true,
  limits: true,
  now: true,
}
const localNames = Object.keys(names)

/**
 * Checks the options of a gateway of this process before anything is opened.
 *
 * @throws PincerError `invalid_option` for an unknown name, a port that is none, or a database path that is no text.
 */
export function checkLocalOptions(what: string, options: LocalGatewayOptions): void {
  checkOptionNames(what, options, localNames)
  const { port, databasePath }: { port?: unknown; databasePath?: unknown } = options
  if (port !== undefined && !(Number.isInteger(port) && Number(port) >= 0 && Number(port) <= 65_535)) {
    throw new PincerError(
      'invalid_option',
      `port: expected a whole number from 0 to 65535, found ${JSON.stringify(port)}`,
    )
  }
  if (databasePath !== undefined && (typeof databasePath !== 'string' || databasePath === '')) {
    throw new PincerError('invalid_option', 'databasePath: expected the path of a file, or ":memory:"')
  }
}

/**
 * Refuses options that belong to the two forms of `localGateway()`, or to none of them.
 *
 * @throws PincerError `invalid_option` naming the option.
 */
export function checkOneForm(options: object): void {
  const what = 'localGateway()'
  checkOptionNames(what, options, [...new Set([...httpOptionNames, ...localNames])])
  const hasUrl = 'url' in options
  const [own, other] = hasUrl ? [httpOptionNames, localNames] : [localNames, httpOptionNames]
  const foreign = Object.keys(options).find((name) => other.includes(name) && !own.includes(name))
  if (foreign === undefined) return
  throw new PincerError(
    'invalid_option',
    hasUrl
      ? `${foreign}: is set where the gateway at \`url\` is started; leave \`url\` or \`${foreign}\` out`
      : `${foreign}: is for a gateway behind HTTP; add its \`url\`, or leave \`${foreign}\` out`,
  )
}
