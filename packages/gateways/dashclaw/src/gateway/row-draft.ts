import {
  type ActionOutcome,
  type ClawEvent,
  type ClawEventOf,
  type ErrorInfo,
  isTerminalEvent,
  type JsonObject,
  type JsonValue,
} from '@pincer/protocol'
import type { ActionInput, ActionStatus, Outcome } from '../methods/action-results.ts'
import { type DescribeStep, describeStep, type Step } from './describe-step.ts'
import { rowOfAction, rowOfRun } from './row-id.ts'

/** An action to record, with its id. */
type DraftedAction = ActionInput & { readonly action_id: string }

/** What events of one row come to. */
export interface RowDraft {
  readonly kind: Step['kind']
  /** What to record, where its start is among the events. */
  readonly action?: DraftedAction
  /** What to record where an end finds no row; its start was lost, or is still to come. */
  readonly late?: DraftedAction
  /** How it went, where its end or its usage is among the events. */
  readonly outcome?: Outcome
  /** The way it ended, as its end says. */
  readonly end?: { readonly outcome: ActionOutcome; readonly error?: ErrorInfo }
  readonly usages: readonly ClawEventOf<'usage.reported'>[]
  /** What the run's start says beside what actions have. */
  readonly metadata?: JsonObject
}

/** The row that an event is recorded in; `undefined` where it is recorded in none. */
export function rowOfEvent(event: ClawEvent): string | undefined {
  if (isTerminalEvent(event)) return event.runId === undefined ? undefined : rowOfRun(event.runId)
  switch (event.type) {
    case 'run.created':
    case 'run.queued':
    case 'run.started':
      return event.runId === undefined ? undefined : rowOfRun(event.runId)
    case 'tool.call.started':
    case 'tool.call.completed':
    case 'tool.call.failed':
      return rowOfAction(event.actionId ?? event.data.toolCallId)
    case 'model.call.started':
    case 'model.call.completed':
    case 'model.call.failed':
    case 'retrieval.started':
    case 'retrieval.completed':
    case 'retrieval.failed':
      return event.actionId === undefined ? undefined : rowOfAction(event.actionId)
    case 'usage.reported':
      return event.actionId === undefined ? `usage ${event.runId ?? event.id}` : rowOfAction(event.actionId)
    default:
      return undefined
  }
}

/** Brings the events of one row together, so that they take as few requests as can be. */
export function draftRow(
  rowId: string,
  events: readonly ClawEvent[],
  describe: DescribeStep | undefined,
): RowDraft {
  let draft: RowDraft = { kind: 'run', usages: [] }
  for (const event of events) draft = { ...draft, ...readStart(rowId, event, describe) }
  for (const event of events) {
    if (event.type === 'usage.reported') draft = { ...draft, usages: [...draft.usages, event] }
  }
  // Of usage that is told again, the last holds.
  const usage = draft.usages.at(-1)?.data
  for (const event of events) draft = { ...draft, ...readEnd(rowId, event, describe) }
  if (usage === undefined) return draft
  const outcome: Outcome = {
    ...draft.outcome,
    tokens_in: tokens(usage.inputTokens),
    tokens_out: tokens(usage.outputTokens),
    ...(usage.model === '' ? {} : { model: usage.model }),
    ...(usage.costUsd === undefined ? {} : { cost_estimate: Math.min(usage.costUsd, 10_000) }),
  }
  return { ...draft, outcome }
}

function readStart(
  rowId: string,
  event: ClawEvent,
  describe: DescribeStep | undefined,
): Partial<RowDraft> | undefined {
  switch (event.type) {
    case 'run.created':
    case 'run.queued':
    case 'run.started': {
      const { name = 'run', input, metadata } = event.data
      const step = { kind: 'run', name, ...optional({ input, metadata }) } as const
      const drafted = start(rowId, event, step, describe)
      return { kind: 'run', action: drafted, ...optional({ metadata }) }
    }
    case 'model.call.started': {
      const { model, input } = event.data
      const step = { kind: 'model_call', name: model, ...optional({ input }) } as const
      return { kind: 'model_call', action: { ...start(rowId, event, step, describe), model } }
    }
    case 'tool.call.started': {
      const { name, input, risk } = event.data
      const step = { kind: 'tool_call', name, ...optional({ input, risk }) } as const
      return { kind: 'tool_call', action: start(rowId, event, step, describe) }
    }
    case 'retrieval.started': {
      const { name, query } = event.data
      const step = { kind: 'retrieval', name, ...optional({ input: query }) } as const
      return { kind: 'retrieval', action: start(rowId, event, step, describe) }
    }
    default:
      return undefined
  }
}

function start(
  rowId: string,
  event: ClawEvent,
  step: Step,
  describe: DescribeStep | undefined,
): DraftedAction {
  const { runId, parentRunId, agentId } = event
  const parentAction = 'parentActionId' in event.data ? event.data.parentActionId : undefined
  const above = step.kind === 'run' ? parentRunId : runId
  const parent =
    parentAction !== undefined ? rowOfAction(parentAction) : above === undefined ? undefined : rowOfRun(above)
  return {
    action_id: rowId,
    ...describeStep(step, describe),
    status: 'running',
    timestamp_start: timeOf(event.ts),
    ...optional({ agent_id: agentId, parent_action_id: parent === rowId ? undefined : parent }),
    ...(runId === undefined ? {} : { trigger: `run:${runId.slice(0, 200)}` }),
    ...(step.input === undefined ? {} : { input_summary: write(step.input) }),
  }
}

function readEnd(
  rowId: string,
  event: ClawEvent,
  describe: DescribeStep | undefined,
): Partial<RowDraft> | undefined {
  const ended = readOutcome(event)
  if (ended === undefined) return undefined
  const { kind, name, outcome: how, error, output, durationMs, reason } = ended
  const message = error?.message ?? (how === 'ok' ? undefined : reason)
  const outcome: Outcome = {
    status: statusOf(how, error),
    timestamp_end: timeOf(event.ts),
    ...(durationMs === undefined ? {} : { duration_ms: Math.round(durationMs) }),
    ...(output === undefined || output === null ? {} : { output_summary: write(output) }),
    ...(message === undefined || message === '' ? {} : { error_message: message }),
  }
  const late = start(rowId, event, { kind, name }, describe)
  return { kind, late, outcome, end: { outcome: how, ...optional({ error }) } }
}

interface End {
  readonly kind: Step['kind']
  readonly name: string
  readonly outcome: ActionOutcome
  readonly error?: ErrorInfo | undefined
  readonly output?: JsonValue | undefined
  readonly durationMs?: number | undefined
  readonly reason?: string | undefined
}

function readOutcome(event: ClawEvent): End | undefined {
  switch (event.type) {
    case 'run.completed':
      return { kind: 'run', name: 'run', outcome: 'ok', ...event.data }
    case 'run.failed':
      return { kind: 'run', name: 'run', outcome: 'error', ...event.data }
    case 'run.cancelled':
      return { kind: 'run', name: 'run', outcome: 'cancelled', ...event.data }
    case 'run.timed_out':
      return { kind: 'run', name: 'run', outcome: 'timed_out', reason: 'its time was up', ...event.data }
    case 'model.call.completed':
    case 'model.call.failed':
      return { kind: 'model_call', name: 'model', ...event.data }
    case 'tool.call.completed':
    case 'tool.call.failed':
      return { kind: 'tool_call', name: 'tool', ...event.data }
    case 'retrieval.completed':
      return { kind: 'retrieval', name: 'retrieval', output: event.data.documents, ...event.data }
    case 'retrieval.failed':
      return { kind: 'retrieval', name: 'retrieval', ...event.data }
    default:
      return undefined
  }
}

function statusOf(outcome: ActionOutcome, error: ErrorInfo | undefined): ActionStatus {
  if (outcome === 'blocked') return 'blocked'
  if (outcome === 'cancelled' || outcome === 'abandoned') return 'cancelled'
  // Nobody answered: that is no failure of the action, and no denial.
  if (error?.code === 'approval_timed_out') return 'cancelled'
  return outcome === 'error' || outcome === 'timed_out' || outcome === 'denied' ? 'failed' : 'completed'
}

function write(value: JsonValue): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}

// The server takes no more, and no pieces of tokens.
function tokens(count: number): number {
  return Math.min(10_000_000, Math.max(0, Math.round(count)))
}

function timeOf(ts: number): string {
  const time = new Date(ts)
  return Number.isNaN(time.getTime()) ? new Date().toISOString() : time.toISOString()
}

type Present<Fields> = { readonly [Name in keyof Fields]?: Exclude<Fields[Name], undefined> }

function optional<Fields extends object>(fields: Fields): Present<Fields> {
  const entries = Object.entries(fields).filter(([, value]) => value !== undefined)
  // The same fields without those that are absent.
  return Object.fromEntries(entries) as Present<Fields>
}
