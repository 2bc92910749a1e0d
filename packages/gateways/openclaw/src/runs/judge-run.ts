import type { ErrorInfo } from '@pincer/protocol'
import { convertRunError } from '../events/convert-run-error.ts'
import { runLostCode, runUnknownCode } from './run-codes.ts'
import type { RunEnding } from './convert-run-result.ts'
import type { RunAudit, RunTask, SessionRow, SessionSnapshot } from './session-snapshot.ts'

/** What the Gateway's record says of a run, put together. */
export interface RunEvidence {
  /** Ids that the run has had, the newest last: a resumed run has a new one. */
  readonly runIds: readonly string[]
  readonly session?: SessionSnapshot
  readonly tasks: readonly RunTask[]
  readonly audit?: RunAudit
}

/** Where a run stands by the Gateway's record. */
export type RunVerdict =
  | { readonly state: 'active' }
  /** Something runs in its session; whether it is this run, the Gateway does not say. */
  | { readonly state: 'unclear' }
  /** The Gateway has taken it up again under another id. */
  | { readonly state: 'resumed'; readonly runId: string }
  /** A restart interrupted it, and the Gateway has yet to take it up again. */
  | { readonly state: 'owed' }
  | { readonly state: 'ended'; readonly ending: RunEnding }
  /** There are traces, but nothing is at work; `final` where the Gateway says itself that it was interrupted. */
  | { readonly state: 'lost'; readonly final: boolean }
  | { readonly state: 'unknown' }

/** Tells from the Gateway's record where a run stands. */
export function judgeRun(evidence: RunEvidence): RunVerdict {
  const { runIds, session, tasks, audit } = evidence
  const runId = runIds.at(-1) ?? ''
  const pending = session?.pendingInputs.find((input) => input.runId === runId)
  if (pending?.state === 'interrupted') return { state: 'lost', final: true }
  const task = tasks.find((candidate) => candidate.runId === runId)
  if (
    session?.activeRunIds.includes(runId) ||
    pending?.state === 'queued' ||
    task?.status === 'running' ||
    task?.status === 'queued'
  ) {
    return { state: 'active' }
  }
  const resumedRunId = session === undefined ? undefined : findResumed(session, runIds)
  if (resumedRunId !== undefined) return { state: 'resumed', runId: resumedRunId }
  const ending =
    readAudit(audit, session, runId) ??
    readRows(session, runId) ??
    readTask(task, session, runId) ??
    (pending?.state === 'cancelled' ? ({ status: 'cancelled' } as const) : undefined)
  if (ending !== undefined) return { state: 'ended', ending }
  const rows = session?.rows.filter((row) => row.runId === runId) ?? []
  if (session?.hasActiveRun === true && session.activeRunIds.length === 0) return { state: 'unclear' }
  if (session?.hasActiveRun === false && session.status === 'running' && isLastInput(session, runId)) {
    return { state: 'owed' }
  }
  const failed = rows.findLast((row) => row.role === 'assistant' && row.stopReason === 'error')
  if (failed !== undefined) {
    return { state: 'ended', ending: { status: 'failed', error: convertRunError(failed.errorMessage) } }
  }
  const traces = rows.length > 0 || task !== undefined || audit !== undefined || pending !== undefined
  return traces ? { state: 'lost', final: false } : { state: 'unknown' }
}

/** How a run ends that a restart of the Gateway interrupted, and that nothing took up again. */
export const lostEnding: RunEnding = {
  status: 'failed',
  error: convertRunError(
    'the Gateway was restarted or lost the run while it was at work, and did not take it up again; start it anew',
    runLostCode,
  ),
}

/** What is wrong with a run that the Gateway has no trace of. */
export const unknownError: ErrorInfo = convertRunError(
  'the Gateway knows no run of this id; check the id, and pass `sessionKey` where it is known',
  runUnknownCode,
)

/** The run that resumes ours: its message is the next one after ours, or after that of an earlier resumption of ours. */
function findResumed(session: SessionSnapshot, runIds: readonly string[]): string | undefined {
  let ours = false
  let found: string | undefined
  const inputs = [
    ...session.rows.filter((row) => row.role === 'user'),
    ...session.pendingInputs.filter((input) => input.resumes && input.state === 'queued'),
  ]
  for (const { runId, resumes } of inputs) {
    if (runId === undefined) continue
    if (runIds.includes(runId)) ours = true
    else if (resumes && ours) found = runId
    else ours = false
    if (!ours) found = undefined
  }
  return found
}

function isLastInput(session: SessionSnapshot, runId: string): boolean {
  return session.rows.findLast((row) => row.role === 'user' && row.runId !== undefined)?.runId === runId
}

function readAudit(
  audit: RunAudit | undefined,
  session: SessionSnapshot | undefined,
  runId: string,
): RunEnding | undefined {
  if (audit?.finished === undefined) return undefined
  return readFinished(audit.finished === 'succeeded' ? 'completed' : audit.finished, session, runId)
}

function readTask(
  task: RunTask | undefined,
  session: SessionSnapshot | undefined,
  runId: string,
): RunEnding | undefined {
  if (task === undefined) return undefined
  // At its start, the Gateway puts the tasks of its former process down as cancelled.
  if (task.status === 'cancelled' && task.error?.includes('before restart')) return undefined
  return readFinished(task.status, session, runId, task.error)
}

function readFinished(
  status: string,
  session: SessionSnapshot | undefined,
  runId: string,
  error?: string,
): RunEnding | undefined {
  const last = lastRow(session, runId)
  const text = last?.text === undefined || last.text === '' ? {} : { text: last.text }
  const stopReason = last?.stopReason === undefined ? {} : { stopReason: last.stopReason }
  switch (status) {
    case 'completed':
      return { status, ...text, ...stopReason }
    case 'cancelled':
      return { status, ...text }
    case 'timed_out':
      return { status, ...text }
    case 'failed':
      return { status, ...text, error: convertRunError(last?.errorMessage ?? error) }
    case 'blocked':
      return { status: 'failed', ...text, error: convertRunError('the Gateway blocked the run', 'blocked') }
    default:
      return undefined
  }
}

function readRows(session: SessionSnapshot | undefined, runId: string): RunEnding | undefined {
  const last = lastRow(session, runId)
  if (last === undefined) return undefined
  const text = last.text === undefined || last.text === '' ? {} : { text: last.text }
  if (last.aborted) return { status: 'cancelled', ...text }
  if (last.role !== 'assistant' || last.stopReason === undefined) return undefined
  if (last.stopReason === 'aborted') {
    return last.errorMessage?.includes('timed out')
      ? { status: 'timed_out', ...text, error: convertRunError(last.errorMessage) }
      : { status: 'cancelled', ...text }
  }
  // After a call of a tool or a failed attempt the run was to go on.
  if (last.stopReason === 'toolUse' || last.stopReason === 'error') return undefined
  return { status: 'completed', ...text, stopReason: last.stopReason }
}

function lastRow(session: SessionSnapshot | undefined, runId: string): SessionRow | undefined {
  return session?.rows.findLast((row) => row.runId === runId && row.role !== 'user')
}
