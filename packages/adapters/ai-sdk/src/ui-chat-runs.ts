import {
  type AgentRunner,
  type ClawEvent,
  type Gateway,
  GatewayError,
  type GatewayRun,
  UnsupportedByGatewayError,
} from '@pincer/protocol'

import { ChatProblem } from './ui-chat-problem.ts'
import type { ChatAnswer } from './ui-chat-request.ts'

const mostChats = 1_000
const openStates: ReadonlySet<string> = new Set(['queued', 'running', 'paused'])

/** The runs of the chats of one handler: finds them again, and keeps one chat from those of another. */
export class ChatRuns {
  readonly #gateway: Gateway
  /** The newest run of each session, the least used first. */
  readonly #newest = new Map<string, string>()

  constructor(gateway: Gateway) {
    this.#gateway = gateway
  }

  /** @throws UnsupportedByGatewayError */
  get agents(): AgentRunner {
    const { agents, name } = this.#gateway
    if (agents === undefined) throw new UnsupportedByGatewayError(name, 'agents')
    return agents
  }

  /** Remembers the run that a session began last. */
  note(sessionKey: string, run: GatewayRun): GatewayRun {
    this.#newest.delete(sessionKey)
    this.#newest.set(sessionKey, run.runId)
    const [oldest] = this.#newest.keys()
    if (this.#newest.size > mostChats && oldest !== undefined) this.#newest.delete(oldest)
    return guardRun(run, sessionKey)
  }

  /**
   * A run that a page names.
   *
   * @throws ChatProblem where it is none of this session
   */
  async find(sessionKey: string, runId: string, signal: AbortSignal): Promise<GatewayRun> {
    const run = await this.agents.get(runId, { sessionKey, signal })
    if (run === undefined || !isSameSession(run.sessionKey, sessionKey))
      throw new ChatProblem(404, 'This chat has no such run any more. Send the message again.')
    return guardRun(run, sessionKey)
  }

  /** The run of the session that has not ended; `undefined` where there is none. */
  async findOpen(sessionKey: string, signal: AbortSignal): Promise<GatewayRun | undefined> {
    const noted = this.#newest.get(sessionKey)
    const { items = [] } = (await this.#gateway.runs?.list({ sessionKey, limit: 20, signal })) ?? {}
    // What an open run has called stands in it.
    const inner = new Set(items.filter(({ parentRunId }) => items.some(({ runId }) => runId === parentRunId)))
    const open = items.find((run) => openStates.has(run.status) && !inner.has(run))
    for (const runId of new Set([noted, open?.runId])) {
      const run = runId === undefined ? undefined : await this.agents.get(runId, { sessionKey, signal })
      if (run === undefined || !isSameSession(run.sessionKey, sessionKey)) continue
      if (await isOpen(run, signal)) return guardRun(run, sessionKey)
    }
    return undefined
  }

  /**
   * Hands a person's answers to the gateway; where somebody else was first, that answer holds.
   *
   * @throws ChatProblem where an answer is to a question of another run, GatewayError
   */
  async decide(
    sessionKey: string,
    { runId }: GatewayRun,
    answers: readonly ChatAnswer[],
    signal: AbortSignal,
  ): Promise<void> {
    const { approvals, name } = this.#gateway
    if (approvals === undefined) throw new UnsupportedByGatewayError(name, 'approvals')
    for (const { approvalId, isApproved, reason } of answers) {
      const approval = await approvals.get(approvalId, { signal })
      if (approval === undefined) continue
      const isOfRun =
        approval.runId === undefined ? approval.sessionKey !== undefined : approval.runId === runId
      if (!isOfRun || !isSameSession(approval.sessionKey, sessionKey))
        throw new ChatProblem(403, 'The approval is none of this chat.')
      if (approval.status !== 'pending') continue
      const decision = isApproved ? ('approve' as const) : ('deny' as const)
      await approvals
        .decide(
          approvalId,
          { decision, decidedBy: 'chat', ...(reason !== undefined && { reason }) },
          { signal },
        )
        .catch((error: unknown) => {
          if (!(error instanceof GatewayError && error.gatewayCode === 'already_decided')) throw error
        })
    }
  }
}

/** True where the gateway says that the run has not ended. */
export async function isOpen(run: GatewayRun, signal: AbortSignal): Promise<boolean> {
  return (await run.wait({ timeoutMs: 0, signal })).status === 'accepted'
}

/** Compares the gateway's key of a session, which may say more, with the one that was asked for. */
function isSameSession(found: string | undefined, asked: string): boolean {
  if (found === undefined || found === asked) return true
  const small = asked.toLowerCase()
  return found === small || (found.startsWith('agent:') && found.endsWith(`:${small}`))
}

// The page names the run, and a gateway may give away any run that is named.
function guardRun(run: GatewayRun, sessionKey: string): GatewayRun {
  return {
    runId: run.runId,
    ...(run.sessionKey !== undefined && { sessionKey: run.sessionKey }),
    async *events(options): AsyncGenerator<ClawEvent> {
      for await (const event of run.events(options)) {
        if (!isSameSession(event.sessionKey, sessionKey))
          throw new GatewayError('the run belongs to another session', { status: 403 })
        yield event
      }
    },
    wait: (options) => run.wait(options),
    cancel: (reason) => run.cancel(reason),
  }
}
