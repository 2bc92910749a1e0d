import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import { isIP } from 'node:net'

import { HttpRefusal } from './serve-http-refusal.ts'

/** Who may call, and by which names. */
export interface AccessRules {
  readonly host: string
  readonly token: string
  readonly allowedHosts: readonly string[]
}

/**
 * Makes the check that every request has to pass before anything of it is read.
 *
 * What it makes throws HttpRefusal 421 for a foreign name, 403 for a page of another site, 401 for a wrong token.
 */
export function createAccessCheck(rules: AccessRules): (request: IncomingMessage) => void {
  const names = new Set([rules.host, ...rules.allowedHosts].map(bareName))
  const isLocal = isLoopback(bareName(rules.host))
  const expected = digest(rules.token)

  // A page can point a name of its own at this machine, but neither an address nor a loopback name.
  function isOwnName(name: string): boolean {
    return isLoopback(name) || names.has(name) || (!isLocal && isIP(name) !== 0)
  }

  function isOwnPage({ host = '', origin, 'sec-fetch-site': site }: IncomingHttpHeaders): boolean {
    if (origin === undefined) return site === undefined || site === 'none' || site === 'same-origin'
    return [`http://${host}`, `https://${host}`].includes(origin.toLowerCase())
  }

  return ({ headers }) => {
    const name = nameOf(headers.host)
    if (name === undefined || !isOwnName(name))
      throw new HttpRefusal(421, 'header host: not a name of this server; add it to allowedHosts')
    if (!isOwnPage(headers))
      throw new HttpRefusal(403, 'header origin: pages of other sites may not call this server')
    const given = /^bearer +(\S+) *$/i.exec(headers.authorization ?? '')?.[1]
    // Digests are of one length, so that comparing takes the same time for every token.
    if (given === undefined || !timingSafeEqual(digest(given), expected))
      throw new HttpRefusal(401, 'header authorization: expected "Bearer" and the token of this server')
  }
}

function nameOf(header: string | undefined): string | undefined {
  const found = /^(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::\d{1,5})?$/i.exec(header ?? '')?.[1]
  return found === undefined ? undefined : bareName(found)
}

function bareName(host: string): string {
  return host
    .toLowerCase()
    .replace(/^\[|\]$/g, '')
    .replace(/\.$/, '')
}

function isLoopback(name: string): boolean {
  return (
    name === 'localhost' || name === '::1' || name.endsWith('.localhost') || /^127(\.\d{1,3}){3}$/.test(name)
  )
}

function digest(token: string): Buffer {
  return createHash('sha256').update(token).digest()
}
