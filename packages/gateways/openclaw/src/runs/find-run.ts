import { type RunEvidence, type RunVerdict, judgeRun } from './judge-run.ts'
import { gatewayRunId, type KnownRun } from './known-run.ts'
import { parseRunAudit, parseRunTasks, parseSessionSnapshot } from './parse-session-snapshot.ts'
import { askIfAllowed, type RunContext } from './run-context.ts'
import type { RunAudit } from './session-snapshot.ts'

const timeoutMs = 10_000
const rowLimit = 100
const taskLimit = 100
// The Gateway cuts texts of a history at 8,000 characters unless it is asked for more.
const textLimit = 500_000

/** The part of the Gateway's record that runs of one session share. */
export type SessionEvidence = Pick<RunEvidence, 'session' | 'tasks'>

/**
 * Looks a run up in the Gateway's record: audit, transcript and tasks.
 *
 * @throws GatewayError where the Gateway is away; what it does not allow is left out.
 */
export async function findRun(context: RunContext, run: KnownRun, signal: AbortSignal): Promise<RunVerdict> {
  const audit = await findAudit(context, run, signal)
  await findSessionKey(context, run, audit, signal)
  const evidence =
    run.sessionKey === undefined ? { tasks: [] } : await readSession(context, run.sessionKey, signal)
  if (audit === 'refused' && evidence.session === undefined) return { state: 'unclear' }
  return judgeRun({
    runIds: run.gatewayRunIds,
    ...evidence,
    ...(audit === 'refused' || audit === undefined ? {} : { audit }),
  })
}

/** Fills in the key of the run's session where it is not known yet. */
export async function locateRun(context: RunContext, run: KnownRun, signal: AbortSignal): Promise<void> {
  if (run.sessionKey !== undefined) return
  await findSessionKey(context, run, await findAudit(context, run, signal), signal)
}

/** Reads the part of the Gateway's record that runs of one session share. */
export async function readSession(
  context: RunContext,
  sessionKey: string,
  signal: AbortSignal,
): Promise<SessionEvidence> {
  const [history, tasks] = await Promise.all([
    askIfAllowed(
      context,
      'chat.history',
      { sessionKey, limit: rowLimit, maxChars: textLimit },
      { timeoutMs, signal },
    ),
    askIfAllowed(context, 'tasks.list', { sessionKey, limit: taskLimit }, { timeoutMs, signal }),
  ])
  return {
    ...(history === undefined ? {} : { session: parseSessionSnapshot(history) }),
    tasks: parseRunTasks(tasks),
  }
}

async function findAudit(
  context: RunContext,
  run: KnownRun,
  signal: AbortSignal,
): Promise<RunAudit | 'refused' | undefined> {
  const params = { runId: gatewayRunId(run), kind: 'agent_run', limit: 10 }
  const answer = await askIfAllowed(context, 'audit.list', params, { timeoutMs, signal })
  return answer === undefined ? 'refused' : parseRunAudit(answer)
}

async function findSessionKey(
  context: RunContext,
  run: KnownRun,
  audit: RunAudit | 'refused' | undefined,
  signal: AbortSignal,
): Promise<void> {
  // The record goes before what a caller said, who may have it from a page.
  if (audit !== 'refused') run.sessionKey = audit?.sessionKey ?? run.sessionKey
  if (run.sessionKey !== undefined) return
  // A run that waits for its turn is in no audit yet.
  const params = { status: ['queued', 'running'], limit: taskLimit }
  const tasks = parseRunTasks(await askIfAllowed(context, 'tasks.list', params, { timeoutMs, signal }))
  run.sessionKey = tasks.find((task) => task.runId === gatewayRunId(run))?.sessionKey
}
