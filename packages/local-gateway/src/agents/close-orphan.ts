import type { DatabaseSync } from 'node:sqlite'
import type { ActionSummary, ErrorInfo, RunRecord, RunResult } from '@pincer/protocol'
import type { LocalApprovals } from '../approvals/approvals.ts'
import { transact } from '../database.ts'
import type { EventLog } from '../record/event-log.ts'
import type { AgentRunRow, AgentRunStore } from './agent-run-store.ts'
import type { OpenRuns } from './open-runs.ts'
import { createRunRecorder, type RunRecorder } from './run-recorder.ts'

/** What {@link closeOrphan} needs. */
export interface CloseOrphanOptions {
  readonly database: DatabaseSync
  readonly eventLog: EventLog
  readonly openRuns: OpenRuns
  readonly approvals: LocalApprovals
  readonly runs: RunRecord
  readonly store: AgentRunStore
  readonly now: () => number
}

const failure: ErrorInfo = {
  message:
    'the gateway ended, or could not write its database, while the run was open; what it had done stands in the record, start it again if it is still wanted',
  code: 'gateway_restarted',
}

/** Closes a run that nobody runs any more: its pending approvals, its open actions, and then the run itself, as failed. */
export async function closeOrphan(row: AgentRunRow, options: CloseOrphanOptions): Promise<RunResult> {
  const { database, eventLog, openRuns, approvals, runs, store, now } = options
  const { runId, sessionKey } = row
  const tree = await runs.get(runId)
  const usage = tree === undefined ? {} : { usage: tree.usage }
  return transact(database, () => {
    // Another process may have been faster.
    const found = store.get(runId)?.result
    if (found !== undefined) return found
    const recorder = createRunRecorder({ ...row, eventLog, now, lastSeq: store.lastSeq(runId) })
    openRuns.add(recorder)
    try {
      approvals.cancelRun(runId, 'the gateway ended while the run was open')
    } finally {
      openRuns.remove(runId)
    }
    for (const action of tree?.actions ?? []) if (action.outcome === 'running') closeAction(recorder, action)
    recorder.finish('run.failed', { error: failure }, { status: 'failed', reason: failure.message })
    const result: RunResult = { runId, sessionKey, status: 'failed', error: failure, ...usage }
    store.setResult(result)
    return result
  })
}

function closeAction(recorder: RunRecorder, { actionId, kind, toolCallId, name }: ActionSummary): void {
  if (kind === 'model_call')
    recorder.record('model.call.failed', { outcome: 'error', error: failure }, actionId)
  else if (kind === 'tool_call' && toolCallId !== undefined) {
    recorder.record('tool.call.failed', { toolCallId, name, outcome: 'error', error: failure }, actionId)
  }
}
