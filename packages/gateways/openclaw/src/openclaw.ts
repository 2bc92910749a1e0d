import type { ClawEvent, GatewayEvent, RequestOptions } from '@pincer/protocol'
import { afterOpening } from './client/after-opening.ts'
import { createAgents, type Agents } from './client/agents.ts'
import { createApprovals, type OpenClawApprovals } from './client/approvals.ts'
import { createArtifacts, type OpenClawArtifacts } from './client/artifacts.ts'
import { createAudit, type Audit } from './client/audit.ts'
import { createChat, type Chat } from './client/chat.ts'
import { checkText } from './check-param.ts'
import type { ClientParts } from './client/client-parts.ts'
import { deferSubscriptions } from './client/deferred-connection.ts'
import { createEnvironments, type Environments } from './client/environments.ts'
import { createGatewaySurface, type GatewaySurface } from './client/gateway-surface.ts'
import { findHttpOrigin } from './client/find-http-origin.ts'
import { createModels, type OpenClawModels } from './client/models.ts'
import { createQuestions, type Questions } from './client/questions.ts'
import { createRuns, type Runs } from './client/runs.ts'
import { createSessionKeys } from './session-keys.ts'
import { createSessionSubscription } from './client/session-subscription.ts'
import type { Sessions } from './client/session.ts'
import { createSessions } from './client/sessions.ts'
import { createTasks, type Tasks } from './client/tasks.ts'
import { createTools, type OpenClawTools } from './client/tools.ts'
import { createUsageReports, type UsageReports } from './client/usage.ts'
import type { Connection } from './connection/connection.ts'
import { createConnection } from './connection/create-connection.ts'
import { keepSubscriptions } from './connection/keep-subscriptions.ts'
import { createEventFeed } from './events/create-event-feed.ts'
import type { EventFeed } from './events/event-feed.ts'
import type { RpcName, RpcParams, RpcResult } from './methods/rpc.ts'
import { openTransport, type OpenClawOptions } from './options.ts'
import { createRunStarter } from './runs/run-starter.ts'
import type { GatewayHello, GatewayRequestOptions } from './transport/transport.ts'

/** Which of the Gateway's own frames are wanted: those that `filter` is true of, until `signal`. */
export type RawEventOptions = { readonly filter?: (event: GatewayEvent) => boolean } & RequestOptions

/**
 * A client of an OpenClaw Gateway: its agents, runs, sessions, tools, approvals and the rest of it.
 *
 * Nothing is opened before the first call; an open connection keeps the process alive until `close()`.
 *
 * @example
 * ```ts
 * await using oc = new OpenClaw({ url: 'ws://127.0.0.1:18789', token: process.env.OPENCLAW_GATEWAY_TOKEN })
 * const agent = await oc.agents.get('main')
 * const run = await agent.run('Summarize the latest session.')
 * console.log((await run.wait()).text)
 * ```
 */
export class OpenClaw implements AsyncDisposable {
  /** Agents: list, make, run. */
  readonly agents: Agents
  /** Runs by their id: wait, cancel, read events. */
  readonly runs: Runs
  /** Conversations that the Gateway keeps. */
  readonly sessions: Sessions
  /** Messages of a session, as chat clients send and read them. */
  readonly chat: Chat
  /** Models that the agents may use. */
  readonly models: OpenClawModels
  /** Tools: list, call through the Gateway's policy. */
  readonly tools: OpenClawTools
  /** Files and images that runs left. */
  readonly artifacts: OpenClawArtifacts
  /** Questions to people about actions. */
  readonly approvals: OpenClawApprovals
  /** Places where agents may work. */
  readonly environments: Environments
  /** Background tasks; every run that an agent handle starts is one. */
  readonly tasks: Tasks
  /** Questions to people that are not about permission. */
  readonly questions: Questions
  /** Tokens and cost. */
  readonly usage: UsageReports
  /** What happened, without its contents; survives a restart. */
  readonly audit: Audit
  /** The Gateway itself: health, status, logs, progress cards. */
  readonly gateway: GatewaySurface
  readonly #connection: Connection
  readonly #feed: EventFeed
  readonly #subscribeSessions: () => Promise<void>

  /**
   * Makes a client; with no options of the Gateway of this machine. Opens nothing yet.
   *
   * @throws PincerError `invalid_option` naming the option.
   */
  constructor(options: OpenClawOptions = {}) {
    const transport = openTransport(options)
    const connection = deferSubscriptions(
      keepSubscriptions(createConnection(transport)),
      transport.onConnection !== undefined,
    )
    const feed = createEventFeed(connection, { normalize: options.normalize ?? true })
    const parts: ClientParts = {
      connection,
      feed,
      runs: createRunStarter(connection, feed),
      keys: createSessionKeys(connection),
      events: (eventOptions) => this.events(eventOptions),
      httpOrigin: () => findHttpOrigin(options),
    }
    this.#connection = connection
    this.#feed = feed
    this.#subscribeSessions = createSessionSubscription(connection)
    this.agents = createAgents(parts)
    this.runs = createRuns(parts)
    this.usage = createUsageReports(parts)
    this.sessions = createSessions(parts, this.usage)
    this.chat = createChat(parts)
    this.models = createModels(parts)
    this.tools = createTools(parts)
    this.artifacts = createArtifacts(parts)
    this.approvals = createApprovals(parts)
    this.environments = createEnvironments(parts)
    this.tasks = createTasks(parts)
    this.questions = createQuestions(parts)
    this.audit = createAudit(parts)
    this.gateway = createGatewaySurface(parts)
  }

  /** What the Gateway said when it was reached last; undefined before, and where a transport tells none. */
  get hello(): GatewayHello | undefined {
    return this.#connection.hello
  }

  /**
   * Connects; every call does that by itself where it was not done.
   *
   * @throws GatewayError with what to do: 401 wrong token, 426 another protocol, 503 nobody there or still starting.
   */
  connect(): Promise<void> {
    return this.#connection.connect()
  }

  /**
   * Calls any method of the Gateway; those that Pincer knows have the types of their parameters and results.
   *
   * @throws GatewayError with the Gateway's own code in `gatewayCode`.
   */
  async request<Rpc extends RpcName | (string & Record<never, never>)>(
    rpc: Rpc,
    params?: RpcParams<Rpc>,
    options?: GatewayRequestOptions,
  ): Promise<RpcResult<Rpc>> {
    checkText('request: method', rpc, 'the name of a method, such as "agents.list"')
    // The table says what this method answers; its answers are not checked again here.
    return (await this.#connection.request(rpc, params ?? {}, options)) as RpcResult<Rpc>
  }

  /**
   * Normalized events of all runs and sessions from now on, for one reader; connects where it was not done.
   *
   * @throws GatewayError from the reader, where the Gateway cannot be reached.
   */
  events(options: RequestOptions = {}): AsyncIterable<ClawEvent> {
    const events = this.#feed.events(options)
    return afterOpening(this.connect().then(this.#subscribeSessions), events, options.signal)
  }

  /**
   * The Gateway's own frames from now on, for one reader; connects where it was not done.
   *
   * Of sessions and their messages it tells once asked: `oc.request('sessions.subscribe')`, which `events()` does by itself.
   */
  rawEvents(options: RawEventOptions | ((event: GatewayEvent) => boolean) = {}): AsyncIterable<GatewayEvent> {
    const wanted: RawEventOptions = typeof options === 'function' ? { filter: options } : options
    return afterOpening(this.connect(), this.#feed.rawEvents(wanted), wanted.signal)
  }

  /** Lets go of the connection and ends every reader; runs go on at the Gateway. Safe to call twice. */
  async close(): Promise<void> {
    this.#feed.close()
    await this.#connection.close()
  }

  /** The same as `close()`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}
