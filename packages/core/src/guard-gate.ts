import {
  type Approval,
  ApprovalDeniedError,
  type ApprovalRequest,
  type ApprovalResolvedData,
  type Approvals,
  ApprovalTimeoutError,
  type Gateway,
  GuardBlockedError,
  type GuardDecidedData,
  type GuardDecision,
  type GuardRequest,
  GuardUnavailableError,
  type JsonValue,
  type Risk,
  UnsupportedByGatewayError,
} from '@pincer/protocol'

import { waitUntilDecided } from './approval-wait.ts'
import type { Authorization } from './authorization.ts'
import type { Clock } from './clock.ts'
import { hashInput } from './input-hash.ts'
import type { Run } from './run.ts'
import { withSignal, withTimeout } from './wait.ts'

/** How a client treats what the guard says. */
export interface GuardOptions {
  /** `observe` (default) records what the guard would say; `enforce` holds actions to it. */
  readonly mode?: 'observe' | 'enforce'
  /** What an unreachable guard means in enforce mode: `closed` (default) stops the action, `open` lets it go on. */
  readonly fail?: 'open' | 'closed'
  /** How long the guard may take to answer, in milliseconds; default 10 000. */
  readonly timeoutMs?: number
  /** How long to wait for a person, in milliseconds; default 600 000. */
  readonly approvalTimeoutMs?: number
}

/** An action that wants permission. */
export interface GuardedAction {
  readonly kind: GuardRequest['kind']
  readonly name: string
  readonly run: Run | undefined
  readonly actionId?: string | undefined
  readonly toolCallId?: string | undefined
  readonly input: unknown
  readonly risk?: Risk | undefined
}

/** What a guard gate works with. */
export interface GuardGateOptions extends Required<GuardOptions> {
  readonly gateway: Gateway
  readonly clock: Clock
  /** Copies arguments as they may be shown. */
  readonly captureInput: (input: unknown) => JsonValue | undefined
  readonly report: (error: unknown, where: string) => void
}

interface Pending {
  readonly authorization: Promise<Authorization>
  readonly abort: AbortController
  callers: number
}

const maxPending = 10_000

/** Asks the gateway's guard before an action, once per call id and arguments, and waits for people. */
export class GuardGate {
  readonly #gateway: Gateway
  readonly #options: GuardGateOptions
  readonly #clock: Clock
  readonly #decisions = new Map<string, Map<string, Pending>>()

  constructor(options: GuardGateOptions) {
    this.#options = options
    this.#gateway = options.gateway
    this.#clock = options.clock
  }

  /** Resolves with permission, or rejects with why not; in observe mode it resolves at once. */
  async authorize(action: GuardedAction, signal?: AbortSignal): Promise<Authorization> {
    signal?.throwIfAborted()
    if (this.#options.mode === 'observe') {
      void this.#observe(action)
      return { decision: 'allow', input: action.input, edited: false }
    }
    let inputHash: string
    try {
      inputHash = await hashInput(action.input)
    } catch (error) {
      return this.#goOnWithoutGuard(action, error)
    }
    const pending = this.#join(action, inputHash)
    pending.callers++
    try {
      return await withSignal(pending.authorization, signal)
    } finally {
      // The question is withdrawn only when nobody waits for its answer any more.
      if (--pending.callers === 0 && signal?.aborted === true) {
        pending.abort.abort(signal.reason)
        if (action.toolCallId !== undefined) this.#decisions.get(action.toolCallId)?.delete(inputHash)
      }
    }
  }

  /** Uses up what was decided about a call: the same id later is a new question. */
  forget(toolCallId: string): void {
    this.#decisions.delete(toolCallId)
  }

  #join(action: GuardedAction, inputHash: string): Pending {
    const known =
      action.toolCallId === undefined ? undefined : this.#decisions.get(action.toolCallId)?.get(inputHash)
    if (known !== undefined) return known
    const abort = new AbortController()
    const authorization = this.#decide(action, inputHash, abort.signal)
    // Whoever asked awaits it; this only keeps a rejection after everybody left from being unhandled.
    authorization.catch(() => {})
    const pending: Pending = { authorization, abort, callers: 0 }
    if (action.toolCallId === undefined) return pending
    let byHash = this.#decisions.get(action.toolCallId)
    if (byHash === undefined) this.#decisions.set(action.toolCallId, (byHash = new Map()))
    byHash.set(inputHash, pending)
    if (this.#decisions.size > maxPending) {
      const oldest = this.#decisions.keys().next()
      if (oldest.done !== true) this.#decisions.delete(oldest.value)
    }
    return pending
  }

  async #decide(action: GuardedAction, inputHash: string, signal: AbortSignal): Promise<Authorization> {
    try {
      return await this.#askAndWait(action, inputHash, signal)
    } catch (error) {
      signal.throwIfAborted()
      if (isRefusal(error)) throw error
      return this.#goOnWithoutGuard(action, error)
    }
  }

  async #askAndWait(action: GuardedAction, inputHash: string, signal: AbortSignal): Promise<Authorization> {
    const { decision, reason, policyId, approvalId, expiresAt } = await this.#ask(
      action,
      inputHash,
      signal,
      true,
    )
    if (decision === 'block') throw new GuardBlockedError(action.name, reason ?? 'no reason given', policyId)
    const granted = {
      decision,
      ...(reason === undefined ? {} : { reason }),
      input: action.input,
      edited: false,
    }
    if (decision !== 'require_approval') return granted
    const approvals = this.#gateway.approvals
    if (approvals === undefined || approvalId === undefined) {
      throw new UnsupportedByGatewayError(this.#gateway.name, 'approvals to wait for')
    }
    const question = {
      approvalId,
      name: action.name,
      toolCallId: action.toolCallId,
      input: this.#options.captureInput(action.input),
      inputHash,
      reason,
      risk: action.risk,
      expiresAt,
    } as ApprovalRequest
    const approval = await this.#waitForPerson(action, question, approvals, signal)
    if (approval.editedInput === undefined) return { ...granted, approvalId }
    return { ...granted, approvalId, input: approval.editedInput, edited: true }
  }

  async #waitForPerson(
    action: GuardedAction,
    question: ApprovalRequest,
    approvals: Approvals,
    signal: AbortSignal,
  ): Promise<Approval> {
    const { approvalId } = question
    const timeoutMs = this.#options.approvalTimeoutMs
    let approval: Approval | undefined
    action.run?.pause(question)
    try {
      approval = await waitUntilDecided(approvals, approvalId, timeoutMs, this.#clock, signal)
    } finally {
      action.run?.resume({
        approvalId,
        status:
          approval === undefined ? 'cancelled' : approval.status === 'pending' ? 'expired' : approval.status,
        reason: approval?.decisionReason,
        decidedBy: approval?.decidedBy,
        input: approval?.editedInput,
      } as ApprovalResolvedData)
    }
    if (approval.status === 'approved') return approval
    if (approval.status === 'denied')
      throw new ApprovalDeniedError(action.name, approvalId, approval.decisionReason)
    throw new ApprovalTimeoutError(action.name, approvalId, timeoutMs)
  }

  async #observe(action: GuardedAction): Promise<void> {
    if (this.#gateway.guard === undefined) return
    try {
      await this.#ask(action, await hashInput(action.input), undefined, false)
    } catch (error) {
      this.#options.report(error, 'guard')
    }
  }

  async #ask(
    action: GuardedAction,
    inputHash: string,
    signal: AbortSignal | undefined,
    enforced: boolean,
  ): Promise<GuardDecision> {
    const guard = this.#gateway.guard
    if (guard === undefined)
      throw new UnsupportedByGatewayError(this.#gateway.name, 'guard', 'set guard.mode to "observe"')
    const startedAt = this.#clock.monotonic()
    const identity = action.run?.identity
    const request = {
      kind: action.kind,
      name: action.name,
      runId: identity?.runId,
      actionId: action.actionId,
      toolCallId: action.toolCallId,
      agentId: identity?.agentId,
      sessionKey: identity?.sessionKey,
      input: this.#options.captureInput(action.input),
      inputHash,
      risk: action.risk,
      observe: enforced ? undefined : true,
    }
    const decision = await withTimeout(this.#clock, this.#options.timeoutMs, signal, (inner) =>
      guard.decide(request as GuardRequest, { signal: inner }),
    )
    action.run?.record('guard.decided', {
      decision: decision.decision,
      kind: action.kind,
      name: action.name,
      enforced,
      toolCallId: action.toolCallId,
      inputHash,
      reason: decision.reason,
      policyId: decision.policyId,
      approvalId: decision.approvalId,
      durationMs: Math.round(this.#clock.monotonic() - startedAt),
    } as GuardDecidedData)
    return decision
  }

  /** The guard could not be asked: the action goes on or stops, as the client was told. */
  #goOnWithoutGuard(action: GuardedAction, cause: unknown): Authorization {
    this.#options.report(cause, 'guard')
    if (this.#options.fail === 'closed') throw new GuardUnavailableError(action.name, cause)
    return { decision: 'allow', reason: 'the guard could not be asked', input: action.input, edited: false }
  }
}

function isRefusal(error: unknown): boolean {
  return (
    error instanceof GuardBlockedError ||
    error instanceof ApprovalDeniedError ||
    error instanceof ApprovalTimeoutError
  )
}
