import { describeValue, PincerError } from '@pincer/protocol'

import { ChatProblem } from './ui-chat-problem.ts'

/** Judges who asks: returns the foreign origin whose page may read the answer, where there is one. */
export type ChatAccess = (request: Request) => string | undefined

const safeMethods: ReadonlySet<string> = new Set(['GET', 'HEAD'])

/**
 * Makes the check of host and origin: this machine by its loopback names, and the origins that are allowed.
 *
 * The check throws ChatProblem.
 *
 * @throws PincerError with code `invalid_option` for what is no origin
 */
export function createChatAccess(allowedOrigins: readonly string[] = []): ChatAccess {
  const origins = new Set(allowedOrigins.map(readOrigin))
  const hosts = new Set([...origins].map((origin) => new URL(origin).host))
  return (request) => {
    const host = (request.headers.get('host') ?? new URL(request.url).host).toLowerCase()
    // A page can point a name of its own at this machine, but not one of these.
    if (!isLoopback(host) && !hosts.has(host))
      throw new ChatProblem(
        421,
        'This chat does not answer under this host name. Use a loopback address, or add its origin to allowedOrigins.',
      )
    const origin = request.headers.get('origin')?.toLowerCase()
    // Of other hosts only what is allowed: without TLS anybody on the way can put a page under their name.
    const isOwn =
      origin === undefined ||
      (isLoopback(host)
        ? origin === `http://${host}` || origin === `https://${host}`
        : origins.has(origin) && new URL(origin).host === host)
    const isLink = safeMethods.has(request.method) && request.headers.get('sec-fetch-mode') === 'navigate'
    const isEmbedded =
      origin === undefined && request.headers.get('sec-fetch-site') === 'cross-site' && !isLink
    if (isEmbedded || (!isOwn && !origins.has(origin)))
      throw new ChatProblem(
        403,
        'Pages of other origins may not use this chat. Add the origin to allowedOrigins where the page is yours.',
      )
    return isOwn ? undefined : origin
  }
}

/** What lets a page of another origin read an answer. */
export function corsHeaders(origin: string | undefined): Readonly<Record<string, string>> {
  return origin === undefined ? {} : { 'access-control-allow-origin': origin, vary: 'origin' }
}

/** The answer to a browser that asks whether a page of another origin may ask. */
export function preflight(origin: string | undefined): Response {
  return new Response(undefined, {
    status: 204,
    headers: {
      ...corsHeaders(origin),
      'access-control-allow-methods': 'GET, POST, DELETE',
      'access-control-allow-headers': 'content-type, authorization, user-agent',
      'access-control-max-age': '600',
    },
  })
}

function isLoopback(host: string): boolean {
  const name = host.replace(/:\d{1,5}$/, '').replace(/\.$/, '')
  return (
    name === 'localhost' ||
    name.endsWith('.localhost') ||
    name === '[::1]' ||
    /^127(?:\.\d{1,3}){3}$/.test(name)
  )
}

function readOrigin(option: unknown): string {
  const origin = typeof option === 'string' ? option.replace(/\/$/, '') : ''
  // As browsers write it: in small letters, without the usual port.
  if (/^https?:\/\/[^/?#@\s]+$/i.test(origin) && URL.canParse(origin)) return new URL(origin).origin
  throw new PincerError(
    'invalid_option',
    `createChatHandler: allowedOrigins: expected origins such as "https://chat.example.com", found ${describeValue(option)}`,
  )
}
