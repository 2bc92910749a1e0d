import type { webcrypto } from 'node:crypto'
import { type ActionContext, createActionContext } from './actions/action-context.ts'
import { askGuard } from './actions/ask-guard.ts'
import { createAction, type CreateParts } from './actions/create-action.ts'
import { type ActionCandidate, type AdaptedAction, recommendAction } from './actions/recommend-action.ts'
import { createSigner } from './actions/signer.ts'
import { startTracking, type TrackedAction, type TrackedWork, trackWork } from './actions/track.ts'
import { updateOutcome } from './actions/update-outcome.ts'
import { waitForApproval, type WaitOptions } from './approvals/wait-for-approval.ts'
import { type ContextSummary, getContextSummary } from './context/context-summary.ts'
import type { StreamEvent } from './events/event-types.ts'
import { type EventsOptions, readEvents } from './events/read-events.ts'
import type {
  ActionCreated,
  ActionFound,
  ActionInput,
  ActionUpdated,
  Outcome,
} from './methods/action-results.ts'
import type { CallContext } from './methods/bind-methods.ts'
import type { GuardContext, GuardDecision, GuardSettings } from './methods/guard-results.ts'
import type { CallOptions } from './methods/method.ts'
import type { Pairing, PairingCreated, PairingDetails, PairingFound } from './methods/pairing-results.ts'
import { TableClient } from './methods/table-client.ts'
import { type CheckedOptions, checkOptions, type DashClawOptions } from './options.ts'
import { derivePublicKey } from './pairing/derive-public-key.ts'
import { type PairingWaitOptions, waitForPairing } from './pairing/wait-for-pairing.ts'
import {
  createHeartbeatTimer,
  type HeartbeatOptions,
  type HeartbeatTimer,
} from './presence/heartbeat-timer.ts'
import { createSend } from './request/create-send.ts'
import { checkText } from './request/invalid-input.ts'
import { type ClientWrapper, createClientWrapper, type Provider } from './usage/wrap-client.ts'

/**
 * A client of a DashClaw server: actions, guard, approvals, and every other call of the platform.
 *
 * @example
 * ```ts
 * import { DashClaw } from '@pincer/dashclaw'
 *
 * const claw = new DashClaw({ baseUrl: 'http://localhost:3000', apiKey: 'oc_live_0123', agentId: 'deploy-bot' })
 * const { action_id } = await claw.createAction({ action_type: 'deploy', declared_goal: 'Ship v2.0', risk_score: 60 })
 * await claw.updateOutcome(action_id, { status: 'completed' })
 * ```
 */
export class DashClaw extends TableClient implements AsyncDisposable {
  /** Where the server is, without a slash at its end. */
  readonly baseUrl: string
  /** Name of the agent that the client speaks for. */
  readonly agentId: string
  readonly #settings: CheckedOptions
  readonly #parts: CreateParts
  readonly #heartbeat: HeartbeatTimer
  readonly #wrapper: ClientWrapper
  readonly #closing = new AbortController()

  /**
   * Makes a client; nothing is sent yet.
   *
   * @throws PincerError `invalid_option` naming the option.
   */
  constructor(options: DashClawOptions) {
    const settings = checkOptions(options)
    const { baseUrl, agentId, agentName, swarmId, privateKey } = settings
    const context: CallContext = {
      send: createSend(settings),
      own: {
        agentId,
        ...(agentName === undefined ? {} : { agentName }),
        ...(swarmId === undefined ? {} : { swarmId }),
      },
    }
    super(context)
    this.baseUrl = baseUrl
    if (sendsInClear(baseUrl)) {
      settings.onWarning('baseUrl is not https: the key goes over the network for everybody to read')
    }
    this.agentId = agentId
    this.#settings = settings
    this.#parts = {
      context,
      settings,
      sign: privateKey === undefined ? undefined : createSigner(privateKey),
    }
    this.#wrapper = createClientWrapper(context)
    this.#heartbeat = createHeartbeatTimer(({ status, metadata, ...task }, signal) =>
      this.heartbeat(status, metadata, task.current_task_id ?? task.currentTaskId, { signal }),
    )
  }

  /**
   * Records an action; the server's guard decides on it at once.
   *
   * With `hitlMode: 'wait'` it returns only when a person has allowed it, where one is asked.
   *
   * @throws GuardBlockedError where the guard forbids it, ApprovalDeniedError where a person does.
   */
  async createAction(action: ActionInput, options?: CallOptions): Promise<ActionCreated> {
    const created = await createAction(this.#parts, action, options)
    if (this.#settings.hitlMode === 'off' || created.action.status !== 'pending_approval') return created
    const { signal } = options ?? {}
    return {
      ...created,
      ...(await this.waitForApproval(created.action_id, signal === undefined ? {} : { signal })),
    }
  }

  /** Tells how an action went. */
  updateOutcome(actionId: string, outcome: Outcome, options?: CallOptions): Promise<ActionUpdated> {
    return updateOutcome(this.#parts.context, actionId, outcome, options)
  }

  /**
   * Asks the guard about an action; a refusal is an answer, not an error, whichever status the server gives it.
   *
   * @throws DashClawError where the guard does not answer.
   */
  guard(
    context: GuardContext,
    settings: GuardSettings & CallOptions = {},
    options: CallOptions = {},
  ): Promise<GuardDecision> {
    const { signal, timeoutMs, ...rest } = settings
    return askGuard(this.#parts.context, context, rest, {
      ...(signal === undefined ? {} : { signal }),
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
      ...options,
    })
  }

  /**
   * Records an action, does its work, and ends the action by how the work went; without work it gives the action to be
   * ended, which `await using` does where the block is left early.
   *
   * @throws GuardBlockedError, ApprovalDeniedError, ApprovalPendingError: the work was not begun. What the work throws.
   * @example
   * ```ts
   * import { DashClaw } from '@pincer/dashclaw'
   *
   * declare const claw: DashClaw
   * const rows = await claw.track({ action_type: 'research', declared_goal: 'Count rows' }, () => 42)
   *
   * await using action = await claw.track({ action_type: 'research', declared_goal: 'Count again' })
   * await action.complete({ output_summary: `${rows} rows` })
   * ```
   */
  track<Result>(action: ActionInput, work: TrackedWork<Result>, options?: CallOptions): Promise<Result>
  track(action: ActionInput, work?: undefined, options?: CallOptions): Promise<TrackedAction>
  track(action: ActionInput, work?: TrackedWork<unknown>, options?: CallOptions): Promise<unknown> {
    const parts = { claw: this, onWarning: this.#settings.onWarning }
    return work === undefined
      ? startTracking(parts, action, options)
      : trackWork(parts, action, work, options)
  }

  /** Gives the calls that belong to one action: its id is put into each of them. */
  actionContext(actionId: string): ActionContext {
    checkText('actionContext: action_id', actionId, 'the id of an action')
    return createActionContext(this, actionId)
  }

  /**
   * Waits until a person has decided on an action; returns at once where nothing is to be decided.
   *
   * @throws ApprovalDeniedError, ApprovalTimeoutError, GuardBlockedError where the server blocked it.
   */
  waitForApproval(actionId: string, options: WaitOptions = {}): Promise<ActionFound> {
    const parts = {
      getAction: (id: string, callOptions: CallOptions) => this.getAction(id, callOptions),
      events: (signal: AbortSignal) => this.events({ signal, retryInterval: 500 }),
    }
    return waitForApproval(parts, actionId, { ...options, signal: this.#untilClosed(options.signal) })
  }

  /**
   * The server's events from now on, over as many connections as it takes; each goes on behind the last event read.
   *
   * @throws DashClawError from the reader, where the server refuses.
   */
  events(options: EventsOptions = {}): AsyncIterable<StreamEvent> {
    return readEvents(this.#settings, options, this.#untilClosed(options.signal))
  }

  /** Finds the best recommendation for an action, and what the action would be with it; nothing is recorded. */
  recommendAction<Action extends ActionCandidate>(
    action: Action,
    options?: CallOptions,
  ): Promise<AdaptedAction<Action>> {
    return recommendAction(this.#parts.context, action, options)
  }

  /** Gets the key points of today (UTC) and the active threads of the agent. */
  getContextSummary(options?: CallOptions): Promise<ContextSummary> {
    return getContextSummary(this.#parts.context, options)
  }

  /** Tells the server at once, and then at every interval, that the agent lives; does nothing where it does already. */
  startHeartbeat(options?: HeartbeatOptions): void {
    this.#heartbeat.start(options)
  }

  /** Ends `startHeartbeat()`. */
  stopHeartbeat(): void {
    this.#heartbeat.stop()
  }

  /** Where the bytes of an attachment are; fetching them takes the key, as `getAttachment()` does. */
  getAttachmentUrl(attachmentId: string): string {
    checkText('getAttachmentUrl: id', attachmentId, 'the id of an attachment')
    return `${this.baseUrl}/api/messages/attachments?id=${encodeURIComponent(attachmentId)}`
  }

  /**
   * Asks that the public half of a private RSA key, given as JWK, be taken for the agent's own; the key itself stays here.
   *
   * @throws DashClawError 400 where it is no RSA key.
   */
  async createPairingFromPrivateJwk(
    privateJwk: webcrypto.JsonWebKey,
    details: PairingDetails = {},
    options?: CallOptions,
  ): Promise<PairingCreated> {
    return this.createPairing(await derivePublicKey(privateJwk), details, options)
  }

  /**
   * Waits until a person has approved a pairing.
   *
   * @throws DashClawError with the `gatewayCode` `pairing_expired` or `timeout`.
   */
  waitForPairing(pairingId: string, options: PairingWaitOptions = {}): Promise<Pairing> {
    const getPairing = (id: string, callOptions: CallOptions): Promise<PairingFound> =>
      this.getPairing(id, callOptions)
    return waitForPairing(getPairing, pairingId, { ...options, signal: this.#untilClosed(options.signal) })
  }

  /**
   * Gives a client like the given one of OpenAI or Anthropic; the tokens of every call of it, streams too, are reported.
   *
   * Needs `@pincer/core` and `@pincer/openai` or `@pincer/anthropic` beside this package.
   *
   * @throws PincerError `invalid_option` where it is no client that is known, or a package is not installed.
   */
  wrapClient<Client extends object>(
    client: Client,
    options: Provider | { readonly provider?: Provider } = {},
  ): Promise<Client> {
    return this.#wrapper.wrap(client, typeof options === 'string' ? options : options.provider)
  }

  /** Ends heartbeats, waits and readers of events, and reports the tokens of wrapped clients that are left. Safe to call twice. */
  async close(): Promise<void> {
    this.#heartbeat.stop()
    this.#closing.abort(new DOMException('the client was closed', 'AbortError'))
    await this.#wrapper.close()
  }

  /** The same as `close()`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #untilClosed(signal: AbortSignal | undefined): AbortSignal {
    const closing = this.#closing.signal
    return signal === undefined ? closing : AbortSignal.any([signal, closing])
  }
}

function sendsInClear(baseUrl: string): boolean {
  const { protocol, hostname } = new URL(baseUrl)
  return protocol === 'http:' && !/^(localhost|.*\.localhost|127\.[\d.]+|\[::1\])$/.test(hostname)
}
