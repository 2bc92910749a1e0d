import { PincerError } from '@pincer/protocol'
import type { GatewayRequestOptions } from '../transport/transport.ts'

/** Sends one request to the Gateway; what {@link createCalls} is made from. */
export type Request = (rpc: string, params?: unknown, options?: GatewayRequestOptions) => Promise<unknown>

/** The requests of the gateway's parts: none is begun after the gateway was closed, and what is under way ends then. */
export interface Calls {
  readonly request: Request
  /** Aborted once the gateway is closed; its reason is the error that calls fail with. */
  readonly closed: AbortSignal
  /** @throws PincerError `closed`; the reason of the signal, where it is aborted. */
  check(signal?: AbortSignal): void
  /** Aborts with the caller's signal, and when the gateway is closed. */
  until(signal: AbortSignal | undefined): AbortSignal
  close(): void
}

/** Opens the way that all parts of one gateway share. */
export function createCalls(request: Request): Calls {
  const closing = new AbortController()
  const until = (signal: AbortSignal | undefined): AbortSignal =>
    signal === undefined ? closing.signal : AbortSignal.any([signal, closing.signal])
  function check(signal?: AbortSignal): void {
    closing.signal.throwIfAborted()
    signal?.throwIfAborted()
  }
  return {
    closed: closing.signal,
    check,
    until,
    async request(rpc, params, options = {}) {
      check(options.signal)
      return await request(rpc, params, { ...options, signal: until(options.signal) })
    },
    close() {
      if (closing.signal.aborted) return
      closing.abort(
        new PincerError('closed', 'this OpenClaw gateway was closed; make a new one with openclaw()'),
      )
    },
  }
}
