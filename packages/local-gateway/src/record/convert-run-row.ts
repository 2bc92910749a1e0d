import type { JsonObject, RunStatus, RunSummary, Usage } from '@pincer/protocol'

/** The columns that a summary is read from. */
export const runColumns =
  'run_id, status, parent_run_id, agent_id, session_key, started_at, opened_head, started_head, ended_head, ended_ts, action_count, usage'

/** A row of `runs` as SQLite gives it: written by the projection only. */
export type RunRow = Readonly<Record<string, any>>

/** Makes the summary of a run from its row. */
export function convertRunRow(row: RunRow, usage: Usage): RunSummary {
  const opened = readHead(row['opened_head'])
  const started = readHead(row['started_head'])
  const ended = readHead(row['ended_head'])
  const startedAt: number = row['started_at']
  const endedAt: number | null = row['ended_ts']
  const parentActionId = started['parentActionId'] ?? opened['parentActionId']
  const durationMs = ended['durationMs'] ?? (endedAt === null ? undefined : Math.max(0, endedAt - startedAt))
  const name = started['name'] ?? opened['name']
  return {
    runId: row['run_id'],
    status: row['status'] as RunStatus,
    ...(name === undefined ? {} : { name }),
    ...(row['parent_run_id'] === null ? {} : { parentRunId: row['parent_run_id'] }),
    ...(parentActionId === undefined ? {} : { parentActionId }),
    ...(row['agent_id'] === null ? {} : { agentId: row['agent_id'] }),
    ...(row['session_key'] === null ? {} : { sessionKey: row['session_key'] }),
    startedAt,
    ...(endedAt === null ? {} : { endedAt }),
    ...(durationMs === undefined ? {} : { durationMs }),
    usage,
    actionCount: row['action_count'],
    ...(ended['error'] === undefined ? {} : { error: ended['error'] }),
  }
}

function readHead(head: string | null): Readonly<Record<string, any>> {
  return head === null ? {} : (JSON.parse(head) as JsonObject)
}
