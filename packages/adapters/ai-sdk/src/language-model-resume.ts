import {
  type AgentRunner,
  type Approval,
  GatewayError,
  type Gateway,
  type GatewayRun,
  UnsupportedByGatewayError,
} from '@pincer/protocol'

import type { PausedRun } from './language-model-pause.ts'
import { type ApprovalAnswer, findQuestion, settleQuestion } from './run-question.ts'
import { findOwnRun } from './session-run.ts'
import type { SettledApproval } from './stream-parts.ts'
import { within } from './stream-wait.ts'

// What is asked now does not wait for longer.
const cancelMs = 5_000

/** A run that was taken up again, and what came of the questions that were answered. */
export interface ResumedRun {
  readonly run: GatewayRun
  /** Finds the run once more, where its events break off. */
  readonly runner: Pick<AgentRunner, 'get'>
  readonly settled: readonly SettledApproval[]
}

/**
 * Takes a paused run up again, after the answers of the prompt have reached the gateway.
 *
 * Messages may come from a browser: the run must be of the session that the call names, and each question one of that run, about
 * a call that the messages hold. Where somebody else was faster, what they said holds.
 *
 * @throws GatewayError `run_lost` where the gateway has no such run, `not_found` where it has no such question of this run
 */
export async function resumeRun(
  gateway: Gateway,
  paused: PausedRun,
  sessionKey: string | undefined,
  signal: AbortSignal | undefined,
): Promise<ResumedRun> {
  const run = await findRun(gateway, paused, sessionKey, signal)
  if (run === undefined)
    throw new GatewayError(
      `the gateway "${gateway.name}" has no run ${paused.runId} in this conversation any more; ask again without its unanswered calls`,
      { status: 404, gatewayCode: 'run_lost' },
    )
  const runner: Pick<AgentRunner, 'get'> = {
    get: (_, known) => findRun(gateway, paused, sessionKey, known?.signal),
  }
  return { run, runner, settled: await settle(gateway, paused, run, signal) }
}

/** Cancels a run that its conversation gives up; false where it was over, or is of another session. */
export async function leaveRun(
  gateway: Gateway,
  left: PausedRun,
  sessionKey: string | undefined,
  { reason, signal }: { readonly reason: string; readonly signal?: AbortSignal | undefined },
): Promise<boolean> {
  try {
    const run = await findRun(gateway, left, sessionKey, signal)
    const result = await run?.wait({ timeoutMs: 1, ...(signal !== undefined && { signal }) })
    if (run === undefined || result?.status !== 'accepted') return false
    await within(run.cancel(reason), cancelMs, signal)
    return true
  } catch {
    // What comes next does not depend on it; the question expires.
    signal?.throwIfAborted()
    return false
  }
}

async function findRun(
  { agents }: Gateway,
  { runId, sessionKey: kept }: PausedRun,
  sessionKey: string | undefined,
  signal: AbortSignal | undefined,
): Promise<GatewayRun | undefined> {
  const key = kept ?? sessionKey
  const known = { ...(key !== undefined && { sessionKey: key }), ...(signal !== undefined && { signal }) }
  return agents && findOwnRun(agents, runId, sessionKey, known)
}

async function settle(
  { approvals, name }: Gateway,
  { runId, calls, answers }: PausedRun,
  { sessionKey }: GatewayRun,
  signal: AbortSignal | undefined,
): Promise<SettledApproval[]> {
  if (answers.length === 0) return []
  if (approvals === undefined) throw new UnsupportedByGatewayError(name, 'approvals')
  const options = signal === undefined ? {} : { signal }
  const place = { runId, sessionKey, toolCallIds: new Set(calls.map(({ toolCallId }) => toolCallId)) }
  const asked: (readonly [Approval, ApprovalAnswer])[] = []
  // All are looked up before the first is decided: a prompt that is refused decides nothing.
  for (const answer of answers) {
    const found = await findQuestion(approvals, answer, place, options)
    if (found === undefined || found === 'other')
      throw new GatewayError(
        `the run ${runId} asks no question ${answer.approvalId} about the calls of this conversation`,
        { status: 404, gatewayCode: 'not_found' },
      )
    asked.push([found, answer])
  }
  const settled: SettledApproval[] = []
  for (const [question, answer] of asked) {
    const { approvalId, status, decisionReason } = await settleQuestion(approvals, question, answer, options)
    settled.push({ approvalId, isApproved: status === 'approved', reason: decisionReason })
  }
  return settled
}
