import type { DatabaseSync } from 'node:sqlite'
import {
  type ClawEvent,
  GatewayError,
  type Page,
  type RunQuery,
  type RunSummary,
  type Usage,
} from '@pincer/protocol'
import { convertRunRow, runColumns, type RunRow } from './convert-run-row.ts'
import { convertUsageRow, usageColumns } from './convert-usage-row.ts'
import { sumUsage } from './sum-usage.ts'
import { readCursor, writeCursor } from './cursor.ts'
import type { EventStore } from './event-store.ts'

/** Runs as rows: what listings and trees are made of. */
export interface RunStore {
  /** Newest first; pages stay stable while runs are added. */
  list(query: RunQuery): Page<RunSummary>
  find(runId: string): { readonly summary: RunSummary; readonly row: RunRow } | undefined
  /** Ids of the runs started inside a run, oldest first. */
  childrenOf(runId: string, limit: number): readonly string[]
  /** Events of a run in their own order. */
  events(runId: string, query: { readonly cursor?: string; readonly limit?: number }): Page<ClawEvent>
}

/** Runs a page holds where no limit is given, and at most. */
export const runPage: { readonly default: number; readonly max: number } = { default: 50, max: 200 }

/** Events a page holds where no limit is given, and at most. */
export const eventPage: { readonly default: number; readonly max: number } = { default: 200, max: 1_000 }

const filters = [
  ['status', 'status = ?'],
  ['agentId', 'agent_id = ?'],
  ['sessionKey', 'session_key = ?'],
  ['parentRunId', 'parent_run_id = ?'],
  ['startedAfter', 'started_at >= ?'],
  ['startedBefore', 'started_at < ?'],
] as const

/** Prepares the statements of a run store. */
export function createRunStore(database: DatabaseSync, events: EventStore): RunStore {
  const byId = database.prepare(`SELECT ${runColumns}, opened, started, ended FROM runs WHERE run_id = ?`)
  const children = database.prepare(
    'SELECT run_id FROM runs WHERE parent_run_id = ? ORDER BY started_at, run_id LIMIT ?',
  )
  const usageOf = database.prepare(`SELECT ${usageColumns} FROM usage WHERE run_id = ? ORDER BY action_id`)
  const keepSum = database.prepare('UPDATE runs SET usage = ? WHERE run_id = ?')

  /** The sum is kept beside the run until the next usage arrives, so that a list does not add up again. */
  function sumOf(row: RunRow): Usage {
    if (typeof row['usage'] === 'string') return JSON.parse(row['usage']) as Usage
    const sum = sumUsage(usageOf.all(row['run_id']).map(convertUsageRow))
    keepSum.run(JSON.stringify(sum), row['run_id'])
    return sum
  }

  return {
    list(query) {
      const limit = boundedLimit(query.limit, runPage)
      const conditions: string[] = []
      const values: (string | number)[] = []
      for (const [field, condition] of filters) {
        const value = query[field]
        if (value === undefined) continue
        conditions.push(condition)
        values.push(value)
      }
      if (query.cursor !== undefined) {
        conditions.push('(started_at, run_id) < (?, ?)')
        values.push(...readCursor(query.cursor, ['number', 'string']))
      }
      const where = conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`
      const rows = database
        .prepare(`SELECT ${runColumns} FROM runs ${where} ORDER BY started_at DESC, run_id DESC LIMIT ?`)
        .all(...values, limit + 1)
      const items = rows.slice(0, limit).map((row) => convertRunRow(row, sumOf(row)))
      const last = items.at(-1)
      if (rows.length <= limit || last === undefined) return { items }
      return { items, nextCursor: writeCursor([last.startedAt, last.runId]) }
    },
    find(runId) {
      const row = byId.get(runId)
      return row === undefined ? undefined : { summary: convertRunRow(row, sumOf(row)), row }
    },
    childrenOf: (runId, limit) => children.all(runId, limit).map((row) => String(row['run_id'])),
    events(runId, query) {
      const limit = boundedLimit(query.limit, eventPage)
      const place = query.cursor === undefined ? '' : String(readCursor(query.cursor, ['string'])[0])
      const { entries, more } = events.ofRun(runId, place, limit)
      const last = entries.at(-1)
      const page = { items: entries.map(({ event }) => event) }
      return more && last !== undefined ? { ...page, nextCursor: writeCursor([last.place]) } : page
    },
  }
}

/** @throws GatewayError with `gatewayCode: 'invalid_request'`. */
function boundedLimit(
  limit: number | undefined,
  bounds: { readonly default: number; readonly max: number },
): number {
  if (limit === undefined) return bounds.default
  if (Number.isInteger(limit) && limit >= 1 && limit <= bounds.max) return limit
  throw new GatewayError(`limit: expected a whole number from 1 to ${bounds.max}`, {
    status: 400,
    gatewayCode: 'invalid_request',
  })
}
