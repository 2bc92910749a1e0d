import { DatabaseSync } from 'node:sqlite'

/** What the gateway's database holds of one case. */
export interface CaseRecord {
  /** Calls of which the start, the end and the usage are there. */
  readonly complete: number
  /** Calls of which something is there twice. */
  readonly twice: number
  /** Events of the case, of any kind. */
  readonly events: number
}

interface Row {
  readonly type: string
  readonly run_id: string
  readonly body: string
}

const kinds = ['run.started', 'model.call.started', 'usage.reported', 'model.call.completed', 'run.completed']

/** Reads from the database itself what arrived of a case. */
export function readRecord(databasePath: string, name: string): CaseRecord {
  const database = new DatabaseSync(databasePath, { readOnly: true })
  try {
    const rows = database.prepare('SELECT type, run_id, body FROM events').all() as unknown as Row[]
    return countCalls(rows, name)
  } finally {
    database.close()
  }
}

function countCalls(rows: readonly Row[], name: string): CaseRecord {
  // The calls of a case are known by their input, whatever ids their events have.
  const callOf = new Map<string, string>()
  const starts = new Map<string, number>()
  for (const row of rows) {
    const call =
      row.type === 'model.call.started'
        ? new RegExp(`Say ${name} (call-\\d+)\\.`).exec(row.body)?.[1]
        : undefined
    if (call === undefined) continue
    callOf.set(row.run_id, call)
    starts.set(call, (starts.get(call) ?? 0) + 1)
  }
  const found = new Map<string, number>()
  let events = 0
  for (const row of rows) {
    const call = callOf.get(row.run_id)
    if (call === undefined) continue
    events++
    const key = `${call} ${row.type}`
    found.set(key, (found.get(key) ?? 0) + 1)
  }
  const calls = [...starts.keys()]
  return {
    complete: calls.filter((call) => kinds.every((kind) => found.has(`${call} ${kind}`))).length,
    twice: calls.filter((call) => kinds.some((kind) => (found.get(`${call} ${kind}`) ?? 0) > 1)).length,
    events,
  }
}
