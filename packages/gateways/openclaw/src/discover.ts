import { X509Certificate } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { PincerError } from '@pincer/protocol'
import { isRecord } from './connection/wire-error.ts'
import {
  type Environment,
  findConfigPath,
  findStateDir,
  readConfig,
  readVariable,
} from './discover-config.ts'
import { readSecret } from './discover-secret.ts'
import { readGatewayUrl } from './transport/gateway-url.ts'
import { readTlsFingerprint } from './transport/tls-fingerprint.ts'

/** Where a Gateway was found, and what it is told to let us in. */
export interface DiscoveredGateway {
  readonly url: string
  readonly token?: string
  readonly password?: string
  /** Of the certificate that the configuration names. */
  readonly tlsFingerprint?: string
  /** Where each of them came from, for messages: never a value. */
  readonly from: { readonly url: string; readonly credentials?: string; readonly tlsFingerprint?: string }
}

type Config = Readonly<Record<string, unknown>>

const defaultPort = 18_789
const largestCertificateBytes = 200_000

/**
 * Finds the Gateway of this machine: `OPENCLAW_GATEWAY_URL`, then OpenClaw's own configuration, then the default port.
 *
 * Credentials are those of the environment (`OPENCLAW_GATEWAY_TOKEN`, `OPENCLAW_GATEWAY_PASSWORD`), then those of the configuration; the
 * configuration's never go to an address of the environment.
 *
 * @throws PincerError `invalid_option` where a variable or the configuration cannot be read; no secret stands in it.
 */
export function discoverGateway(env: Environment = process.env): DiscoveredGateway {
  return findGateway(env, readEnvironment(env))
}

/**
 * The same for a caller with credentials of its own: those that lie about are not looked at, and need not be readable.
 *
 * @throws PincerError `invalid_option` where a variable or the configuration cannot be read.
 */
export function discoverAddress(env: Environment = process.env): DiscoveredGateway {
  return findGateway(env, {})
}

/** `given` is undefined where those of the configuration are wanted. */
function findGateway(env: Environment, given: Credentials | undefined): DiscoveredGateway {
  const url = readVariable(env, 'OPENCLAW_GATEWAY_URL')
  if (url !== undefined) {
    return finish(readGatewayUrl('OPENCLAW_GATEWAY_URL', url), 'OPENCLAW_GATEWAY_URL', given ?? {})
  }
  const path = findConfigPath(env)
  const gateway = readPart(readConfig(path), 'gateway')
  const place = (name: string): string => `${name} of ${path}`
  return gateway['mode'] === 'remote' && readPart(gateway, 'remote')['url'] !== undefined
    ? readRemote(env, readPart(gateway, 'remote'), place, given)
    : readLocal(env, gateway, place, given)
}

interface Credentials {
  readonly token?: string
  readonly password?: string
  readonly from?: string
}

function readEnvironment(env: Environment): Credentials | undefined {
  const token = readVariable(env, 'OPENCLAW_GATEWAY_TOKEN')
  if (token !== undefined) return { token, from: 'OPENCLAW_GATEWAY_TOKEN' }
  const password = readVariable(env, 'OPENCLAW_GATEWAY_PASSWORD')
  return password === undefined ? undefined : { password, from: 'OPENCLAW_GATEWAY_PASSWORD' }
}

function readRemote(
  env: Environment,
  remote: Config,
  place: (name: string) => string,
  given: Credentials | undefined,
): DiscoveredGateway {
  const where = place('gateway.remote.url')
  const pin = remote['tlsFingerprint']
  return finish(
    readGatewayUrl(where, remote['url']),
    where,
    given ?? readCredentials(env, remote, 'gateway.remote', place),
    pin === undefined
      ? undefined
      : {
          tlsFingerprint: readTlsFingerprint(place('gateway.remote.tlsFingerprint'), pin),
          from: place('gateway.remote.tlsFingerprint'),
        },
  )
}

function readLocal(
  env: Environment,
  gateway: Config,
  place: (name: string) => string,
  given: Credentials | undefined,
): DiscoveredGateway {
  const configured = gateway['port']
  const isPort = typeof configured === 'number' && Number.isInteger(configured)
  if (configured !== undefined && !(isPort && configured > 0 && configured <= 65_535)) {
    throw invalid(place('gateway.port'), 'expected a whole number from 1 to 65535')
  }
  const fromVariable = readPort(env)
  const port = fromVariable ?? (isPort ? configured : defaultPort)
  const tls = readPart(gateway, 'tls')
  const hasTls = tls['enabled'] === true
  return finish(
    `${hasTls ? 'wss' : 'ws'}://127.0.0.1:${port}`,
    fromVariable === undefined
      ? isPort
        ? place('gateway.port')
        : `the default port, as ${place('gateway.port')} is not set`
      : 'OPENCLAW_GATEWAY_PORT',
    given ?? readCredentials(env, readPart(gateway, 'auth'), 'gateway.auth', place),
    hasTls ? readCertificate(env, tls, place) : undefined,
  )
}

function readCredentials(
  env: Environment,
  part: Config,
  name: string,
  place: (name: string) => string,
): Credentials {
  // Where both are set, the mode says which of them the Gateway asks for.
  const kinds =
    part['mode'] === 'password' ? (['password', 'token'] as const) : (['token', 'password'] as const)
  for (const kind of kinds) {
    const where = place(`${name}.${kind}`)
    const secret = readSecret(where, part[kind], env)
    if (secret !== undefined) return { [kind]: secret, from: where }
  }
  return {}
}

interface Pin {
  readonly tlsFingerprint: string
  readonly from: string
}

// Where the certificate cannot be read the connection is checked as any other is.
function readCertificate(env: Environment, tls: Config, place: (name: string) => string): Pin | undefined {
  const named = tls['certPath']
  const path =
    typeof named === 'string' ? named : join(findStateDir(env), 'gateway', 'tls', 'gateway-cert.pem')
  try {
    const file = statSync(path)
    // A pipe would hold the program up.
    if (!file.isFile() || file.size > largestCertificateBytes) return undefined
    const { fingerprint256 } = new X509Certificate(readFileSync(path))
    return { tlsFingerprint: readTlsFingerprint(place('gateway.tls.certPath'), fingerprint256), from: path }
  } catch {
    return undefined
  }
}

function finish(url: string, from: string, credentials: Credentials, pin?: Pin): DiscoveredGateway {
  const { token, password } = credentials
  return {
    url,
    ...(token === undefined ? {} : { token }),
    ...(password === undefined ? {} : { password }),
    ...(pin === undefined ? {} : { tlsFingerprint: pin.tlsFingerprint }),
    from: {
      url: from,
      ...(credentials.from === undefined ? {} : { credentials: credentials.from }),
      ...(pin === undefined ? {} : { tlsFingerprint: pin.from }),
    },
  }
}

function readPart(config: Config, name: string): Config {
  const part = Object.hasOwn(config, name) ? config[name] : undefined
  return isRecord(part) ? part : {}
}

function readPort(env: Environment): number | undefined {
  const text = readVariable(env, 'OPENCLAW_GATEWAY_PORT')
  if (text === undefined) return undefined
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0
  if (port > 0 && port <= 65_535) return port
  throw invalid('OPENCLAW_GATEWAY_PORT', 'expected a whole number from 1 to 65535')
}

function invalid(option: string, message: string): PincerError {
  return new PincerError('invalid_option', `${option}: ${message}`)
}
