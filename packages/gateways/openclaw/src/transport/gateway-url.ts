import { describeValue, PincerError } from '@pincer/protocol'

const schemes: ReadonlyMap<string, string> = new Map([
  ['ws:', 'ws:'],
  ['wss:', 'wss:'],
  ['http:', 'ws:'],
  ['https:', 'wss:'],
])

/**
 * Reads the address of a Gateway; `http` and `https` become `ws` and `wss`.
 *
 * @param option - Where it came from, for the message.
 * @throws PincerError `invalid_option` for what is no such address, and for one that carries credentials.
 */
export function readGatewayUrl(option: string, found: unknown): string {
  if (typeof found !== 'string' || found.trim() === '') {
    throw invalid(option, `expected an address such as ws://127.0.0.1:18789, found ${describeValue(found)}`)
  }
  const url = URL.canParse(found) ? new URL(found) : undefined
  const scheme = url === undefined ? undefined : schemes.get(url.protocol)
  if (url === undefined || scheme === undefined || url.hostname === '') {
    throw invalid(
      option,
      'expected an address that begins with ws:// or wss://, such as ws://127.0.0.1:18789',
    )
  }
  if (url.username !== '' || url.password !== '' || hasCredential(url.searchParams)) {
    throw invalid(option, 'must hold no token, user or password; pass `token` or `password` instead')
  }
  // `URL` does not let one scheme be written over the other here, so the address is put together again.
  return `${scheme}//${url.host}${url.pathname === '/' ? '' : url.pathname}${url.search}`
}

/** The address without what stands behind its host, as it may be shown. */
export function describeAddress(url: string): string {
  const { protocol, host } = new URL(url)
  return `${protocol}//${host}`
}

function hasCredential(query: URLSearchParams): boolean {
  return [...query.keys()].some((name) => /token|password|secret|key|auth/i.test(name))
}

function invalid(option: string, message: string): PincerError {
  return new PincerError('invalid_option', `${option}: ${message}`)
}
