/// <reference lib="esnext.disposable" preserve="true" />
import type { AgentRunRequest, Gateway, GatewayRun, GuardRequest } from '@pincer/protocol'

import type { Authorization } from './authorization.ts'
import type { AuthorizeOptions } from './authorize-options.ts'
import type { ModelCall, ModelCallOptions } from './model-call.ts'
import type { DeadLetter } from './outbox-store.ts'
import type { FlushResult } from './outbox.ts'
import type { Parent } from './parent.ts'
import type { Retrieval, RetrievalOptions } from './retrieval.ts'
import type { Run, RunOptions } from './run.ts'
import type { ToolCall, ToolCallOptions } from './tool-call.ts'

/** Where an action is started that may have no run yet. */
export interface Placement {
  /** The run or action to start under; what runs now when absent. */
  readonly parent?: Parent
  /** Name of the run that is made where there is none. */
  readonly runName?: string
}

/** What a client did and holds. */
export interface ClientStats {
  /** Events that wait for the gateway, and their weight in bytes. */
  readonly queued: number
  readonly queuedBytes: number
  /** Milliseconds since the oldest waiting event was recorded; 0 when none waits. */
  readonly oldestAgeMs: number
  readonly delivered: number
  /** Lost events: told by `onDrop`. */
  readonly dropped: number
  /** Events the gateway refused for good: in `deadLetters()`. */
  readonly rejected: number
  /** Events that were sent again. */
  readonly retried: number
  /** Runs and actions that have not ended. */
  readonly open: number
  /** Ends that came after the end, and were ignored. */
  readonly lateEnds: number
}

/** Runs an agent of the gateway. */
export interface AgentHandle {
  /**
   * Asks the agent to do something.
   *
   * @throws UnsupportedByGatewayError where the gateway runs no agents
   */
  run(request: string | Omit<AgentRunRequest, 'agentId'>): Promise<GatewayRun>
}

/** The client: records runs and actions, delivers them, and asks before things happen. Made by `createClient`. */
export interface Claw<G extends Gateway = Gateway> extends AsyncDisposable {
  /** The gateway that was given, for its sessions, tools, approvals and the rest. */
  readonly gateway: G
  /** The run or action that runs now, where the runtime has `AsyncLocalStorage`. */
  current(): Parent | undefined
  /** Starts a run; end it by `end`, `fail` or `cancel`. */
  startRun(options?: RunOptions): Run
  /**
   * Starts a run, does the work inside it, and ends it as the work ends: an abort cancels it, any other throw fails it.
   *
   * @example
   * const answer = await claw.run({ name: 'support' }, async () => answerTicket(ticket))
   */
  run<Result>(options: RunOptions, work: (run: Run) => Promise<Result> | Result): Promise<Result>
  /** Starts a model call under `parent`, else under what runs now, else in a run of its own that ends with it. */
  startModelCall(options: ModelCallOptions & Placement): ModelCall
  /** Starts a tool call under `parent`, else under what runs now, else in a run of its own that ends with it. */
  startToolCall(options: ToolCallOptions & Placement): ToolCall
  /** Starts a retrieval under `parent`, else under what runs now, else in a run of its own that ends with it. */
  startRetrieval(options: RetrievalOptions & Placement): Retrieval
  /**
   * Asks the guard about an action that has no handle, under the run that runs now.
   *
   * @throws GuardBlockedError, ApprovalDeniedError, ApprovalTimeoutError, GuardUnavailableError, or the signal's reason
   */
  guard(
    action: Pick<GuardRequest, 'kind' | 'name' | 'actionId' | 'toolCallId' | 'risk'> & {
      readonly input?: unknown
      readonly parent?: Parent
    },
    options?: Pick<AuthorizeOptions, 'signal' | 'approvalTimeoutMs'>,
  ): Promise<Authorization>
  /** An agent that the gateway runs. */
  agents(agentId: string): AgentHandle
  /** Tells `onError` of a fault that must not reach the host; never throws. */
  report(error: unknown, where: string): void
  /**
   * Delivers what was recorded so far; waits `timeoutMs` milliseconds (default 10 000) at most.
   *
   * On serverless hosts: `context.waitUntil(claw.flush())`.
   */
  flush(options?: { readonly timeoutMs?: number }): Promise<FlushResult>
  /** Ends what is open, delivers for `timeoutMs` milliseconds (default 10 000) at most, and closes the gateway. */
  close(options?: { readonly timeoutMs?: number }): Promise<void>
  /** Closes the client where a block ends that holds it by `await using`. */
  [Symbol.asyncDispose](): Promise<void>
  /** Counts, for logs and health checks. */
  stats(): ClientStats
  /** The newest events that the gateway refused for good, with its reasons. */
  deadLetters(): readonly DeadLetter[]
}
