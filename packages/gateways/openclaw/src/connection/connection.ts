import type { GatewayEvent } from '@pincer/protocol'
import type { ConnectionChange, GatewayHello, GatewayRequestOptions } from '../transport/transport.ts'

/** What every part of this client talks to: one transport, connected when it is first needed, with typed errors. */
export interface Connection {
  /** Resolves once the Gateway has said hello; where the transport tells no hello, once it is connected. */
  connect(): Promise<void>
  /**
   * Sends a request; while the Gateway is away it waits for it up to the deadline of the request.
   *
   * @throws GatewayError, always typed: `gatewayCode`, `retryable`, and a message that says what to do.
   */
  request(rpc: string, params?: unknown, options?: GatewayRequestOptions): Promise<unknown>
  /** The last hello; undefined before the first, and where the transport tells none. */
  readonly hello: GatewayHello | undefined
  /** Calls `listener` for every event of the Gateway, synchronously. */
  subscribe(listener: (event: GatewayEvent) => void): () => void
  onConnection(listener: (change: ConnectionChange) => void): () => void
  readonly closed: boolean
  close(): Promise<void>
}
