import type { DatabaseSync } from 'node:sqlite'
import type { RunRecord } from '@pincer/protocol'
import { createEventStore } from './event-store.ts'
import { createRunStore } from './run-store.ts'
import { createRunTree } from './run-tree.ts'

/** Makes the record of runs over a database. */
export function createRunRecord(database: DatabaseSync): RunRecord {
  const runs = createRunStore(database, createEventStore(database))
  const readTree = createRunTree(database, runs)
  return {
    async list(query = {}) {
      query.signal?.throwIfAborted()
      return runs.list(query)
    },
    async get(runId, options) {
      options?.signal?.throwIfAborted()
      return readTree(runId)
    },
    async events(runId, query = {}) {
      query.signal?.throwIfAborted()
      return runs.events(runId, query)
    },
  }
}
