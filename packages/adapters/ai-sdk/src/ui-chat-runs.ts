import {
  type AgentRunner,
  type Approval,
  type Gateway,
  type GatewayRun,
  UnsupportedByGatewayError,
} from '@pincer/protocol'

import { type ApprovalAnswer, findQuestion, settleQuestion } from './run-question.ts'
import { findOwnRun, guardRun } from './session-run.ts'
import { ChatProblem } from './ui-chat-problem.ts'

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
    const run = await findOwnRun(this.agents, runId, sessionKey, { sessionKey, signal })
    if (run !== undefined) return run
    throw new ChatProblem(404, 'This chat has no such run any more. Send the message again.')
  }

  /** The run of the session that has not ended; `undefined` where there is none. */
  async findOpen(sessionKey: string, signal: AbortSignal): Promise<GatewayRun | undefined> {
    const noted = this.#newest.get(sessionKey)
    const { items = [] } = (await this.#gateway.runs?.list({ sessionKey, limit: 20, signal })) ?? {}
    // What an open run has called stands in it.
    const inner = new Set(items.filter(({ parentRunId }) => items.some(({ runId }) => runId === parentRunId)))
    const open = items.find((run) => openStates.has(run.status) && !inner.has(run))
    for (const runId of new Set([noted, open?.runId])) {
      if (runId === undefined) continue
      const run = await findOwnRun(this.agents, runId, sessionKey, { sessionKey, signal })
      if (run !== undefined && (await isOpen(run, signal))) return run
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
    answers: readonly ApprovalAnswer[],
    signal: AbortSignal,
  ): Promise<void> {
    const { approvals, name } = this.#gateway
    if (approvals === undefined) throw new UnsupportedByGatewayError(name, 'approvals')
    const asked: (readonly [Approval, ApprovalAnswer])[] = []
    // All are looked up before the first is decided: a message that is refused decides nothing.
    for (const answer of answers) {
      const found = await findQuestion(approvals, answer, { runId, sessionKey }, { signal })
      if (found === 'other') throw new ChatProblem(403, 'The approval is none of this chat.')
      if (found !== undefined) asked.push([found, answer])
    }
    for (const [question, answer] of asked)
      await settleQuestion(approvals, question, answer, { decidedBy: 'chat', signal })
  }
}

/** True where the gateway says that the run has not ended. */
export async function isOpen(run: GatewayRun, signal: AbortSignal): Promise<boolean> {
  return (await run.wait({ timeoutMs: 0, signal })).status === 'accepted'
}
