import type {
  ApprovalHistoryParams,
  ApprovalHistoryResult,
  ApprovalKind,
  ApprovalSnapshot,
  ExecApprovalRequestParams,
  PluginApprovalRequestParams,
} from '@openclaw/gateway-protocol'
import { GatewayError, type RequestOptions } from '@pincer/protocol'
import { approvalMethods } from '../methods/approval-methods.ts'
import type { ApprovalRow } from '../methods/approval-results.ts'
import { bindMethods } from '../methods/bind-methods.ts'
import type { GatewayRequestOptions } from '../transport/transport.ts'
import { readApprovalAnswer, type ApprovalAnswer } from './approval-decision.ts'
import { readApprovalOutcome, type ApprovalOutcome } from './approval-outcome.ts'
import { createApprovalWait } from './approval-wait.ts'
import { checkParams, checkText, invalidParam } from '../check-param.ts'
import type { ClientParts } from './client-parts.ts'
import { findApproval } from './find-approval.ts'

/** An approval that nobody has answered. */
export interface PendingApproval extends Omit<ApprovalRow, 'approvalKind'> {
  /** `exec` for a command of the Gateway, `plugin` for everything else. */
  readonly kind: 'exec' | 'plugin'
}

/** A question about an action of your own (`plugin`), or about a command on the Gateway's machine (`exec`). */
export type ApprovalRequestParams =
  | ({ readonly kind?: 'plugin' } & Omit<PluginApprovalRequestParams, 'twoPhase'>)
  | ({ readonly kind: 'exec' } & Omit<ExecApprovalRequestParams, 'twoPhase'>)

/** How long the answer is waited for: `timeoutMs` milliseconds, then the outcome is `pending`. */
export type ApprovalWaitOptions = { readonly timeoutMs?: number } & RequestOptions

/** An approval that was asked for. */
export interface RequestedApproval {
  readonly id: string
  readonly kind: 'exec' | 'plugin'
  /** Epoch milliseconds. */
  readonly expiresAt: number
  /** Resolves once it has ended; also after reconnects. */
  wait(options?: ApprovalWaitOptions): Promise<ApprovalOutcome>
}

/** Questions to people about actions. */
export interface OpenClawApprovals {
  /** Those that nobody has answered, of both kinds, the oldest first. */
  list(options?: GatewayRequestOptions): Promise<readonly PendingApproval[]>
  /**
   * Answers an approval of either kind.
   *
   * @param answer - `reason` is for your own logs: the Gateway keeps none.
   * @throws GatewayError 409 `already_decided` where it has ended, 400 where this answer is not offered, 404 where there is no such approval.
   */
  respond(
    id: string,
    answer: { readonly decision: ApprovalAnswer; readonly reason?: string },
    options?: GatewayRequestOptions,
  ): Promise<ApprovalOutcome>
  /**
   * Asks people, and comes back at once with what to wait for.
   *
   * Another client must be able to see it (`reviewer: true` and the scope `operator.admin`), or it ends at once as a denial with the
   * reason `no-route`.
   *
   * @throws GatewayError 400 naming the field that is missing or wrong.
   *
   * @example
   * ```ts
   * const approval = await oc.approvals.request({ title: 'Deploy', description: 'Deploy build 7 to production?' })
   * const { allowed, message } = await approval.wait()
   * ```
   */
  request(params: ApprovalRequestParams, options?: GatewayRequestOptions): Promise<RequestedApproval>
  /**
   * Resolves once an approval has ended, whoever asked for it.
   *
   * @throws GatewayError 404 where there is no such approval.
   */
  wait(id: string, options?: ApprovalWaitOptions): Promise<ApprovalOutcome>
  /**
   * The approval as the Gateway keeps it, also after its end.
   *
   * @throws GatewayError 404 where there is no such approval.
   */
  get(id: string, options?: GatewayRequestOptions): Promise<ApprovalSnapshot>
  /** Approvals that have ended, the newest first. */
  history(params?: ApprovalHistoryParams, options?: GatewayRequestOptions): Promise<ApprovalHistoryResult>
}

/** Makes the `oc.approvals` surface. */
export function createApprovals({ connection, keys }: ClientParts): OpenClawApprovals {
  const calls = bindMethods(approvalMethods, connection)
  const wait = createApprovalWait(calls)

  async function ask(
    params: ApprovalRequestParams,
    options: GatewayRequestOptions | undefined,
  ): Promise<RequestedApproval> {
    const { sessionKey, agentId } = params
    const session =
      typeof sessionKey === 'string'
        ? { sessionKey: await keys.resolve('approvals.request', sessionKey, agentId ?? undefined) }
        : {}
    const { requested, kind } = await send(params, session, options)
    return Object.freeze<RequestedApproval>({
      id: requested.id,
      kind,
      expiresAt: requested.expiresAtMs,
      wait: (waitOptions) => wait(requested.id, waitOptions),
    })
  }

  async function send(
    params: ApprovalRequestParams,
    session: { readonly sessionKey?: string },
    options: GatewayRequestOptions | undefined,
  ) {
    if (params.kind === 'exec') {
      const { kind, ...rest } = params
      return { requested: await calls.requestExec({ ...rest, ...session, twoPhase: true }, options), kind }
    }
    const { kind = 'plugin', ...rest } = params
    return { requested: await calls.requestPlugin({ ...rest, ...session, twoPhase: true }, options), kind }
  }

  return {
    async list(options) {
      const [exec, plugin] = await Promise.all([calls.listExec({}, options), calls.listPlugin({}, options)])
      return [...exec.map(pendingOf('exec')), ...plugin.map(pendingOf('plugin'))].sort(
        (left, right) => left.createdAtMs - right.createdAtMs,
      )
    },
    async respond(id, answer, options) {
      checkText('approvals.respond: id', id, 'the id of an approval')
      checkParams('approvals.respond', answer)
      const decision = readApprovalAnswer(answer.decision)
      const approval = await findApproval(calls, 'approvals.respond', id, options)
      if (approval.status !== 'pending') throw alreadyDecided(approval)
      const offered: readonly string[] = approval.presentation.allowedDecisions
      if (!offered.includes(decision)) {
        throw invalidParam('approvals.respond: decision', `one of ${offered.join(', ')}`, decision)
      }
      const { kind } = approval.presentation
      const resolved = await calls.resolve({ id, kind, decision }, options)
      if (!resolved.applied) throw alreadyDecided(resolved.approval)
      return readApprovalOutcome(resolved.approval)
    },
    async request(params, options) {
      checkParams('approvals.request', params)
      const { kind = 'plugin' }: { readonly kind?: ApprovalKind } = params
      if (kind === 'plugin') {
        checkText('approvals.request: title', readField(params, 'title'), 'what is asked, in few words')
        checkText(
          'approvals.request: description',
          readField(params, 'description'),
          'what would be done, in a sentence',
        )
      } else if (kind !== 'exec') throw invalidParam('approvals.request: kind', 'plugin or exec', kind)
      return ask(params, options)
    },
    async wait(id, options) {
      checkText('approvals.wait: id', id, 'the id of an approval')
      return wait(id, options)
    },
    async get(id, options) {
      checkText('approvals.get: id', id, 'the id of an approval')
      return findApproval(calls, 'approvals.get', id, options)
    },
    history: calls.history,
  }
}

// Approvals of the other kind have no such field.
function readField(params: object, name: 'title' | 'description'): unknown {
  return name in params ? (params as Readonly<Record<typeof name, unknown>>)[name] : undefined
}

function pendingOf(kind: PendingApproval['kind']): (row: ApprovalRow) => PendingApproval {
  return ({ approvalKind, ...row }) => ({ ...row, kind: approvalKind ?? kind })
}

function alreadyDecided(approval: ApprovalSnapshot): GatewayError {
  const { status, message } = readApprovalOutcome(approval)
  return new GatewayError(`approvals.respond: "${approval.id}" has ended before (${status}): ${message}`, {
    status: 409,
    gatewayCode: 'already_decided',
  })
}
