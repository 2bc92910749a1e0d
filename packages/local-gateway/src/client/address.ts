import { checkOptionNames, PincerError } from '@pincer/protocol'

/** Where a gateway is and what it is told to let us in. */
export interface GatewayAddress {
  /** Ends in a slash, so that relative paths stand below it. */
  readonly base: URL
  readonly token: string | undefined
  /** True where it is this machine, so that nothing is gained by sending less. */
  readonly isLocal: boolean
  /** Milliseconds an ordinary request may take. */
  readonly timeoutMs: number
}

/** How a local gateway is reached over HTTP. */
export interface HttpGatewayOptions {
  /** Where the gateway listens, such as `http://127.0.0.1:7462`. */
  readonly url: string
  /** Bearer token; sent in the `Authorization` header only. */
  readonly token?: string | undefined
  /** Lets the token travel over plain http to a host that is not loopback. */
  readonly allowInsecure?: boolean | undefined
  /** Milliseconds an ordinary request may take; 10,000. Waits and tools have longer limits of their own. */
  readonly timeoutMs?: number | undefined
}

// Written as a record, so that the compiler misses a name that is added to the options.
const names: Readonly<Record<keyof HttpGatewayOptions, true>> = {
  url: true,
  token: true,
  allowInsecure: true,
  timeoutMs: true,
}

/** The names of {@link HttpGatewayOptions}. */
export const httpOptionNames: readonly string[] = Object.keys(names)

const defaultTimeoutMs = 10_000

/**
 * Checks the options before anything is sent.
 *
 * @throws PincerError `invalid_option` for an unknown name, an address that is none, or a token that would travel in the clear.
 */
export function readAddress(options: HttpGatewayOptions): GatewayAddress {
  checkOptionNames('a gateway behind HTTP', options, httpOptionNames)
  const { url, token, allowInsecure = false, timeoutMs = defaultTimeoutMs } = options
  if (!URL.canParse(url)) throw invalid('url', 'expected an address such as http://127.0.0.1:7462')
  const base = new URL(url)
  if (base.protocol !== 'http:' && base.protocol !== 'https:')
    throw invalid('url', 'expected an http or https address')
  if (base.username !== '' || base.password !== '')
    throw invalid('url', 'must hold no user or password; pass `token` instead')
  if (token !== undefined && !/^[\u0021-\u007e]+$/.test(token)) {
    throw invalid('token', 'expected printable ASCII without spaces; remove line breaks')
  }
  if (token !== undefined && base.protocol === 'http:' && !isLoopback(base.hostname) && !allowInsecure) {
    throw invalid(
      'url',
      `a token would travel unencrypted to ${base.host}; use https, or pass allowInsecure: true`,
    )
  }
  if (!Number.isFinite(timeoutMs) || timeoutMs <= 0) {
    throw invalid('timeoutMs', `expected milliseconds above zero, found ${timeoutMs}`)
  }
  base.search = ''
  base.hash = ''
  if (!base.pathname.endsWith('/')) base.pathname += '/'
  return { base, token, isLocal: isLoopback(base.hostname), timeoutMs }
}

function isLoopback(hostname: string): boolean {
  return /^(?:127(?:\.\d{1,3}){3}|\[::1\]|(?:.+\.)?localhost)$/.test(hostname)
}

function invalid(option: string, message: string): PincerError {
  return new PincerError('invalid_option', `${option}: ${message}`)
}
