import {
  type Approval,
  ApprovalDeniedError,
  ApprovalPendingError,
  type ApprovalRequest,
  type ApprovalResolvedData,
  ApprovalTimeoutError,
  type Gateway,
  GuardBlockedError,
  type GuardDecidedData,
  type GuardDecision,
  type GuardRequest,
  GuardUnavailableError,
  type JsonValue,
  PincerError,
  type PincerErrorCode,
  ProtocolError,
  type Risk,
  UnsupportedByGatewayError,
} from '@pincer/protocol'

import { waitUntilDecided } from './approval-wait.ts'
import { type AskedQuestion, AskedQuestions, type GuardedCall } from './asked-questions.ts'
import type { Authorization } from './authorization.ts'
import type { AuthorizeOptions } from './authorize-options.ts'
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

/** An action as it stood when permission was asked. */
export interface GuardQuestion extends GuardedAction {
  /** The arguments as people and the guard may see them. */
  readonly shown: JsonValue | undefined
  /** The arguments as the decision is bound to them; absent where they cannot be written. */
  readonly written: string | undefined
  /** Tells whether the arguments still are what they were. */
  readonly isUnchanged: () => boolean
}

/** What a guard gate works with. */
export interface GuardGateOptions {
  readonly gateway: Gateway
  readonly clock: Clock
  readonly guard: Required<GuardOptions>
  readonly report: (error: unknown, where: string) => void
}

/** How one question is asked, with the signal of everybody who waits for its answer. */
type Question = AuthorizeOptions & { readonly signal: AbortSignal }

const verdicts: ReadonlySet<unknown> = new Set(['allow', 'warn', 'block', 'require_approval'])
const refusals: ReadonlySet<PincerErrorCode> = new Set([
  'guard_blocked',
  'guard_unavailable',
  'approval_denied',
  'approval_timed_out',
  'approval_pending',
])

/** Asks the gateway's guard before an action, once per call and arguments, and waits for people. */
export class GuardGate {
  readonly #gateway: Gateway
  readonly #options: GuardGateOptions
  readonly #clock: Clock
  readonly #asked = new AskedQuestions()

  constructor(options: GuardGateOptions) {
    this.#options = options
    this.#gateway = options.gateway
    this.#clock = options.clock
  }

  /** Resolves with permission, or rejects with why not. */
  async authorize(question: GuardQuestion, options: AuthorizeOptions = {}): Promise<Authorization> {
    const { signal } = options
    let inputHash: string
    try {
      inputHash = await hashQuestion(question)
    } catch (error) {
      return this.#goOnWithoutGuard(question, error)
    }
    const pending = this.#join(question, inputHash, options)
    pending.callers++
    try {
      return await withSignal(pending.authorization, signal)
    } finally {
      // The question is withdrawn only when nobody waits for its answer any more.
      if (--pending.callers === 0 && signal?.aborted === true) {
        pending.abort.abort(signal.reason)
        this.#asked.drop(pending.abort.signal)
      }
    }
  }

  /** Asks and records the answer, but holds nobody to it. */
  async observe(question: GuardQuestion): Promise<void> {
    await this.#ask(question, await hashQuestion(question), undefined)
  }

  /** Uses up what was decided about a call: the same id later is a new question. */
  forget(call: GuardedCall): void {
    this.#asked.forget(call)
  }

  #join(question: GuardQuestion, inputHash: string, options: AuthorizeOptions): AskedQuestion {
    const { toolCallId, actionId, kind, name, run } = question
    const subject = JSON.stringify([toolCallId, kind, name, run?.runId, inputHash])
    const known = this.#asked.find(subject, actionId)
    if (known !== undefined) return known
    const abort = new AbortController()
    const authorization = this.#decide(question, inputHash, { ...options, signal: abort.signal })
    // Whoever asked awaits it; this only keeps a rejection after everybody left from being unhandled.
    authorization.catch(() => {})
    const asked: AskedQuestion = { subject, toolCallId, actionId, authorization, abort, callers: 0 }
    this.#asked.add(asked)
    return asked
  }

  async #decide(question: GuardQuestion, inputHash: string, options: Question): Promise<Authorization> {
    try {
      return await this.#askAndWait(question, inputHash, options)
    } catch (error) {
      options.signal.throwIfAborted()
      const isRefused = isRefusal(error)
      // Where nothing was decided, or not yet, the next one asks again.
      if (!isRefused || error instanceof ApprovalPendingError) this.#asked.drop(options.signal)
      if (isRefused) throw error
      return this.#goOnWithoutGuard(question, error)
    }
  }

  async #askAndWait(action: GuardQuestion, inputHash: string, options: Question): Promise<Authorization> {
    const { signal } = options
    const answer =
      (await this.#recall(action, inputHash, options)) ?? (await this.#ask(action, inputHash, signal))
    const { decision, reason, policyId, approvalId, expiresAt } = answer
    if (decision === 'block') throw new GuardBlockedError(action.name, reason ?? 'no reason given', policyId)
    const granted = {
      decision,
      ...(reason === undefined ? {} : { reason }),
      input: action.input,
      edited: false,
    }
    if (decision !== 'require_approval') return granted
    const request = {
      approvalId,
      name: action.name,
      toolCallId: action.toolCallId,
      input: action.shown,
      inputHash,
      reason,
      risk: action.risk,
      expiresAt,
    }
    let approval: Approval
    try {
      approval = await this.#waitForPerson(action, request as ApprovalRequest, options)
    } catch (error) {
      signal.throwIfAborted()
      if (isRefusal(error)) throw error
      // The guard did answer: without the approval it wants there is no permission, not even where the client fails open.
      this.#options.report(error, 'guard')
      throw new GuardUnavailableError(action.name, error)
    }
    if (approval.editedInput !== undefined)
      return { ...granted, approvalId: approval.approvalId, input: approval.editedInput, edited: true }
    if (!action.isUnchanged())
      throw new GuardBlockedError(
        action.name,
        'its arguments were changed while a person was asked about them',
      )
    return { ...granted, approvalId: approval.approvalId }
  }

  async #waitForPerson(
    action: GuardQuestion,
    request: ApprovalRequest,
    { signal, wait = true, approvalTimeoutMs = this.#options.guard.approvalTimeoutMs }: Question,
  ): Promise<Approval> {
    const { approvals, name } = this.#gateway
    const { approvalId } = request
    if (approvals === undefined || approvalId === undefined)
      throw new UnsupportedByGatewayError(name, 'approvals to wait for')
    const startedAt = this.#clock.monotonic()
    let approval: Approval | undefined
    action.run?.pause(request, action.actionId)
    try {
      // An action without a handle has no id of its own.
      const claimedBy = action.actionId ?? crypto.randomUUID()
      approval = await waitUntilDecided(
        approvals,
        approvalId,
        claimedBy,
        wait ? approvalTimeoutMs : 0,
        this.#clock,
        signal,
      )
    } finally {
      // Who does not wait leaves the question open.
      if (wait || approval?.status !== 'pending')
        action.run?.resume(resolution(approvalId, approval), action.actionId)
    }
    if (!wait && approval.status === 'pending')
      throw new ApprovalPendingError(action.name, approvalId, request.reason)
    if (approval.status === 'approved') return { ...approval, approvalId }
    if (approval.status === 'denied')
      throw new ApprovalDeniedError(action.name, approvalId, approval.decisionReason)
    const waitedMs = Math.round(this.#clock.monotonic() - startedAt)
    throw new ApprovalTimeoutError(action.name, approvalId, waitedMs)
  }

  // What was asked before about exactly this call and these arguments is not asked again.
  async #recall(
    action: GuardQuestion,
    inputHash: string,
    { approvalId, signal }: Question,
  ): Promise<GuardDecision | undefined> {
    const { approvals } = this.#gateway
    if (approvalId === undefined || approvals === undefined) return undefined
    let approval: Approval | undefined
    try {
      approval = await withTimeout(this.#clock, this.#options.guard.timeoutMs, signal, async (inner) => {
        const known = typeof approvalId === 'string' ? approvalId : await approvalId()
        return known === undefined ? undefined : await approvals.get(known, { signal: inner })
      })
    } catch (error) {
      signal.throwIfAborted()
      // A person may have been asked: without knowing the answer there is no permission, not even where the client fails open.
      this.#options.report(error, 'guard')
      throw new GuardUnavailableError(action.name, error)
    }
    if (approval?.toolCallId !== action.toolCallId || approval?.inputHash !== inputHash) return undefined
    const { reason, expiresAt } = approval
    return {
      decision: 'require_approval',
      approvalId: approval.approvalId,
      ...(reason === undefined ? {} : { reason }),
      ...(expiresAt === undefined ? {} : { expiresAt }),
    }
  }

  // Without a signal the answer is only recorded.
  async #ask(
    action: GuardQuestion,
    inputHash: string,
    signal: AbortSignal | undefined,
  ): Promise<GuardDecision> {
    const guard = this.#gateway.guard
    if (guard === undefined)
      throw new UnsupportedByGatewayError(this.#gateway.name, 'guard', 'set guard.mode to "observe"')
    const enforced = signal !== undefined
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
      input: action.shown,
      inputHash,
      risk: action.risk,
      observe: enforced ? undefined : true,
    }
    const decision = await withTimeout(this.#clock, this.#options.guard.timeoutMs, signal, (inner) =>
      guard.decide(request as GuardRequest, { signal: inner }),
    )
    // What is no known answer is no permission.
    if (!verdicts.has(decision.decision))
      throw new ProtocolError('decision', 'a guard verdict', decision.decision)
    const decided = {
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
    }
    action.run?.note('guard.decided', decided as GuardDecidedData, action.actionId)
    return decision
  }

  /** The guard could not be asked: the action goes on or stops, as the client was told. */
  #goOnWithoutGuard(action: GuardedAction, cause: unknown): Authorization {
    this.#options.report(cause, 'guard')
    if (this.#options.guard.fail === 'closed') throw new GuardUnavailableError(action.name, cause)
    return { decision: 'allow', reason: 'the guard could not be asked', input: action.input, edited: false }
  }
}

function isRefusal(error: unknown): boolean {
  return PincerError.isInstance(error) && refusals.has(error.code)
}

function hashQuestion({ name, written }: GuardQuestion): Promise<string> {
  if (written === undefined) throw new TypeError(`the arguments of "${name}" cannot be written as JSON`)
  return hashInput(written)
}

function resolution(approvalId: string, approval: Approval | undefined): ApprovalResolvedData {
  const ends = ['approved', 'denied', 'expired'] as const
  return {
    approvalId,
    status:
      approval?.status === 'pending'
        ? 'expired'
        : (ends.find((end) => end === approval?.status) ?? 'cancelled'),
    reason: approval?.decisionReason,
    decidedBy: approval?.decidedBy,
    input: approval?.editedInput,
  } as ApprovalResolvedData
}
