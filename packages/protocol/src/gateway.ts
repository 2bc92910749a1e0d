import type { Approval, ApprovalDecision, ApprovalStatus } from './approval.ts'
import type { ClawEvent } from './event.ts'
import type { GuardDecision, GuardRequest } from './guard.ts'
import type { RunResult, RunStatus, RunSummary, RunTree } from './run.ts'
import type { Session, SessionMessage } from './session.ts'
import type { ToolDescription, ToolInvocation, ToolResult } from './tool.ts'
import type { Usage } from './usage.ts'

/** What every call to a gateway takes. */
export interface RequestOptions {
  /** Gives the call up; the promise rejects with the signal's reason. */
  readonly signal?: AbortSignal
}

/** One page of a listing. */
export interface Page<Item> {
  readonly items: readonly Item[]
  /** Pass it as `cursor` for the next page; absent on the last. */
  readonly nextCursor?: string
}

/** What a gateway said about one event of a batch; `duplicate` counts as delivered. */
export interface EventVerdict {
  readonly id: string
  readonly status: 'accepted' | 'duplicate' | 'rejected'
  /** Why it was rejected, such as `invalid_event`. */
  readonly code?: string
  readonly message?: string
}

/** Takes events and, where the gateway keeps a record, gives them back live. */
export interface EventSink {
  /**
   * Hands a batch over; resolves once the gateway answers for every event of it.
   *
   * @throws GatewayError where nothing can be said about the batch; `retryable` tells whether to try again.
   */
  append(events: readonly ClawEvent[], options?: RequestOptions): Promise<readonly EventVerdict[]>
  /** Streams events as they are kept; `afterId` replays what came after that event. */
  stream?(
    query?: { readonly runId?: string; readonly afterId?: string } & RequestOptions,
  ): AsyncIterable<ClawEvent>
}

/** What a listing of runs can be narrowed by. */
export interface RunQuery {
  readonly status?: RunStatus
  readonly agentId?: string
  readonly sessionKey?: string
  readonly parentRunId?: string
  /** Epoch milliseconds, inclusive. */
  readonly startedAfter?: number
  /** Epoch milliseconds, exclusive. */
  readonly startedBefore?: number
  /** 1 to 200. */
  readonly limit?: number
  readonly cursor?: string
}

/** The record of runs. */
export interface RunRecord {
  list(query?: RunQuery & RequestOptions): Promise<Page<RunSummary>>
  /** The run with its actions and child runs; `undefined` where the gateway has no such run. */
  get(runId: string, options?: RequestOptions): Promise<RunTree | undefined>
  events(
    runId: string,
    query?: { readonly cursor?: string; readonly limit?: number } & RequestOptions,
  ): Promise<Page<ClawEvent>>
}

/** Decides on actions before they happen. */
export interface Guard {
  decide(request: GuardRequest, options?: RequestOptions): Promise<GuardDecision>
}

/** Questions to people about actions, and their answers. */
export interface Approvals {
  list(query?: { readonly status?: ApprovalStatus } & RequestOptions): Promise<readonly Approval[]>
  get(approvalId: string, options?: RequestOptions): Promise<Approval | undefined>
  /**
   * Answers an approval; the first answer wins.
   *
   * @throws GatewayError with `gatewayCode: 'already_decided'` where it was decided before.
   */
  decide(approvalId: string, decision: ApprovalDecision, options?: RequestOptions): Promise<Approval>
  /**
   * Resolves once the approval is no longer pending, or as it stands after `timeoutMs` milliseconds.
   *
   * With `claimedBy`, the id of an action, an approved answer is used up for that action; the same action may ask again.
   *
   * @throws GatewayError with `gatewayCode: 'already_used'` where another action has used it.
   */
  wait(
    approvalId: string,
    options?: { readonly timeoutMs?: number; readonly claimedBy?: string } & RequestOptions,
  ): Promise<Approval>
}

/** An agent that a gateway runs. */
export interface AgentSummary {
  readonly agentId: string
  readonly name?: string
  readonly description?: string
  readonly model?: string
  readonly tools?: readonly string[]
}

/** What an agent is asked to do. */
export interface AgentRunRequest {
  readonly agentId: string
  /** A user's text, or messages such as the results of the caller's own tools. */
  readonly input: string | readonly SessionMessage[]
  /** The conversation the run goes on with; one of its own when absent. */
  readonly sessionKey?: string
  /** Overrides the agent's model. */
  readonly model?: string
  /** The caller's own tools: a run that wants one ends with `stopReason: 'tool_calls'`. */
  readonly tools?: readonly ToolDescription[]
  /** Longest run in milliseconds; after it the run is `timed_out`. */
  readonly timeoutMs?: number
  readonly parentRunId?: string
  /** How much the agent thinks, in the gateway's own words, such as `low`; the agent's own setting when absent. */
  readonly thinking?: string
  /** What people see the run under. */
  readonly label?: string
  /** Cancels the run when aborted. */
  readonly signal?: AbortSignal
}

/** A setting of a run that not every gateway takes. */
export type AgentRunSetting = 'model' | 'tools' | 'timeoutMs' | 'parentRunId' | 'thinking' | 'label'

/** A run of a gateway's agent. */
export interface GatewayRun {
  readonly runId: string
  readonly sessionKey?: string
  /**
   * True where the run was taken up again without its first events: `seq` then counts anew from 1, and is that of no earlier reading.
   *
   * A tool call that is told on is told with its start, whenever that was.
   */
  readonly isPartial?: true
  /** Every event of the run from its start; ends after the terminal event. */
  events(options?: RequestOptions): AsyncIterable<ClawEvent>
  /** The outcome; `status: 'accepted'` where `timeoutMs` milliseconds passed before it. */
  wait(options?: { readonly timeoutMs?: number } & RequestOptions): Promise<RunResult>
  cancel(reason?: string): Promise<void>
}

/** Runs agents. */
export interface AgentRunner {
  /** The settings of a run that this gateway follows; it ignores the others. */
  readonly takes: readonly AgentRunSetting[]
  list(options?: RequestOptions): Promise<readonly AgentSummary[]>
  /**
   * Starts a run.
   *
   * @throws GatewayError, with `retryable` only where no run can have begun: a second one would do everything again
   */
  run(request: AgentRunRequest): Promise<GatewayRun>
  /**
   * A run that was started before, by this process or another; `undefined` where the gateway has no such run.
   *
   * Its events are replayed from its start, with the ids and the `seq` of the first reading, as far as the gateway has kept them; see
   * `isPartial`.
   */
  get(
    runId: string,
    known?: { readonly sessionKey?: string } & RequestOptions,
  ): Promise<GatewayRun | undefined>
}

/** The conversations a gateway keeps. */
export interface Sessions {
  list(
    query?: { readonly agentId?: string; readonly limit?: number; readonly cursor?: string } & RequestOptions,
  ): Promise<Page<Session>>
  get(sessionKey: string, options?: RequestOptions): Promise<Session | undefined>
  history(sessionKey: string, options?: RequestOptions): Promise<readonly SessionMessage[]>
}

/** The tools a gateway offers. */
export interface ToolCatalog {
  list(options?: RequestOptions): Promise<readonly ToolDescription[]>
  /** Calls a tool through guard and approval; refusals are results, not exceptions. */
  invoke(name: string, invocation: ToolInvocation, options?: RequestOptions): Promise<ToolResult>
}

/** The models a gateway can reach. */
export interface Models {
  list(options?: RequestOptions): Promise<readonly { readonly id: string; readonly provider?: string }[]>
}

/** Texts to be turned into vectors. */
export interface EmbeddingRequest {
  /** The model, such as `openai/text-embedding-3-small`; the gateway's own choice when absent. */
  readonly model?: string
  readonly values: readonly string[]
}

/** Turns texts into vectors. */
export interface Embeddings {
  /** One vector per text, in their order. */
  embed(
    request: EmbeddingRequest,
    options?: RequestOptions,
  ): Promise<{ readonly vectors: readonly (readonly number[])[]; readonly usage?: Usage }>
}

/** An artifact as a gateway lists it. */
export interface Artifact {
  readonly artifactId: string
  readonly name?: string
  readonly mediaType?: string
  readonly bytes?: number
  readonly runId?: string
  readonly sessionKey?: string
}

/** What runs and sessions left behind. */
export interface Artifacts {
  list(
    query: { readonly runId?: string; readonly sessionKey?: string } & RequestOptions,
  ): Promise<readonly Artifact[]>
  get(artifactId: string, options?: RequestOptions): Promise<Artifact | undefined>
  download(artifactId: string, options?: RequestOptions): Promise<Uint8Array>
}

/**
 * A system that runs agents or keeps their record, as the client sees it.
 *
 * Each part is optional; asking for an absent one fails with `UnsupportedByGatewayError`.
 */
export interface Gateway {
  /** Short name for messages, such as `local`. */
  readonly name: string
  readonly events?: EventSink
  readonly runs?: RunRecord
  readonly guard?: Guard
  readonly approvals?: Approvals
  readonly agents?: AgentRunner
  readonly sessions?: Sessions
  readonly tools?: ToolCatalog
  readonly models?: Models
  readonly embeddings?: Embeddings
  readonly artifacts?: Artifacts
  /** Lets go of sockets, timers and files; safe to call twice. */
  close(): Promise<void>
}
