import type { DatabaseSync } from 'node:sqlite'
import type { RunResult } from '@pincer/protocol'

/** One run of an agent as its row tells it. */
export interface AgentRunRow {
  readonly runId: string
  readonly agentId: string
  readonly sessionKey: string
  readonly parentRunId?: string
  /** Absent while the run is open. */
  readonly result?: RunResult
}

/** The rows of the runs of the gateway's own agents. */
export interface AgentRunStore {
  add(run: Omit<AgentRunRow, 'result'>): void
  get(runId: string): AgentRunRow | undefined
  /** Keeps the result; the first one stays. */
  setResult(result: RunResult): void
  /** Open runs that nobody runs: of processes that are gone, or of this one where `isActive` denies it. */
  orphans(isActive: (runId: string) => boolean): readonly AgentRunRow[]
  /** The last `seq` in the record of a run; 0 where there is none. */
  lastSeq(runId: string): number
  /** Tells the others that this process lives. */
  beat(): void
  /** Forgets this process. */
  leave(): void
}

const staleMs = 30_000

/**
 * Opens the rows of the agents' runs for one process, named `owner`.
 *
 * Several processes may share the file: a run is an orphan once the process that ran it is gone, or gave no sign of life for 30 s.
 */
export function createAgentRunStore(database: DatabaseSync, owner: string, now: () => number): AgentRunStore {
  const insert = database.prepare(
    'INSERT INTO agent_runs (run_id, agent_id, session_key, parent_run_id, created_at, owner) VALUES (?, ?, ?, ?, ?, ?)',
  )
  const select = database.prepare('SELECT * FROM agent_runs WHERE run_id = ?')
  const update = database.prepare('UPDATE agent_runs SET result = ? WHERE run_id = ? AND result IS NULL')
  const selectOpen = database.prepare(
    `SELECT agent_runs.*, process_id, seen_at FROM agent_runs LEFT JOIN owners ON owners.owner = agent_runs.owner
     WHERE result IS NULL`,
  )
  const selectSeq = database.prepare(
    "SELECT max(json_extract(body, '$.seq')) AS seq FROM events WHERE run_id = ?",
  )
  const upsertOwner = database.prepare(
    'INSERT INTO owners (owner, process_id, seen_at) VALUES (?, ?, ?) ON CONFLICT (owner) DO UPDATE SET seen_at = excluded.seen_at',
  )
  const removeOwner = database.prepare('DELETE FROM owners WHERE owner = ?')
  return {
    add: ({ runId, agentId, sessionKey, parentRunId }) => {
      insert.run(runId, agentId, sessionKey, parentRunId ?? null, now(), owner)
    },
    get: (runId) => {
      const row = select.get(runId)
      return row === undefined ? undefined : readRow(row)
    },
    setResult: (result) => {
      update.run(JSON.stringify(result), result.runId)
    },
    orphans: (isActive) =>
      selectOpen
        .all()
        .filter((row) =>
          row['owner'] === owner
            ? !isActive(String(row['run_id']))
            : Number(row['seen_at'] ?? 0) < now() - staleMs || !isAlive(Number(row['process_id'])),
        )
        .map(readRow),
    lastSeq: (runId) => Number(selectSeq.get(runId)?.['seq'] ?? 0),
    beat: () => {
      upsertOwner.run(owner, process.pid, now())
    },
    leave: () => {
      removeOwner.run(owner)
    },
  }
}

function isAlive(processId: number): boolean {
  try {
    process.kill(processId, 0)
    return true
  } catch (error) {
    // Another user's process lives, though we may not signal it.
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}

function readRow(row: Record<string, unknown>): AgentRunRow {
  const { parent_run_id: parentRunId, result } = row
  return {
    runId: String(row['run_id']),
    agentId: String(row['agent_id']),
    sessionKey: String(row['session_key']),
    ...(typeof parentRunId === 'string' ? { parentRunId } : {}),
    // Rows are written by this file only, from results.
    ...(typeof result === 'string' ? { result: JSON.parse(result) as RunResult } : {}),
  }
}
