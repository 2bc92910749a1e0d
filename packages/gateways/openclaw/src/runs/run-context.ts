import { GatewayError, type JsonObject } from '@pincer/protocol'
import type { SessionKeys } from '../session-keys.ts'
import type { Connection } from '../connection/connection.ts'
import type { EventFeed } from '../events/event-feed.ts'
import type { GatewayRequestOptions } from '../transport/transport.ts'
import type { KnownRun, KnownRuns } from './known-run.ts'

/** How long runs are waited for; all in milliseconds. */
export interface RunTimes {
  /** Until a request for a run is given up that the Gateway has not acknowledged; 30,000 when absent. */
  readonly ackTimeoutMs?: number
  /** Longest question for a run's end; longer waits ask again. 30,000 when absent. */
  readonly sliceMs?: number
  /** How long a restarted Gateway is given to take up again a run that it shows no sign of; 15,000 when absent. */
  readonly resumeGraceMs?: number
  /** How long a restarted Gateway is given to take up again a run that it means to; 120,000 when absent. */
  readonly recoveryTimeoutMs?: number
}

/** What everything that deals with runs shares. */
export interface RunContext {
  readonly connection: Connection
  readonly feed: EventFeed
  readonly keys: SessionKeys
  readonly runs: KnownRuns
  readonly times: Required<RunTimes>
  /** There while the connection is lost and the transport tries to come back; resolves when it did, or gave up. */
  away: Promise<void> | undefined
  /** True once the transport has given up, or tells no events any more. */
  eventsLost: boolean
  /** Aborted with the PincerError `closed` once the client is closed. */
  readonly closing: AbortSignal
}

/** The process of the Gateway that is connected; empty where it tells none. */
export function bootId(context: RunContext): string {
  return context.connection.hello?.bootId ?? ''
}

/** Tells whether the process of the Gateway that is connected is known to have the run. */
export function isAlive(context: RunContext, run: KnownRun): boolean {
  return run.aliveIn !== undefined && run.aliveIn === bootId(context)
}

/** Tells the readers of the run's events how its recovery goes. */
export function tellRecovery(
  context: RunContext,
  run: KnownRun,
  status: string,
  more: JsonObject = {},
): void {
  context.feed.tell(run.runId, 'recovery', { status, ...more })
}

/** Tells whether the same question may be answered later. */
export function isRetryable(error: unknown): boolean {
  return error instanceof GatewayError && error.retryable
}

/** Asks for a part of the Gateway's record; `undefined` where this Gateway or these scopes do not allow it. */
export async function askIfAllowed(
  context: RunContext,
  rpc: string,
  params: object,
  options: GatewayRequestOptions,
): Promise<unknown> {
  try {
    return await context.connection.request(rpc, params, options)
  } catch (error) {
    if (error instanceof GatewayError && !error.retryable) return undefined
    throw error
  }
}
