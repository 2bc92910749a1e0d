import { checkOptionNames, describeValue, PincerError } from '@pincer/protocol'
import { isRecord } from '../connection/wire-error.ts'
import type { GatewayDevice } from '../device/device.ts'
import { readGatewayUrl } from './gateway-url.ts'
import { readTlsFingerprint } from './tls-fingerprint.ts'

/** How a Gateway is reached over WebSocket, and as whom. */
export interface GatewayClientTransportOptions {
  /** Where the Gateway listens, such as `ws://127.0.0.1:18789`; plain `ws` to private addresses only. */
  readonly url: string
  /** The Gateway's shared token: full rights of an operator. */
  readonly token?: string | undefined
  readonly password?: string | undefined
  /** A device token that is kept elsewhere; one that `device` keeps needs not be given. */
  readonly deviceToken?: string | undefined
  /** A token for the first pairing of `device`. */
  readonly bootstrapToken?: string | undefined
  /** Milliseconds that a request may take where it does not say; 30,000. */
  readonly requestTimeoutMs?: number | undefined
  /** Milliseconds that the first connection may take; 30,000. */
  readonly connectTimeoutMs?: number | undefined
  /** Scopes to ask for; read, write, approvals, questions and admin. */
  readonly scopes?: readonly string[] | undefined
  /** Capabilities to tell of; `tool-events`. */
  readonly caps?: readonly string[] | undefined
  /** True makes this client one that approvals are shown to, and that runs wait for. */
  readonly reviewer?: boolean | undefined
  /** Name of the app, as the Gateway shows it. */
  readonly displayName?: string | undefined
  /** Id of this instance of the app. */
  readonly instanceId?: string | undefined
  /** The key pair this client is known by, such as `fileDevice()`; none where the shared token is enough. */
  readonly device?: GatewayDevice | undefined
  /** SHA-256 fingerprint of the Gateway's certificate: this certificate and no other is trusted. Needs `wss`. */
  readonly tlsFingerprint?: string | undefined
  /** Headers for the proxy in front of the Gateway, such as those of Cloudflare Access. Needs `wss`. */
  readonly edgeAuthHeaders?: Readonly<Record<string, string>> | undefined
  /** Where the credentials came from, said where they are refused, such as `gateway.auth.token of openclaw.json`. */
  readonly credentialsFrom?: string | undefined
}

/** The options, checked and with their defaults. */
export interface CheckedTransportOptions extends GatewayClientTransportOptions {
  readonly requestTimeoutMs: number
  readonly connectTimeoutMs: number
  readonly scopes: readonly string[]
  readonly caps: readonly string[]
}

// Written as a record, so that the compiler misses a name that is added to the options.
const names: Readonly<Record<keyof GatewayClientTransportOptions, true>> = {
  url: true,
  token: true,
  password: true,
  deviceToken: true,
  bootstrapToken: true,
  requestTimeoutMs: true,
  connectTimeoutMs: true,
  scopes: true,
  caps: true,
  reviewer: true,
  displayName: true,
  instanceId: true,
  device: true,
  tlsFingerprint: true,
  edgeAuthHeaders: true,
  credentialsFrom: true,
}

/** The names of {@link GatewayClientTransportOptions}. */
export const transportOptionNames: readonly string[] = Object.keys(names)

const defaultTimeoutMs = 30_000
const defaultScopes = [
  'operator.read',
  'operator.write',
  'operator.approvals',
  'operator.questions',
  'operator.admin',
]
const defaultCaps = ['tool-events']

/**
 * Checks the options before anything is opened.
 *
 * @throws PincerError `invalid_option` naming the option.
 */
export function checkTransportOptions(options: GatewayClientTransportOptions): CheckedTransportOptions {
  checkOptionNames('GatewayClientTransport', options, transportOptionNames)
  const url = readGatewayUrl('url', options.url)
  checkSecrets(options)
  checkText('displayName', options.displayName)
  checkText('instanceId', options.instanceId)
  checkText('credentialsFrom', options.credentialsFrom)
  if (options.reviewer !== undefined && typeof options.reviewer !== 'boolean') {
    throw invalid('reviewer', `expected true or false, found ${describeValue(options.reviewer)}`)
  }
  checkDevice(options.device)
  const headers = readHeaders(options.edgeAuthHeaders)
  const fingerprint =
    options.tlsFingerprint === undefined
      ? undefined
      : readTlsFingerprint('tlsFingerprint', options.tlsFingerprint)
  for (const [name, value] of [
    ['tlsFingerprint', fingerprint],
    ['edgeAuthHeaders', headers],
  ] as const) {
    if (value !== undefined && !url.startsWith('wss:')) {
      throw invalid(name, 'needs TLS; use a wss:// address in `url`')
    }
  }
  const caps = readNames('caps', options.caps) ?? defaultCaps
  const scopes = readNames('scopes', options.scopes) ?? defaultScopes
  const wrong = scopes.find((scope) => !scope.startsWith('operator.'))
  if (wrong !== undefined)
    throw invalid('scopes', `${describeValue(wrong)} is none; expected such as "operator.read"`)
  if (options.reviewer === true && options.device === undefined && !scopes.includes('operator.admin')) {
    throw invalid('reviewer', 'is shown nothing without the scope operator.admin; add it to `scopes`')
  }
  return {
    ...options,
    url,
    requestTimeoutMs: readTimeout('requestTimeoutMs', options.requestTimeoutMs),
    connectTimeoutMs: readTimeout('connectTimeoutMs', options.connectTimeoutMs),
    scopes,
    caps: options.reviewer === true ? [...new Set([...caps, 'approvals'])] : caps,
    tlsFingerprint: fingerprint,
    edgeAuthHeaders: headers,
  }
}

function checkSecrets(options: GatewayClientTransportOptions): void {
  for (const name of ['token', 'password', 'deviceToken', 'bootstrapToken'] as const) {
    const value: unknown = options[name]
    if (value === undefined) continue
    // What was found is never said: it is a secret, or part of one.
    if (typeof value !== 'string' || value.trim() === '') {
      throw invalid(name, 'expected a text that is not empty; leave it out where there is none')
    }
    // A secret with a line break came out of a file by mistake.
    if (/\p{Cc}/u.test(value)) throw invalid(name, 'must hold no line breaks; trim it')
  }
}

function checkText(name: string, value: unknown): void {
  if (value === undefined || (typeof value === 'string' && value !== '' && value.length <= 256)) return
  throw invalid(name, `expected a text of 1 to 256 characters, found ${describeValue(value)}`)
}

function readTimeout(name: string, value: unknown): number {
  if (value === undefined) return defaultTimeoutMs
  if (typeof value === 'number' && Number.isFinite(value) && value > 0) return value
  throw invalid(name, `expected milliseconds above zero, found ${describeValue(value)}`)
}

function readNames(name: string, value: unknown): readonly string[] | undefined {
  if (value === undefined) return undefined
  const found = Array.isArray(value) ? value.filter((item) => typeof item === 'string' && item !== '') : []
  if (Array.isArray(value) && found.length === value.length) return [...new Set(found)]
  throw invalid(name, `expected a list of names, found ${describeValue(value)}`)
}

function readHeaders(value: unknown): Readonly<Record<string, string>> | undefined {
  if (value === undefined) return undefined
  const entries: readonly (readonly [string, unknown])[] =
    typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.entries(value) : []
  const texts = entries.filter(
    (entry): entry is readonly [string, string] =>
      typeof entry[1] === 'string' && /^[\w!#$%&'*+.^`|~-]+$/.test(entry[0]) && !/[\r\n]/.test(entry[1]),
  )
  if (texts.length === 0 || texts.length !== entries.length) {
    throw invalid('edgeAuthHeaders', 'expected an object of header names and their values')
  }
  return Object.fromEntries(texts)
}

function checkDevice(device: unknown): void {
  if (device === undefined) return
  const methods = ['identity', 'loadToken', 'storeToken', 'clearToken']
  // A device of the app's own may be of a class, which has its methods elsewhere than on the object.
  const parts: Readonly<Record<string, unknown>> = isRecord(device) ? device : {}
  if (methods.some((name) => typeof parts[name] !== 'function')) {
    throw invalid('device', 'expected a device such as `fileDevice()` or `memoryDevice()` gives')
  }
}

function invalid(option: string, message: string): PincerError {
  return new PincerError('invalid_option', `${option}: ${message}`)
}
