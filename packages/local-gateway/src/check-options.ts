import { checkOptionNames, PincerError } from '@pincer/protocol'
import { httpOptionNames } from './client/address.ts'
import type { LocalGatewayOptions, SubscriberLimits, UpstreamModel } from './options.ts'

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
const modelNames: Readonly<Record<keyof UpstreamModel, true>> = { baseUrl: true, apiKey: true, name: true }
const limitNames: Readonly<Record<keyof SubscriberLimits, true>> = {
  maxSubscribers: true,
  heartbeatMs: true,
  stallTimeoutMs: true,
}

/**
 * Checks the options of a gateway of this process before anything is opened.
 *
 * @throws PincerError `invalid_option` for an unknown name, or a port, database path or address of a model that is none.
 */
export function checkLocalOptions(what: string, options: LocalGatewayOptions): void {
  checkOptionNames(what, options, localNames)
  const { port, databasePath, model, limits }: Readonly<Record<string, unknown>> = { ...options }
  if (limits !== undefined) checkOptionNames('limits', limits, Object.keys(limitNames))
  if (model !== undefined) checkOptionNames('model', model, Object.keys(modelNames))
  // Without an address the questions of the agents would go to a place that nobody named.
  if (options.model !== undefined && !URL.canParse(options.model.baseUrl)) {
    throw new PincerError(
      'invalid_option',
      'model.baseUrl: expected an address such as https://api.openai.com/v1',
    )
  }
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
