import { type Approval, GatewayError, type GuardRequest } from '@pincer/protocol'
import { bindingOf } from './approval-binding.ts'
import type { ApprovalBook, ApprovalEntry } from './approval-book.ts'
import { writeQuestion } from './approval-question.ts'
import type { Calls } from './calls.ts'
import { isNotFound } from './gateway-errors.ts'
import { orAborted } from './or-aborted.ts'
import { parseApprovalSnapshot, type WireApproval } from './parse-approval.ts'
import type { SessionKeys } from './session-keys.ts'

/** How long the state of an approval may take, in milliseconds, and who gives up. */
export interface FindOptions {
  readonly signal?: AbortSignal | undefined
  readonly timeoutMs?: number | undefined
}

/** Puts questions about actions to the people behind the Gateway. */
export interface ApprovalDesk {
  /**
   * Asks about an action, or finds the question that is open about exactly this action.
   *
   * A denial stays; an approval holds until an action has used it; after one that was used, expired or reached nobody, it asks anew.
   */
  ask(request: GuardRequest, reason?: string, signal?: AbortSignal): Promise<Approval>
  /** The approval as it stands; `undefined` where the Gateway has none. */
  find(approvalId: string, options?: FindOptions): Promise<WireApproval | undefined>
}

/** Characters of JSON. */
const keptInput = 65_536

/** @param timeoutMs milliseconds that people have; the Gateway allows 600,000 at most. */
export function createApprovalDesk(
  calls: Calls,
  keys: SessionKeys,
  book: ApprovalBook,
  timeoutMs: number,
): ApprovalDesk {
  const asking = new Map<string, Promise<Approval>>()

  async function find(
    approvalId: string,
    { signal, timeoutMs: withinMs }: FindOptions = {},
  ): Promise<WireApproval | undefined> {
    try {
      const answer = await calls.request(
        'approval.get',
        { id: approvalId },
        {
          ...(signal === undefined ? {} : { signal }),
          ...(withinMs === undefined ? {} : { timeoutMs: withinMs }),
        },
      )
      const found = parseApprovalSnapshot(answer)
      // An answer about another approval is none: its decision was about something else.
      if (found?.approval.approvalId !== approvalId) return undefined
      return { ...found, approval: complete(found, book.get(approvalId)) }
    } catch (error) {
      if (isNotFound(error)) return undefined
      throw error
    }
  }

  async function standing(binding: string): Promise<Approval | undefined> {
    const entry = book.standing(binding)
    if (entry === undefined || entry.usedBy !== undefined) return undefined
    const found = await find(entry.approvalId)
    const status = found?.approval.status
    if (status === 'pending' || status === 'approved') return found?.approval
    return status === 'denied' && found?.endedBy === 'user' ? found.approval : undefined
  }

  async function open(request: GuardRequest, binding: string, reason: string | undefined): Promise<Approval> {
    const { name, toolCallId, agentId, sessionKey } = request
    const question = writeQuestion(request, reason)
    const answer = await calls.request('plugin.approval.request', {
      ...question,
      toolName: name,
      ...(toolCallId === undefined ? {} : { toolCallId }),
      // The Gateway refuses an agent of ours beside a session of its own: the session's key names the owner.
      ...(sessionKey === undefined
        ? agentId === undefined
          ? {}
          : { agentId }
        : { sessionKey: await keys.full(sessionKey, agentId) }),
      allowedDecisions: ['allow-once', 'deny'],
      timeoutMs,
      twoPhase: true,
    })
    const opened = readOpened(answer)
    const entry: ApprovalEntry = {
      approvalId: opened.approvalId,
      asked: { request: withoutLargeInput(request), binding },
      ...(reason === undefined ? {} : { reason }),
    }
    book.add(entry)
    return complete({ approval: { ...opened, name, status: 'pending' } }, entry)
  }

  async function askOnce(request: GuardRequest, reason: string | undefined): Promise<Approval> {
    const binding = bindingOf(request)
    const known = asking.get(binding)
    if (known !== undefined) return await known
    const asked = (async () => (await standing(binding)) ?? (await open(request, binding, reason)))()
    asking.set(binding, asked)
    try {
      return await asked
    } finally {
      asking.delete(binding)
    }
  }

  return {
    find,
    async ask(request, reason, signal) {
      calls.check(signal)
      return await orAborted(askOnce(request, reason), signal)
    },
  }
}

// Many questions are remembered; arguments of this size are shown cut anyhow, as the Gateway has them.
function withoutLargeInput(request: GuardRequest): GuardRequest {
  if (JSON.stringify(request.input ?? null).length <= keptInput) return request
  const { input: _input, ...rest } = request
  return rest
}

/** Adds what only this process knows: the call that was asked about, who answered, and why. */
export function complete(found: Pick<WireApproval, 'approval'>, entry: ApprovalEntry | undefined): Approval {
  const { approval } = found
  const request = entry?.asked?.request
  const answer = approval.status === 'approved' || approval.status === 'denied' ? entry?.answer : undefined
  const asked =
    request === undefined
      ? {}
      : pick(request, [
          'name',
          'toolCallId',
          'input',
          'inputHash',
          'risk',
          'runId',
          'actionId',
          'agentId',
          'sessionKey',
        ])
  return {
    ...approval,
    ...asked,
    ...(entry?.reason === undefined ? {} : { reason: entry.reason }),
    ...(answer?.decidedBy === undefined ? {} : { decidedBy: answer.decidedBy }),
    ...(answer?.reason === undefined ? {} : { decisionReason: answer.reason }),
  }
}

function pick<Key extends keyof GuardRequest>(
  request: GuardRequest,
  names: readonly Key[],
): Pick<GuardRequest, Key> {
  const entries = names.flatMap((name) =>
    request[name] === undefined ? [] : [[name, request[name]] as const],
  )
  // The names are ours, so that the entries make the type that was asked for.
  return Object.fromEntries(entries) as Pick<GuardRequest, Key>
}

function readOpened(answer: unknown): Pick<Approval, 'approvalId' | 'requestedAt' | 'expiresAt'> {
  if (typeof answer === 'object' && answer !== null && 'id' in answer && typeof answer.id === 'string') {
    const createdAt = 'createdAtMs' in answer ? answer.createdAtMs : undefined
    const expiresAt = 'expiresAtMs' in answer ? answer.expiresAtMs : undefined
    return {
      approvalId: answer.id,
      requestedAt: typeof createdAt === 'number' ? createdAt : Date.now(),
      ...(typeof expiresAt === 'number' ? { expiresAt } : {}),
    }
  }
  throw new GatewayError('plugin.approval.request: the Gateway answered without the id of the approval')
}
