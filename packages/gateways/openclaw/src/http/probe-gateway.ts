import { PincerError } from '@pincer/protocol'
import { httpOrigin } from './http-origin.ts'
import { readBounded } from './read-bounded.ts'

/** How a Gateway does. */
export interface GatewayHealth {
  /** True where it answers at all. */
  readonly live: boolean
  /** True where it takes work. */
  readonly ready: boolean
  /** What it still waits for, such as `startup-sidecars`; `unreachable` where it does not answer. */
  readonly failing: readonly string[]
}

/** How long and until when a Gateway is asked. */
export interface ProbeOptions {
  /** Milliseconds that the answers may take together; 2,000. */
  readonly timeoutMs?: number
  /** Gives the question up; the promise rejects with the signal's reason. */
  readonly signal?: AbortSignal
}

const defaultTimeoutMs = 2000
const longestTimeoutMs = 2_147_483_647
const longestBody = 65_536

/**
 * Asks a Gateway whether it lives and whether it takes work; needs no token.
 *
 * @param address Such as `ws://127.0.0.1:18789` or `http://127.0.0.1:18789`.
 * @throws PincerError `invalid_option` for what is no address.
 */
export async function probeGateway(address: string, options: ProbeOptions = {}): Promise<GatewayHealth> {
  const { timeoutMs = defaultTimeoutMs, signal } = options
  if (!Number.isFinite(timeoutMs) || timeoutMs <= 0) {
    throw new PincerError('invalid_option', `timeoutMs: expected milliseconds above zero, found ${timeoutMs}`)
  }
  const origin = httpOrigin('url', address)
  const timeout = AbortSignal.timeout(Math.min(Math.ceil(timeoutMs), longestTimeoutMs))
  const until = signal === undefined ? timeout : AbortSignal.any([signal, timeout])
  const base = origin.href.endsWith('/') ? origin.href : `${origin.href}/`
  const [health, readiness] = await Promise.all([
    ask(new URL('healthz', base), until),
    ask(new URL('readyz', base), until),
  ])
  signal?.throwIfAborted()
  if (health?.status !== 200) {
    return {
      live: false,
      ready: false,
      failing: [health === undefined ? 'unreachable' : `HTTP ${health.status}`],
    }
  }
  const ready = readiness?.status === 200
  return { live: true, ready, failing: readFailing(readiness, ready) }
}

interface Answer {
  readonly status: number
  readonly body: unknown
}

async function ask(url: URL, signal: AbortSignal): Promise<Answer | undefined> {
  try {
    const response = await fetch(url, { signal, redirect: 'error' })
    const text = response.body === null ? '' : await readBounded(response.body, longestBody)
    return { status: response.status, body: parseBody(text) }
  } catch {
    return undefined
  }
}

function parseBody(text: string | undefined): unknown {
  try {
    return text === undefined ? undefined : JSON.parse(text)
  } catch {
    return undefined
  }
}

function readFailing(answer: Answer | undefined, ready: boolean): readonly string[] {
  if (answer === undefined) return ['unreachable']
  const { body, status } = answer
  const failing = typeof body === 'object' && body !== null && 'failing' in body ? body.failing : undefined
  const named = Array.isArray(failing) ? failing.filter((name) => typeof name === 'string') : []
  return ready || named.length > 0 ? named : [`HTTP ${status}`]
}
