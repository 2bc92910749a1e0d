import type { Session } from '@pincer/protocol'

/** Reads a row of `sessions.list` or `sessions.describe`; `undefined` where there is no session. */
export function parseSession(row: any, messageCount: number): Session | undefined {
  if (typeof row?.key !== 'string') return undefined
  const label = [row.label, row.displayName].find((name) => typeof name === 'string' && name !== '')
  const updatedAt = epoch(row.updatedAt) ?? epoch(row.createdAt) ?? 0
  return {
    sessionKey: row.key,
    ...(typeof row.agentId === 'string' ? { agentId: row.agentId } : {}),
    ...(label === undefined ? {} : { label }),
    createdAt: epoch(row.createdAt) ?? updatedAt,
    updatedAt,
    messageCount,
  }
}

/** Reads the rows of `sessions.list`, and where its next page begins. */
export function parseSessionPage(payload: any): {
  readonly rows: readonly unknown[]
  readonly next?: number
} {
  const rows = Array.isArray(payload?.sessions) ? payload.sessions : []
  return payload?.hasMore === true && Number.isInteger(payload.nextOffset)
    ? { rows, next: payload.nextOffset }
    : { rows }
}

/** Reads the row of `sessions.describe`. */
export function parseDescription(payload: any): unknown {
  return payload?.session ?? undefined
}

/** Reads how many messages `chat.history` says that the session has. */
export function parseMessageCount(payload: any): number {
  return Number.isInteger(payload?.totalMessages) ? payload.totalMessages : 0
}

function epoch(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined
}
