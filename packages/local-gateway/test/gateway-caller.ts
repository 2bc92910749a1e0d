import { startLocalGateway } from '../src/start-local-gateway.ts'
import type { LocalGatewayOptions } from '../src/options.ts'
import type { LocalService } from '../src/service.ts'

/** What the gateway's answers can hold; each holds some of it. */
export interface Reply {
  readonly items: readonly Reply[]
  readonly nextCursor: string
  readonly error: {
    readonly code: string
    readonly message: string
    readonly path?: string
    readonly next: string
  }
  readonly status: string
  readonly decision: string
  readonly reason: string
  readonly policyId: string
  readonly approvalId: string
  readonly expiresAt: number
  readonly toolCallId: string
  readonly runId: string
  readonly sessionKey: string
  readonly name: string
  readonly role: string
  readonly text: string
  readonly output: unknown
  readonly usage: unknown
}

/** An answer of the gateway. */
interface Answer<Body = Reply> {
  readonly status: number
  readonly body: Body
}

/** A running gateway and short ways to call it over HTTP. */
export interface Caller {
  readonly url: string
  /** The same gateway, in process. */
  readonly service: LocalService
  call<Body = Reply>(
    method: string,
    path: string,
    body?: unknown,
    signal?: AbortSignal,
  ): Promise<Answer<Body>>
  get(path: string): Promise<Answer>
  post(path: string, body?: unknown): Promise<Answer>
  close(): Promise<void>
}

/** Starts a gateway on a free port; its record ends with it unless a file is named. */
export async function startCaller(options: LocalGatewayOptions = {}): Promise<Caller> {
  const running = await startLocalGateway({ port: 0, databasePath: ':memory:', ...options })

  async function call<Body = Reply>(
    method: string,
    path: string,
    body?: unknown,
    signal?: AbortSignal,
  ): Promise<Answer<Body>> {
    const response = await fetch(running.url + path, {
      method,
      ...(body === undefined
        ? {}
        : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
      ...(signal === undefined ? {} : { signal }),
    })
    const text = await response.text()
    return { status: response.status, body: text === '' ? undefined : JSON.parse(text) }
  }

  return {
    url: running.url,
    // What is started is the service itself behind the type of every gateway.
    service: running.gateway as LocalService,
    call,
    get: (path) => call('GET', path),
    post: (path, body) => call('POST', path, body ?? {}),
    close: () => running.close(),
  }
}
