import { resolveGatewayStartupRetryAfterMs } from '@openclaw/gateway-protocol/startup-unavailable'
import { describeValue, GatewayError, type GatewayEvent, PincerError } from '@pincer/protocol'
import { convertError } from '../connection/convert-error.ts'
import { createConnectWaiters } from './connect-waiters.ts'
import { createEventReader } from './event-reader.ts'
import { createGatewayLink, type GatewayLink } from './gateway-link.ts'
import { describeAddress } from './gateway-url.ts'
import { pause } from '../pause.ts'
import { createRedactor, type Redactor } from './redact-secrets.ts'
import type { ConnectionChange, GatewayHello, GatewayRequestOptions, OpenClawTransport } from './transport.ts'
import {
  type CheckedTransportOptions,
  checkTransportOptions,
  type GatewayClientTransportOptions,
} from './transport-options.ts'

interface Call {
  readonly method: string
  readonly params: unknown
  readonly options: GatewayRequestOptions | undefined
  /** In the clock of `performance.now()`; `null` where there is none. */
  readonly deadline: number | null
}

// While the socket is closing the client refuses requests without having told that it is closed.
const closingPauseMs = 20
// How long a refused handshake speaks for the requests that follow, before another is made.
const failureHoldsMs = 1000

/**
 * Carries requests to an OpenClaw Gateway over one WebSocket, on the reference client of OpenClaw; connects when it is first needed,
 * and again whenever the connection is lost, until it is closed.
 *
 * @example
 * const transport = new GatewayClientTransport({ url: 'ws://127.0.0.1:18789', token })
 * await transport.connect()
 * const { agents } = await transport.request('agents.list')
 * await transport.close()
 */
export class GatewayClientTransport implements OpenClawTransport {
  readonly #options: CheckedTransportOptions
  readonly #link: GatewayLink
  readonly #redact: Redactor
  readonly #waiters = createConnectWaiters(() => this.#rest())
  #changes: readonly ((change: ConnectionChange) => void)[] = []
  // Replaced at every change, so that it may change while an event is told.
  #listeners: readonly ((event: GatewayEvent) => void)[] = []
  #hello: GatewayHello | undefined
  #wasConnected = false
  #failure: { readonly error: Error; readonly at: number } | undefined
  #closing: Promise<void> | undefined

  /** @throws PincerError `invalid_option` naming the option. */
  constructor(options: GatewayClientTransportOptions) {
    this.#options = checkTransportOptions(options)
    this.#redact = createRedactor(this.#options)
    this.#link = createGatewayLink(this.#options, {
      onEvent: (event) => this.#tell(event),
      onConnected: (hello) => {
        this.#hello = hello
        this.#wasConnected = true
        this.#failure = undefined
        this.#announce({ status: 'connected', hello })
        this.#waiters.release()
      },
      onLost: (code, reason) =>
        this.#announce({
          status: 'disconnected',
          code,
          reason: this.#redact.text(reason),
          reconnecting: true,
        }),
      onFailed: (error, code, reason) => {
        const told = this.#redact.error(error)
        this.#failure = { error: told, at: performance.now() }
        this.#announce({
          status: 'disconnected',
          code,
          reason: this.#redact.text(reason),
          reconnecting: false,
        })
        this.#waiters.fail(told)
      },
    })
  }

  /**
   * Opens the connection; resolves at the Gateway's hello, at once where it is open.
   *
   * @throws GatewayError at once for what will not heal by itself (401, 403, 426), and a retryable one (503, 504) where the Gateway
   *   could not be reached within `connectTimeoutMs`.
   */
  async connect(): Promise<void> {
    this.#checkOpen('connect')
    if (this.#link.client !== undefined) return
    await this.#awaitConnection('connect', this.#options.connectTimeoutMs, undefined)
  }

  /**
   * Sends a request; while the Gateway is away or starting it waits for it, up to its own deadline.
   *
   * @throws GatewayError typed by `gatewayCode`, `status` and `retryable`; PincerError `closed` once this transport is closed.
   */
  async request(method: string, params?: unknown, options?: GatewayRequestOptions): Promise<unknown> {
    checkRequest(method, options)
    options?.signal?.throwIfAborted()
    const started = performance.now()
    const client = this.#link.client
    let failure: unknown
    if (client !== undefined) {
      try {
        return await client.request(method, params ?? {}, this.#sendOptions(options))
      } catch (error) {
        failure = error
      }
    }
    const timeoutMs = options?.timeoutMs === undefined ? this.#options.requestTimeoutMs : options.timeoutMs
    const deadline = timeoutMs === null ? null : started + timeoutMs
    return await this.#persist({ method, params: params ?? {}, options, deadline }, failure)
  }

  // The client has the same default, but leaves requests with two answers without a deadline.
  #sendOptions(options: GatewayRequestOptions | undefined): GatewayRequestOptions | undefined {
    return options?.expectFinal === true && options.timeoutMs === undefined
      ? { ...options, timeoutMs: this.#options.requestTimeoutMs }
      : options
  }

  /**
   * Events from now on, for one reader; ends when this transport is closed.
   *
   * @throws GatewayError from the reader, where it falls 10,000 events behind, or the connection will not heal.
   */
  events(filter?: (event: GatewayEvent) => boolean): AsyncIterable<GatewayEvent> {
    return createEventReader(
      {
        subscribe: (listener) => this.subscribe(listener),
        onConnection: (listener) => this.onConnection(listener),
        failure: () => (this.#closing === undefined ? this.#failure?.error : undefined),
      },
      filter,
    )
  }

  /** Calls `listener` for every event, at once; what it throws is dropped, so that the others hear it too. */
  subscribe(listener: (event: GatewayEvent) => void): () => void {
    this.#checkOpen('events')
    // A function of its own for each, so that one listener may subscribe twice.
    const own = (event: GatewayEvent): void => listener(event)
    this.#listeners = [...this.#listeners, own]
    this.#link.start()
    return () => {
      this.#listeners = this.#listeners.filter((other) => other !== own)
      this.#rest()
    }
  }

  /** Calls `listener` at every change of the connection, and at once where it is open. */
  onConnection(listener: (change: ConnectionChange) => void): () => void {
    const own = (change: ConnectionChange): void => listener(change)
    this.#changes = [...this.#changes, own]
    if (this.#link.client !== undefined && this.#hello !== undefined) {
      own({ status: 'connected', hello: this.#hello })
    }
    return () => {
      this.#changes = this.#changes.filter((other) => other !== own)
    }
  }

  /** Closes the connection; requests that are open reject with PincerError `closed`. */
  close(): Promise<void> {
    this.#closing ??= this.#shut()
    return this.#closing
  }

  async #shut(): Promise<void> {
    // One turn later, so that `#closing` stands before anybody is told.
    await Promise.resolve()
    const stopped = this.#link.stop()
    this.#waiters.fail(closedError('connect'))
    this.#announce({ status: 'disconnected', code: 1000, reason: 'closed', reconnecting: false })
    this.#changes = []
    this.#listeners = []
    await stopped
  }

  /** Goes on with a request after its first attempt, or without one, until it is answered or its time is over. */
  async #persist(call: Call, firstFailure: unknown): Promise<unknown> {
    const { method, params, options } = call
    let failure = firstFailure
    for (;;) {
      if (failure !== undefined) await this.#pauseAfter(call, failure)
      if (this.#link.client === undefined) {
        await this.#awaitConnection(method, this.#timeLeft(call), options?.signal)
      }
      const client = this.#link.client
      if (client === undefined) continue
      try {
        return await client.request(method, params, { ...options, timeoutMs: timeLeft(call.deadline) })
      } catch (error) {
        failure = error
      }
    }
  }

  /** Waits before the next attempt, where there is to be one. */
  async #pauseAfter(call: Call, failure: unknown): Promise<void> {
    const { method, options, deadline } = call
    if (options?.signal?.aborted === true) throw options.signal.reason
    this.#checkOpen(method)
    const error = convertError(failure, method)
    const delayMs =
      error.gatewayCode === 'NOT_CONNECTED' ? closingPauseMs : resolveGatewayStartupRetryAfterMs(failure)
    const left = timeLeft(deadline)
    if (delayMs === null || (left !== null && left <= delayMs)) throw this.#redact.error(error)
    await pause(delayMs, options?.signal)
    this.#checkOpen(method)
  }

  // The first connection has a limit of its own; later ones are waited for as long as the request may take.
  #timeLeft(call: Call): number | null {
    const left = timeLeft(call.deadline)
    if (this.#wasConnected) return left
    return left === null ? this.#options.connectTimeoutMs : Math.min(left, this.#options.connectTimeoutMs)
  }

  async #awaitConnection(
    rpc: string,
    timeoutMs: number | null,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    this.#checkOpen(rpc)
    const failure = this.#failure
    if (failure !== undefined && rpc !== 'connect' && performance.now() - failure.at < failureHoldsMs) {
      throw failure.error
    }
    const waiting = this.#waiters.add({
      timeoutMs,
      signal,
      late: () => this.#unreachable(rpc, timeoutMs ?? 0),
    })
    this.#link.start()
    await waiting
  }

  #unreachable(rpc: string, timeoutMs: number): Error {
    const trouble = this.#link.trouble
    const why =
      trouble === undefined ? 'it does not answer; check `url`' : trouble.message.replace(/^connect: /, '')
    return this.#redact.error(
      new GatewayError(
        `${rpc}: the Gateway at ${describeAddress(this.#options.url)} could not be reached within ${Math.round(timeoutMs)} ms: ${why}`,
        {
          status: trouble?.status ?? 504,
          gatewayCode: trouble?.gatewayCode ?? 'CONNECT_TIMEOUT',
          retryable: true,
          ...(trouble?.retryAfterMs === undefined ? {} : { retryAfterMs: trouble.retryAfterMs }),
        },
      ),
    )
  }

  // A Gateway that was never there is looked for only as long as somebody wants it; a lost one until `close`.
  #rest(): void {
    if (this.#wasConnected || this.#waiters.size > 0 || this.#listeners.length > 0) return
    if (this.#link.active) void this.#link.stop()
  }

  #tell(event: GatewayEvent): void {
    for (const listener of this.#listeners) {
      try {
        listener(event)
      } catch {
        // It must not keep the event from the others.
      }
    }
  }

  #announce(change: ConnectionChange): void {
    for (const listener of this.#changes) {
      try {
        listener(change)
      } catch {
        // It must not keep the change from the others.
      }
    }
  }

  #checkOpen(rpc: string): void {
    if (this.#closing !== undefined) throw closedError(rpc)
  }
}

function checkRequest(method: string, options: GatewayRequestOptions | undefined): void {
  if (typeof method !== 'string' || method === '') {
    throw new PincerError(
      'invalid_option',
      `method: expected the name of a method, found ${describeValue(method)}`,
    )
  }
  const timeoutMs = options?.timeoutMs
  if (timeoutMs === undefined || timeoutMs === null || (Number.isFinite(timeoutMs) && timeoutMs >= 0)) return
  throw new PincerError(
    'invalid_option',
    `timeoutMs: expected milliseconds, or null for no limit; found ${describeValue(timeoutMs)}`,
  )
}

function timeLeft(deadline: number | null): number | null {
  return deadline === null ? null : Math.max(0, deadline - performance.now())
}

function closedError(rpc: string): PincerError {
  return new PincerError('closed', `${rpc}: this connection was closed; open another one`)
}
