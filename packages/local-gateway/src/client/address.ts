import { PincerError } from '@pincer/protocol'

/** Where a gateway is and what it is told to let us in. */
export interface GatewayAddress {
  /** Ends in a slash, so that relative paths stand below it. */
  readonly base: URL
  readonly token: string | undefined
}

/** What is needed to reach a gateway. */
export interface AddressOptions {
  readonly url: string
  readonly token?: string | undefined
  readonly allowInsecure?: boolean | undefined
}

/**
 * Checks the address and the token before anything is sent.
 *
 * @throws PincerError `invalid_option` for an address that is none, or a token that would travel in the clear.
 */
export function readAddress({ url, token, allowInsecure = false }: AddressOptions): GatewayAddress {
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
  base.search = ''
  base.hash = ''
  if (!base.pathname.endsWith('/')) base.pathname += '/'
  return { base, token }
}

function isLoopback(hostname: string): boolean {
  return /^(?:127(?:\.\d{1,3}){3}|\[::1\]|(?:.+\.)?localhost)$/.test(hostname)
}

function invalid(option: string, message: string): PincerError {
  return new PincerError('invalid_option', `${option}: ${message}`)
}
