import type { GatewayEvent } from '@pincer/protocol'

/** What one request to the Gateway may carry beside its parameters. */
export interface GatewayRequestOptions {
  /** Milliseconds until the request is given up; `null` waits for ever; 30,000 when absent. */
  readonly timeoutMs?: number | null
  /** True where the answer wanted is the last one: the `agent` method answers twice on one request. */
  readonly expectFinal?: boolean
  /** Called with the first of two answers, where `expectFinal` is true. */
  readonly onAccepted?: (payload: unknown) => void
  /** Gives the request up; the promise rejects with the signal's reason. */
  readonly signal?: AbortSignal
}

/** What the Gateway told in its `hello-ok`, as far as this client uses it. */
export interface GatewayHello {
  /** Differs for every process of the Gateway: a new one means that it was restarted. */
  readonly bootId: string
  /** Version of the Gateway, such as `2026.9.6`. */
  readonly version: string
  /** Wire protocol, such as 4. */
  readonly protocol: number
  /** Scopes that were granted, such as `operator.read`. */
  readonly scopes: readonly string[]
  readonly defaultAgentId: string
  /** The full key of the main session, such as `agent:main:main`. */
  readonly mainSessionKey: string
  /** Methods that the Gateway advertises; a few that work are not among them. */
  readonly methods: readonly string[]
}

/** A change of a transport's connection. */
export type ConnectionChange =
  | { readonly status: 'connected'; readonly hello: GatewayHello }
  | {
      readonly status: 'disconnected'
      /** The WebSocket's close code, such as 1006 (lost) or 1012 (the Gateway restarts). */
      readonly code: number
      readonly reason: string
      /** False where the transport has given up: wrong token, other protocol, closed by its owner. */
      readonly reconnecting: boolean
    }

/**
 * Carries requests to a Gateway and its events back; pass one of your own for tests and embedded runtimes.
 *
 * Only `request` and `events` are needed. `subscribe` spares every event a turn of the event loop; `onConnection` is what lets
 * the client find out what became of runs over a restart.
 */
export interface OpenClawTransport {
  request(method: string, params?: unknown, options?: GatewayRequestOptions): Promise<unknown>
  events(filter?: (event: GatewayEvent) => boolean): AsyncIterable<GatewayEvent>
  /** Opens the connection; resolves at once where it is open. */
  connect?(): Promise<void>
  /** Calls `listener` for every event, at once; returns what ends it. */
  subscribe?(listener: (event: GatewayEvent) => void): () => void
  /** Calls `listener` at every change of the connection, and at once where it is open; returns what ends it. */
  onConnection?(listener: (change: ConnectionChange) => void): () => void
  /** Lets go of sockets and timers; safe to call twice. */
  close?(): Promise<void>
}
