import {
  type AgentSummary,
  type Approval,
  type Embeddings,
  type EventVerdict,
  GatewayError,
  type GuardDecision,
  type Page,
  type RunResult,
  type RunSummary,
  type RunTree,
  type Session,
  type SessionMessage,
  type ToolDescription,
  type ToolResult,
} from '@pincer/protocol'
import type { UsageGroup } from '../record/usage-group.ts'

/** Reads one value of an answer; throws where it is not what it should be. */
export type Parse<Value> = (value: unknown) => Value

type Check = 'string' | 'number' | 'array' | 'object' | readonly string[]

/**
 * Reads the text of an answer.
 *
 * @throws GatewayError, retryable, where it is garbage: something other than the gateway may have answered.
 */
export function parseAnswer<Value>(text: string, parse: Parse<Value>): Value {
  try {
    // A field named so would reach a prototype where its object is copied; the name may be written with escapes.
    const reviver = /__proto__|\\u00/i.test(text) ? dropPrototype : undefined
    return parse(JSON.parse(text, reviver))
  } catch (error) {
    const why =
      error instanceof SyntaxError ? 'no JSON' : error instanceof Error ? error.message.slice(0, 200) : ''
    throw new GatewayError(`the gateway answered something else than expected: ${why}`, {
      retryable: true,
      gatewayCode: 'invalid_answer',
    })
  }
}

/** Reads `{ items, nextCursor? }`. */
export function pageOf<Item>(parse: Parse<Item>): Parse<Page<Item>> {
  return (value) => {
    const { items, nextCursor } = shape<{ items: unknown[]; nextCursor?: unknown }>(value, { items: 'array' })
    const page = { items: items.map(parse) }
    return typeof nextCursor === 'string' ? { ...page, nextCursor } : page
  }
}

/** Reads `{ items }`. */
export function itemsOf<Item>(parse: Parse<Item>): Parse<readonly Item[]> {
  const parsePage = pageOf(parse)
  return (value) => parsePage(value).items
}

/** Reads `{ verdicts }`, one for every id. */
export function verdictsFor(ids: readonly string[]): Parse<readonly EventVerdict[]> {
  return (value) => {
    const { verdicts } = shape<{ verdicts: unknown[] }>(value, { verdicts: 'array' })
    const status = ['accepted', 'duplicate', 'rejected']
    const parsed = verdicts.map((verdict) => shape<EventVerdict>(verdict, { id: 'string', status }))
    const found = Map.groupBy(parsed, (verdict) => verdict.id)
    // One for each event and in their order, whatever else was answered; an event may stand in a batch twice.
    return ids.map((id) => {
      const verdict = found.get(id)?.shift()
      if (verdict === undefined) throw new Error('a verdict is missing')
      return verdict
    })
  }
}

const runStatus = ['queued', 'running', 'paused', 'completed', 'failed', 'cancelled', 'timed_out']
const approvalStatus = ['pending', 'approved', 'denied', 'expired', 'cancelled']
const runShape = { runId: 'string', status: runStatus, startedAt: 'number', usage: 'object' } as const

export const parseRunSummary: Parse<RunSummary> = (value) => shape(value, runShape)
export const parseRunTree: Parse<RunTree> = (value) =>
  shape(value, { ...runShape, actions: 'array', children: 'array', totalUsage: 'object' })
export const parseUsageGroup: Parse<UsageGroup> = (value) =>
  shape(value, { key: 'string', usage: 'object', callCount: 'number', unpricedCount: 'number' })
export const parseGuardDecision: Parse<GuardDecision> = (value) =>
  shape(value, { decision: ['allow', 'warn', 'block', 'require_approval'] })
export const parseApproval: Parse<Approval> = (value) =>
  shape(value, { approvalId: 'string', name: 'string', status: approvalStatus, requestedAt: 'number' })
export const parseAgentSummary: Parse<AgentSummary> = (value) => shape(value, { agentId: 'string' })
export const parseStartedRun: Parse<{ readonly runId: string; readonly sessionKey?: string }> = (value) =>
  shape(value, { runId: 'string' })
export const parseRunResult: Parse<RunResult> = (value) =>
  shape(value, { runId: 'string', status: ['accepted', 'completed', 'failed', 'cancelled', 'timed_out'] })
export const parseSession: Parse<Session> = (value) =>
  shape(value, { sessionKey: 'string', messageCount: 'number' })
export const parseSessionMessage: Parse<SessionMessage> = (value) =>
  shape(value, { role: ['system', 'user', 'assistant', 'tool'] })
export const parseTool: Parse<ToolDescription> = (value) => shape(value, { name: 'string' })
export const parseToolResult: Parse<ToolResult> = (value) =>
  shape(value, { status: ['ok', 'error', 'blocked', 'approval_required'], toolCallId: 'string' })
export const parseModel: Parse<{ readonly id: string; readonly provider?: string }> = (value) =>
  shape(value, { id: 'string' })
export const parseEmbeddings: Parse<Awaited<ReturnType<Embeddings['embed']>>> = (value) => {
  const found = shape<{ vectors: unknown[] }>(value, { vectors: 'array' })
  if (!found.vectors.every(isVector)) throw new Error('a vector is not as expected')
  return value as Awaited<ReturnType<Embeddings['embed']>>
}

function isVector(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every((part) => typeof part === 'number')
}

function dropPrototype(this: unknown, name: string, value: unknown): unknown {
  return name === '__proto__' ? undefined : value
}

// Checks the fields that callers rely on; what else a newer gateway sends passes through.
function shape<Value>(value: unknown, fields: Readonly<Record<string, Check>>): Value {
  if (typeof value !== 'object' || value === null) throw new Error('an object was expected')
  const own = new Map<string, unknown>(Object.entries(value))
  for (const [name, check] of Object.entries(fields)) {
    const found = own.get(name)
    if (!holds(found, check)) throw new Error(`${name} is not as expected`)
  }
  return value as Value
}

function holds(found: unknown, check: Check): boolean {
  if (check === 'array') return Array.isArray(found)
  if (check === 'object') return typeof found === 'object' && found !== null
  return typeof check === 'string'
    ? typeof found === check
    : typeof found === 'string' && check.includes(found)
}
