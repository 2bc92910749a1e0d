import { callMethod, type CallContext } from '../methods/bind-methods.ts'
import type { CallOptions, MethodRow } from '../methods/method.ts'
import { isFields } from '../request/invalid-input.ts'

/** What an agent has noted today, and what it is about. */
export interface ContextSummary {
  /** The key points of today. */
  readonly points: readonly Readonly<Record<string, unknown>>[]
  /** The threads that are active. */
  readonly threads: readonly Readonly<Record<string, unknown>>[]
}

const own = { agent_id: 'agentId' } as const
const pointsRow: MethodRow = {
  verb: 'GET',
  path: '/api/context/points',
  params: ['session_date'],
  own,
  servers: '2.0',
}
const threadsRow: MethodRow = {
  verb: 'GET',
  path: '/api/context/threads',
  params: [],
  own,
  fixed: { status: 'active' },
  servers: '2.0',
}

/** Gets the key points of today (UTC) and the active threads, in two requests at once. */
export async function getContextSummary(
  context: CallContext,
  options: CallOptions = {},
): Promise<ContextSummary> {
  const today = new Date().toISOString().slice(0, 10)
  const [points, threads] = await Promise.all([
    callMethod(context, 'getContextSummary', pointsRow, [today, options]),
    callMethod(context, 'getContextSummary', threadsRow, [options]),
  ])
  return { points: rowsOf(points, 'points'), threads: rowsOf(threads, 'threads') }
}

function rowsOf(answer: unknown, name: string): readonly Readonly<Record<string, unknown>>[] {
  const rows = isFields(answer) ? answer[name] : undefined
  return Array.isArray(rows) ? rows.filter(isFields) : []
}
