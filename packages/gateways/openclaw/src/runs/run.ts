import type { ClawEvent, GatewayRun, RequestOptions, RunResult as ProtocolRunResult } from '@pincer/protocol'

/** What a run came to: the words of the App SDK document, with usage, times and what the Gateway said. */
export interface RunResult extends ProtocolRunResult {
  /** Epoch milliseconds. */
  readonly startedAt?: number
  /** Epoch milliseconds. */
  readonly endedAt?: number
  /** The Gateway's own answer. */
  readonly raw?: unknown
}

/** Where a run stands; `accepted` means that the wait ended before the run did. */
export type RunStatus = RunResult['status']

/** A run of an agent, as `Agent.run`, `Session.send` and `oc.runs` hand it out. */
export interface Run extends GatewayRun {
  /** The same as `runId`. */
  readonly id: string
  /** Every event of the run, from its start; ends after the terminal event. */
  events(options?: RequestOptions): AsyncIterable<ClawEvent>
  /**
   * Waits for the outcome: at most `timeoutMs` milliseconds, then `status: 'accepted'`.
   *
   * @throws GatewayError where the Gateway refuses the question, or this client was closed.
   */
  wait(options?: { readonly timeoutMs?: number } & RequestOptions): Promise<RunResult>
  /** Stops the run on the Gateway; nothing happens where it has ended. */
  cancel(reason?: string): Promise<void>
}
