import { randomUUID } from 'node:crypto'
import type { DatabaseSync } from 'node:sqlite'
import type { GuardRequest } from '@pincer/protocol'
import { inputHashOf } from './input-hash.ts'
import type { Policy, PolicyLimit } from './policy.ts'

/** A policy that has a limit. */
export type LimitedPolicy = Policy & { readonly limit: PolicyLimit }

/** Counts actions for the policies that have a limit. */
export interface RateLimits {
  /** Tells whether this action would exceed the limit; an action that was counted before is let through again. */
  isExceeded(policy: LimitedPolicy, request: GuardRequest): boolean
  /** Counts an action that was let through, once however often it is asked about. */
  count(policy: LimitedPolicy, request: GuardRequest): void
}

/**
 * Opens the counters of the rate limits.
 *
 * They are rows of the database, so that a restart resets nothing and processes that share the file count together.
 * Only what was let through is counted, therefore a window holds at most `limit.count` rows; rows that fell
 * out of their window are deleted whenever one is added.
 */
export function createRateLimits(database: DatabaseSync, now: () => number): RateLimits {
  const countHits = database.prepare(
    'SELECT count(*) AS hits, max(call_key = ?) AS known FROM rate_hits WHERE policy_id = ? AND scope_key = ? AND expires_at > ?',
  )
  const insert = database.prepare(
    'INSERT OR IGNORE INTO rate_hits (policy_id, scope_key, call_key, expires_at) VALUES (?, ?, ?, ?)',
  )
  const prune = database.prepare('DELETE FROM rate_hits WHERE expires_at <= ?')
  return {
    isExceeded: (policy, request) => {
      const row = countHits.get(callKey(request) ?? '', policy.id, scopeKey(policy.limit, request), now())
      return row?.['known'] !== 1 && Number(row?.['hits']) >= policy.limit.count
    },
    count: (policy, request) => {
      const time = now()
      prune.run(time)
      insert.run(
        policy.id,
        scopeKey(policy.limit, request),
        callKey(request) ?? randomUUID(),
        time + policy.limit.perMs,
      )
    },
  }
}

function scopeKey(limit: PolicyLimit, request: GuardRequest): string {
  if (limit.scope === 'agent') return request.agentId ?? ''
  return limit.scope === 'tool' ? request.name : ''
}

// Without an id of the call nothing tells a question that is repeated from a second action.
function callKey(request: GuardRequest): string | undefined {
  const id = request.toolCallId ?? request.actionId
  return id === undefined ? undefined : JSON.stringify([request.runId ?? '', id, inputHashOf(request)])
}
