import { setTimeout as pause } from 'node:timers/promises'

import {
  type Approval,
  type ApprovalDecision,
  type ClawEvent,
  type EventVerdict,
  type Gateway,
  GatewayError,
  type GuardDecision,
  type GuardRequest,
} from '@pincer/protocol'
import { createFakeAgents, type FakeAgent } from './fake-agents.ts'

/** How a fake gateway behaves; change it at any time. */
export interface FakeBehaviour {
  /** Every call fails with what this makes. */
  fail?: (() => Error) | undefined
  /** Milliseconds before every answer. */
  slowMs?: number | undefined
  /** Rejects single events: the code, or `undefined` to take the event. */
  reject?: ((event: ClawEvent) => string | undefined) | undefined
  /** What the guard answers; allows by default. */
  guard?: ((request: GuardRequest) => GuardDecision) | undefined
  /** What the agent `fake` does with a run; it says the input again by default. */
  agent?: FakeAgent | undefined
}

/** A whole gateway in memory that keeps what it was told, for tests of what stands before a gateway. */
export interface FakeGateway extends Required<
  Pick<Gateway, 'name' | 'events' | 'guard' | 'approvals' | 'agents' | 'embeddings' | 'close'>
> {
  readonly behaviour: FakeBehaviour
  /** Every event it accepted, in order, duplicates left out. */
  readonly kept: readonly ClawEvent[]
  /** Every batch it was handed, failed ones included. */
  readonly batches: readonly (readonly ClawEvent[])[]
  /** Every question its guard was asked. */
  readonly asked: readonly GuardRequest[]
  readonly closed: boolean
  /** Puts a pending approval there, as a guard that answers `require_approval` would. */
  openApproval(approval: Pick<Approval, 'approvalId' | 'name'> & Partial<Approval>): void
}

/**
 * Makes a fake gateway.
 *
 * @example
 * const gateway = createFakeGateway()
 * gateway.behaviour.fail = () => new GatewayError('down', { retryable: true })
 */
export function createFakeGateway(behaviour: FakeBehaviour = {}): FakeGateway {
  const kept = new Map<string, ClawEvent>()
  const batches: (readonly ClawEvent[])[] = []
  const asked: GuardRequest[] = []
  const approvals = new Map<string, Approval>()
  // Which action used which approval.
  const users = new Map<string, string>()
  const waiting = new Set<() => void>()
  let closed = false

  async function begin(signal: AbortSignal | undefined): Promise<void> {
    signal?.throwIfAborted()
    if (behaviour.slowMs !== undefined) await pause(behaviour.slowMs, undefined, signal && { signal })
    if (closed) throw new GatewayError('the fake gateway is closed')
    if (behaviour.fail !== undefined) throw behaviour.fail()
  }

  function keep(event: ClawEvent): EventVerdict {
    const code = behaviour.reject?.(event)
    if (code !== undefined) return { id: event.id, status: 'rejected', code, message: 'rejected on request' }
    if (kept.has(event.id)) return { id: event.id, status: 'duplicate' }
    kept.set(event.id, structuredClone(event))
    return { id: event.id, status: 'accepted' }
  }

  function find(approvalId: string): Approval {
    const approval = approvals.get(approvalId)
    if (approval === undefined)
      throw new GatewayError(`no approval ${approvalId}`, { status: 404, gatewayCode: 'not_found' })
    return approval
  }

  function claim(approvalId: string, actionId: string): void {
    const usedBy = users.get(approvalId) ?? actionId
    if (usedBy !== actionId)
      throw new GatewayError(`${approvalId} was used before`, { status: 409, gatewayCode: 'already_used' })
    users.set(approvalId, actionId)
  }

  function decide(approvalId: string, { decision, reason, decidedBy, input }: ApprovalDecision): Approval {
    const approval = find(approvalId)
    if (approval.status !== 'pending')
      throw new GatewayError('decided before', { status: 409, gatewayCode: 'already_decided' })
    const decided: Approval = {
      ...approval,
      status: decision === 'approve' ? 'approved' : 'denied',
      decidedAt: Date.now(),
      ...(reason === undefined ? {} : { decisionReason: reason }),
      ...(decidedBy === undefined ? {} : { decidedBy }),
      ...(input === undefined ? {} : { editedInput: input }),
    }
    approvals.set(approvalId, decided)
    for (const wake of waiting) wake()
    return decided
  }

  return {
    name: 'fake',
    behaviour,
    get kept() {
      return [...kept.values()]
    },
    batches,
    asked,
    get closed() {
      return closed
    },
    openApproval(approval) {
      approvals.set(approval.approvalId, { status: 'pending', requestedAt: Date.now(), ...approval })
    },
    events: {
      async append(events, options) {
        batches.push([...events])
        await begin(options?.signal)
        return events.map(keep)
      },
    },
    guard: {
      async decide(request, options) {
        asked.push(request)
        await begin(options?.signal)
        return behaviour.guard?.(request) ?? { decision: 'allow' }
      },
    },
    approvals: {
      async list(query) {
        await begin(query?.signal)
        return [...approvals.values()].filter(
          (approval) => query?.status === undefined || approval.status === query.status,
        )
      },
      async get(approvalId, options) {
        await begin(options?.signal)
        return approvals.get(approvalId)
      },
      async decide(approvalId, decision, options) {
        await begin(options?.signal)
        return decide(approvalId, decision)
      },
      async wait(approvalId, { timeoutMs, claimedBy, signal } = {}) {
        await begin(signal)
        if (find(approvalId).status === 'pending') await changed(waiting, approvalId, find, timeoutMs, signal)
        const approval = find(approvalId)
        if (claimedBy !== undefined && approval.status === 'approved') claim(approvalId, claimedBy)
        return approval
      },
    },
    agents: createFakeAgents(() => behaviour.agent ?? sayAgain, begin),
    embeddings: {
      async embed({ values }, options) {
        await begin(options?.signal)
        if (!values.includes('')) return { vectors: values.map(vectorOf) }
        throw new GatewayError('values: expected texts that are not empty', { status: 400 })
      },
    },
    async close() {
      closed = true
    },
  }
}

const sayAgain: FakeAgent = async ({ input }, tell) => {
  const text = typeof input === 'string' ? input : JSON.stringify(input)
  tell('assistant.message', { text, itemId: 'said' })
  return { text, stopReason: 'stop' }
}

/** How often each letter is there: the same for the same text, and near for texts that are alike. */
function vectorOf(text: string): readonly number[] {
  const counts = Array.from({ length: 32 }, () => 0)
  for (const letter of text.toLowerCase()) {
    const at = (letter.codePointAt(0) ?? 0) % counts.length
    counts[at] = (counts[at] ?? 0) + 1
  }
  return counts
}

function changed(
  waiting: Set<() => void>,
  approvalId: string,
  find: (approvalId: string) => Approval,
  timeoutMs: number | undefined,
  signal: AbortSignal | undefined,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const done = (): void => {
      waiting.delete(wake)
      clearTimeout(timer)
      signal?.removeEventListener('abort', stop)
    }
    const wake = (): void => {
      if (find(approvalId).status === 'pending') return
      done()
      resolve()
    }
    const stop = (): void => {
      done()
      reject(signal?.reason)
    }
    const timer = timeoutMs === undefined ? undefined : setTimeout(() => (done(), resolve()), timeoutMs)
    waiting.add(wake)
    signal?.addEventListener('abort', stop, { once: true })
  })
}
