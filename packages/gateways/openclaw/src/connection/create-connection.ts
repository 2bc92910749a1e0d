import { type GatewayEvent, PincerError } from '@pincer/protocol'
import { GatewayClientTransport } from '../transport/gateway-client-transport.ts'
import type {
  ConnectionChange,
  GatewayHello,
  GatewayRequestOptions,
  OpenClawTransport,
} from '../transport/transport.ts'
import type { Connection } from './connection.ts'
import { convertError } from './convert-error.ts'
import { createEventPump, type EventPump } from './event-pump.ts'
import { isRecord, readMessage } from './wire-error.ts'
import { within } from './within.ts'

const defaultTimeoutMs = 30_000

/**
 * Makes the one connection that all parts of a client share; it is opened by the first request or subscription.
 *
 * @throws PincerError `invalid_option` where the transport has no `request` or no `events`.
 */
export function createConnection(transport: OpenClawTransport): Connection {
  checkTransport(transport)
  return new TransportConnection(transport)
}

class TransportConnection implements Connection {
  readonly #transport: OpenClawTransport
  #changes: readonly ((change: ConnectionChange) => void)[] = []
  readonly #stopChanges: (() => void) | undefined
  readonly #pump: EventPump | undefined
  // What is left of them when this is closed: the transport may live on.
  readonly #subscriptions = new Set<() => void>()
  // Ours waits for its connection itself, and within the request's own deadline.
  readonly #opensItself: boolean
  #open: boolean
  #opening: Promise<void> | undefined
  #connected: GatewayHello | undefined
  #hello: GatewayHello | undefined
  #closing: Promise<void> | undefined

  constructor(transport: OpenClawTransport) {
    this.#transport = transport
    this.#opensItself = transport instanceof GatewayClientTransport
    this.#open = this.#opensItself || transport.connect === undefined
    this.#pump =
      transport.subscribe === undefined ? createEventPump(transport, (error) => this.#lose(error)) : undefined
    this.#stopChanges = transport.onConnection?.((change) => this.#announce(change))
  }

  get hello(): GatewayHello | undefined {
    return this.#hello
  }

  get closed(): boolean {
    return this.#closing !== undefined
  }

  async connect(): Promise<void> {
    this.#checkOpen('connect')
    if (this.#opensItself) await this.#transport.connect?.()
    else await this.#opened()
  }

  request(rpc: string, params?: unknown, options?: GatewayRequestOptions): Promise<unknown> {
    // Ours answers with typed errors already, and one promise less is felt where many requests are in flight.
    return this.#opensItself && this.#closing === undefined
      ? this.#transport.request(rpc, params, options)
      : this.#ask(rpc, params, options)
  }

  async #ask(rpc: string, params: unknown, options: GatewayRequestOptions | undefined): Promise<unknown> {
    this.#checkOpen(rpc)
    const signal = options?.signal
    signal?.throwIfAborted()
    try {
      if (!this.#open) {
        await within(
          this.#opened(),
          options?.timeoutMs === undefined ? defaultTimeoutMs : options.timeoutMs,
          signal,
        )
      }
      const answer = this.#transport.request(rpc, params, options)
      // A transport need not know of signals; the caller is let go all the same.
      return await (signal === undefined ? answer : within(answer, null, signal))
    } catch (error) {
      if (signal?.aborted === true) throw signal.reason
      this.#checkOpen(rpc)
      throw PincerError.isInstance(error) ? error : convertError(error, rpc)
    }
  }

  subscribe(listener: (event: GatewayEvent) => void): () => void {
    this.#checkOpen('events')
    if (this.#pump !== undefined) {
      const stop = this.#pump.subscribe(listener)
      this.#openQuietly()
      return stop
    }
    const unsubscribe = this.#transport.subscribe?.(listener)
    const stop = (): void => {
      if (this.#subscriptions.delete(stop)) unsubscribe?.()
    }
    this.#subscriptions.add(stop)
    this.#openQuietly()
    return stop
  }

  onConnection(listener: (change: ConnectionChange) => void): () => void {
    const own = (change: ConnectionChange): void => listener(change)
    this.#changes = [...this.#changes, own]
    if (this.#connected !== undefined) own({ status: 'connected', hello: this.#connected })
    return () => {
      this.#changes = this.#changes.filter((other) => other !== own)
    }
  }

  close(): Promise<void> {
    this.#closing ??= this.#shut()
    return this.#closing
  }

  async #shut(): Promise<void> {
    // One turn later, so that `closed` is true before anybody is told.
    await Promise.resolve()
    this.#pump?.close()
    try {
      await this.#transport.close?.()
    } finally {
      for (const stop of this.#subscriptions) stop()
      this.#stopChanges?.()
      if (this.#connected !== undefined || this.#stopChanges === undefined) {
        this.#announce({ status: 'disconnected', code: 1000, reason: 'closed', reconnecting: false })
      }
      this.#changes = []
    }
  }

  /** Opens a transport that wants it; where that failed, the next request tries again. */
  #opened(): Promise<void> {
    if (this.#open) return Promise.resolve()
    this.#opening ??= this.#connectTransport()
    return this.#opening
  }

  async #connectTransport(): Promise<void> {
    // One turn later, so that a transport which tells of its connection at once finds it being opened.
    await Promise.resolve()
    try {
      await this.#transport.connect?.()
      this.#open = true
    } catch (error) {
      throw PincerError.isInstance(error) ? error : convertError(error, 'connect')
    } finally {
      this.#opening = undefined
    }
  }

  // Whoever only listens has nobody to throw at: the failure is a change of the connection.
  #openQuietly(): void {
    if (this.#open) return
    this.#opened().catch((error: unknown) => this.#lose(error))
  }

  #lose(error: unknown): void {
    if (this.closed) return
    this.#announce({
      status: 'disconnected',
      code: 1006,
      reason: error === undefined ? 'the transport has no more events' : readMessage(error),
      reconnecting: false,
    })
  }

  #announce(change: ConnectionChange): void {
    if (change.status === 'connected') this.#hello = change.hello
    this.#connected = change.status === 'connected' ? change.hello : undefined
    for (const listener of this.#changes) {
      try {
        listener(change)
      } catch {
        // It must not keep the change from the others.
      }
    }
  }

  #checkOpen(rpc: string): void {
    if (this.closed) throw new PincerError('closed', `${rpc}: this client was closed; make another one`)
  }
}

function checkTransport(transport: unknown): void {
  const parts: Readonly<Record<string, unknown>> = isRecord(transport) ? transport : {}
  const missing = ['request', 'events'].find((name) => typeof parts[name] !== 'function')
  if (missing === undefined) return
  throw new PincerError(
    'invalid_option',
    `transport: expected an object with the functions \`request\` and \`events\`; \`${missing}\` is missing`,
  )
}
