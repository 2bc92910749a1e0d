import type { ClawEvent, GatewayEvent, JsonValue, RunResult, Usage } from '@pincer/protocol'

/** How a run ended, where that was found out by other means than its events. */
export interface RunOutcome {
  readonly status: Exclude<RunResult['status'], 'accepted'>
  readonly text?: string
  readonly stopReason?: string
  readonly error?: RunResult['error']
  readonly usage?: Usage
}

/** A run that this client started or was asked about: its events are kept until it has ended and longer, within a bound. */
export interface FollowedRun {
  readonly runId: string
  readonly sessionKey?: string
  readonly agentId?: string
  /**
   * Asked for once, when the run's terminal event has come: what the run used. The terminal event is told after the answer,
   * at most `usageTimeoutMs` later, right behind a `usage.reported`.
   */
  readonly usage?: () => Promise<Usage | undefined>
}

/**
 * What the parts of this client that know runs ask of the part that knows events.
 *
 * Events of every run the Gateway tells of pass through one normalizer. Every run has one log: whoever reads it late reads the same.
 */
export interface EventFeed {
  /** Keeps the log of this run from now on; telling it twice adds what was not known before. */
  follow(run: FollowedRun): void
  /** The ids of the runs that are followed and have not ended. */
  openRuns(): readonly FollowedRun[]
  /** Every event of the run from its start, live ones too; ends after the terminal event. */
  runEvents(runId: string, options?: { readonly signal?: AbortSignal }): AsyncIterable<ClawEvent>
  /** The outcome as the log has it; undefined while it is open or where it is not known. */
  outcome(runId: string): RunOutcome | undefined
  /** Resolves with the outcome once the terminal event was told. */
  ended(runId: string, options?: { readonly signal?: AbortSignal }): Promise<RunOutcome>
  /** Ends a run that the Gateway will not tell more of; does nothing where it has ended. */
  end(runId: string, outcome: RunOutcome): void
  /**
   * Drops the log of a run that never began, because the Gateway refused it: its readers end without a terminal event.
   *
   * Where it is absent, such a run is ended as failed.
   */
  forget?(runId: string): void
  /** From now on the events of `resumedRunId` are events of `runId`. */
  adopt(runId: string, resumedRunId: string): void
  /** Adds a `raw` event of our own to the run's log, such as `recovery`. */
  tell(runId: string, name: string, payload: JsonValue): void
  /** Normalized events of all runs and sessions from now on, for one reader. */
  events(options?: { readonly signal?: AbortSignal }): AsyncIterable<ClawEvent>
  /** The Gateway's own frames from now on, for one reader. */
  rawEvents(options?: {
    readonly signal?: AbortSignal
    readonly filter?: (event: GatewayEvent) => boolean
  }): AsyncIterable<GatewayEvent>
  /** Ends every reader; runs that are open stay open in no log. */
  close(): void
}
