import {
  type Approval,
  GatewayError,
  type Gateway,
  type GatewayRun,
  UnsupportedByGatewayError,
} from '@pincer/protocol'

import { isSameSession } from './convert-prompt-session.ts'
import type { ApprovalAnswer, PausedRun } from './language-model-pause.ts'
import type { SettledApproval } from './stream-parts.ts'

/** A run that was taken up again, and what came of the questions that were answered. */
export interface ResumedRun {
  readonly run: GatewayRun
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
  const settled: SettledApproval[] = []
  for (const answer of paused.answers) {
    const approval = await settle(gateway, paused, run, answer, signal)
    settled.push({
      approvalId: answer.approvalId,
      isApproved: approval.status === 'approved',
      reason: approval.decisionReason,
    })
  }
  return { run, settled }
}

/** Cancels a run that a conversation has left; false where it was over, or is of another session. */
export async function leaveRun(
  gateway: Gateway,
  left: PausedRun,
  sessionKey: string | undefined,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  try {
    const run = await findRun(gateway, left, sessionKey, signal)
    const result = await run?.wait({ timeoutMs: 1, ...(signal !== undefined && { signal }) })
    if (run === undefined || result?.status !== 'accepted') return false
    await run.cancel('the conversation went on without an answer')
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
  const run = await agents?.get(runId, known)
  const isOther =
    sessionKey !== undefined && run?.sessionKey !== undefined && !isSameSession(run.sessionKey, sessionKey)
  return isOther ? undefined : run
}

async function settle(
  { approvals, name }: Gateway,
  { runId, calls }: PausedRun,
  { sessionKey }: GatewayRun,
  { approvalId, approved, reason }: ApprovalAnswer,
  signal: AbortSignal | undefined,
): Promise<Approval> {
  if (approvals === undefined) throw new UnsupportedByGatewayError(name, 'approvals')
  const options = signal === undefined ? {} : { signal }
  const asked = await approvals.get(approvalId, options)
  const isOfRun = asked?.runId === undefined || asked.runId === runId
  const isOfCall =
    asked?.toolCallId === undefined || calls.some(({ toolCallId }) => toolCallId === asked.toolCallId)
  const isOfSession =
    asked?.sessionKey === undefined || sessionKey === undefined || isSameSession(sessionKey, asked.sessionKey)
  if (asked === undefined || !isOfRun || !isOfCall || !isOfSession)
    throw new GatewayError(
      `the run ${runId} asks no question ${approvalId} about the calls of this conversation`,
      {
        status: 404,
        gatewayCode: 'not_found',
      },
    )
  if (asked.status !== 'pending') return asked
  const decision = {
    decision: approved ? 'approve' : 'deny',
    ...(reason !== undefined && { reason }),
  } as const
  try {
    return await approvals.decide(approvalId, decision, options)
  } catch (error) {
    if (!(error instanceof GatewayError) || error.gatewayCode !== 'already_decided') throw error
    return (await approvals.get(approvalId, options)) ?? asked
  }
}
