import { createHash, timingSafeEqual } from 'node:crypto'
import { isIP } from 'node:net'
import { PincerError } from '@pincer/protocol'
import type { MiddlewareHandler } from 'hono'
import { HttpProblem } from './problem.ts'

/** Who may speak to the gateway, and how. */
export interface AccessRules {
  /** The address that is listened on. */
  readonly host: string
  readonly token?: string
  readonly allowedHosts?: readonly string[]
  readonly allowedOrigins?: readonly string[]
}

/** What a request is judged by. */
interface AccessRequest {
  readonly method: string
  readonly path: string
  /** The value of a header by its name in small letters. */
  readonly header: (name: string) => string | undefined
  /** A token that came by another road than the `Authorization` header. */
  readonly token?: string | undefined
}

/** Judges requests before anything else looks at them: `undefined` lets one pass. */
export type AccessCheck = (request: AccessRequest) => HttpProblem | undefined

/** Answered to everybody: they tell that the gateway lives, and nothing else. */
const openPaths: ReadonlySet<string> = new Set(['/healthz', '/readyz'])

const safeMethods: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS'])

/** Tells whether an address or host name can only mean this machine. */
function isLoopback(host: string): boolean {
  const name = bareHost(host)
  return (
    name === 'localhost' || name.endsWith('.localhost') || name === '::1' || /^127(\.\d{1,3}){3}$/.test(name)
  )
}

/**
 * Refuses to serve other machines without a token.
 *
 * @throws PincerError `invalid_option`.
 */
export function assertSafeHost(rules: AccessRules): void {
  if (rules.token !== undefined && !/^[\x21-\x7e]{1,1024}$/.test(rules.token)) {
    throw new PincerError(
      'invalid_option',
      'token: expected 1 to 1024 visible ASCII characters without spaces; leave it out for no token',
    )
  }
  if (isLoopback(rules.host) || rules.token !== undefined) return
  throw new PincerError(
    'invalid_option',
    `host: "${rules.host}" can be reached from other machines, so a token is required; set \`token\` (PINCER_TOKEN or --token-file), or leave host at 127.0.0.1`,
  )
}

/** Makes the check of host, origin and token. */
export function createAccessCheck(rules: AccessRules): AccessCheck {
  const hosts = new Set([rules.host, ...(rules.allowedHosts ?? [])].map(bareHost))
  const origins = new Set((rules.allowedOrigins ?? []).map(readOrigin))
  const local = isLoopback(rules.host)
  const expected = rules.token === undefined ? undefined : digest(rules.token)

  function checkHost(header: string | undefined): HttpProblem | undefined {
    const name = header === undefined ? undefined : hostOf(header)
    // A page can point its own name at this machine, but never an address or a loopback name.
    if (name !== undefined && (isLoopback(name) || hosts.has(name) || (!local && isIP(name) !== 0)))
      return undefined
    return new HttpProblem(421, 'host_not_allowed', 'header host: not a name of this gateway', {
      path: 'header.host',
      next: 'use a loopback address, or add the name to allowedHosts',
    })
  }

  function checkOrigin({ method, header }: AccessRequest): HttpProblem | undefined {
    const origin = header('origin')?.toLowerCase()
    const own = header('host')?.toLowerCase()
    // A page that embeds an address sends no origin. Following a link is the reader's own wish.
    const isLink = safeMethods.has(method) && header('sec-fetch-mode') === 'navigate'
    const crossSite = origin === undefined && header('sec-fetch-site') === 'cross-site' && !isLink
    const foreign = origin !== undefined && origin !== `http://${own}` && origin !== `https://${own}`
    if (!crossSite && (!foreign || origins.has(origin ?? ''))) return undefined
    return new HttpProblem(
      403,
      'origin_not_allowed',
      'header origin: pages of other sites may not call this gateway',
      {
        path: 'header.origin',
        next: 'add the origin to allowedOrigins where the page is yours',
      },
    )
  }

  function checkToken({ path, header, token }: AccessRequest): HttpProblem | undefined {
    if (expected === undefined || openPaths.has(path)) return undefined
    const given = /^bearer +(\S+) *$/i.exec(header('authorization') ?? '')?.[1] ?? token
    // Digests are of one length, so that comparing takes the same time for every token.
    if (given !== undefined && timingSafeEqual(digest(given), expected)) return undefined
    return new HttpProblem(
      401,
      'unauthorized',
      'header authorization: expected the bearer token of this gateway',
      {
        path: 'header.authorization',
        next: 'send the header "Authorization: Bearer <token>"',
      },
    )
  }

  return (request) => checkHost(request.header('host')) ?? checkOrigin(request) ?? checkToken(request)
}

/** Puts the check before every route, and lets pages of allowed origins read the answers. */
export function guardAccess(check: AccessCheck): MiddlewareHandler {
  return async (context, next) => {
    const { method, path } = context.req
    const origin = context.req.header('origin')
    // A preflight carries no token; it changes nothing and tells nothing but whether its origin is allowed.
    const preflight =
      method === 'OPTIONS' && context.req.header('access-control-request-method') !== undefined
    const header = (name: string): string | undefined => context.req.header(name)
    const problem = check({ method, path: preflight ? '/healthz' : path, header })
    if (problem !== undefined) throw problem
    if (preflight) {
      return context.body(null, 204, {
        'Access-Control-Allow-Origin': origin ?? '',
        'Access-Control-Allow-Methods': 'GET, POST, PUT, DELETE',
        'Access-Control-Allow-Headers': 'authorization, content-type, content-encoding, last-event-id',
        'Access-Control-Max-Age': '600',
        Vary: 'Origin',
      })
    }
    await next()
    context.res.headers.set('X-Content-Type-Options', 'nosniff')
    if (origin !== undefined) {
      context.res.headers.set('Access-Control-Allow-Origin', origin)
      context.res.headers.append('Vary', 'Origin')
    }
  }
}

/** @throws PincerError `invalid_option` where no page could ever have such an origin. */
function readOrigin(option: string): string {
  const origin = option.toLowerCase().replace(/\/$/, '')
  if (/^[a-z][a-z0-9+.-]*:\/\/[^/?#\s]+$/.test(origin)) return origin
  throw new PincerError(
    'invalid_option',
    `allowedOrigins: expected origins such as "http://localhost:3000", found "${option}"`,
  )
}

function digest(token: string): Buffer {
  return createHash('sha256').update(token).digest()
}

/** The name in a `Host` header, without its port; `undefined` where the header is none. */
function hostOf(header: string): string | undefined {
  const found = /^(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::\d{1,5})?$/i.exec(header)?.[1]
  return found === undefined ? undefined : bareHost(found)
}

function bareHost(host: string): string {
  return host
    .toLowerCase()
    .replace(/^\[|\]$/g, '')
    .replace(/\.$/, '')
}
