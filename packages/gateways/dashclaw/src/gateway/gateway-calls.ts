import { PincerError } from '@pincer/protocol'
import type { CallContext } from '../methods/bind-methods.ts'

/** The requests of the gateway's parts: none is begun after the gateway was closed, and what is under way ends then. */
export interface GatewayCalls {
  readonly context: CallContext
  /** Aborted once the gateway is closed; its reason is the error that calls fail with. */
  readonly closed: AbortSignal
  /** @throws PincerError `closed`; the reason of the signal, where it is aborted. */
  check(signal?: AbortSignal): void
  /** Aborts with the caller's signal, and when the gateway is closed. */
  until(signal: AbortSignal | undefined): AbortSignal
  close(): void
}

/** Opens the way that all parts of one gateway share. */
export function createGatewayCalls(context: CallContext): GatewayCalls {
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
    context: {
      own: context.own,
      async send(request, options = {}) {
        check(options.signal)
        return await context.send(request, { ...options, signal: until(options.signal) })
      },
    },
    close() {
      if (closing.signal.aborted) return
      closing.abort(
        new PincerError('closed', 'this DashClaw gateway was closed; make a new one with dashclaw()'),
      )
    },
  }
}
