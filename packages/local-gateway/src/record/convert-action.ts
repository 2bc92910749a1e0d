import type { ActionKind, ActionOutcome, ClawEvent, ErrorInfo, JsonValue, Usage } from '@pincer/protocol'
import type { ActionRecord } from './action-record.ts'
import type { Cost } from './cost.ts'

/** What is known about one action. */
export interface ActionFacts {
  readonly actionId: string
  readonly opened?: ClawEvent
  readonly ended?: ClawEvent
  readonly usage?: Usage
  readonly cost?: Cost
  /** When the usage was reported, in epoch milliseconds. */
  readonly usageTs?: number
}

/** Makes an action from the events that won its slots; whatever has not arrived yet is left out. */
export function convertAction(facts: ActionFacts): ActionRecord {
  const { actionId, opened, ended, usage, cost } = facts
  const first = describeStart(opened)
  const last = describeEnd(ended)
  const startedAt = opened?.ts ?? ended?.ts ?? facts.usageTs ?? 0
  const durationMs = last.durationMs ?? (ended === undefined ? undefined : Math.max(0, ended.ts - startedAt))
  const toolCallId = first.toolCallId ?? last.toolCallId
  return {
    actionId,
    kind: kindOf(opened ?? ended),
    name: first.name ?? last.name ?? usage?.model ?? '',
    ...(first.parentActionId === undefined ? {} : { parentActionId: first.parentActionId }),
    ...(toolCallId === undefined ? {} : { toolCallId }),
    outcome: last.outcome ?? 'running',
    startedAt,
    ...(ended === undefined ? {} : { endedAt: ended.ts }),
    ...(durationMs === undefined ? {} : { durationMs }),
    ...(last.firstTokenMs === undefined ? {} : { firstTokenMs: last.firstTokenMs }),
    ...(first.input === undefined ? {} : { input: first.input }),
    ...(last.output === undefined ? {} : { output: last.output }),
    ...(last.error === undefined ? {} : { error: last.error }),
    ...(usage === undefined ? {} : { usage }),
    ...(cost === undefined ? {} : { cost }),
  }
}

/** Usage that arrived before everything else can only be a model call's. */
function kindOf(event: ClawEvent | undefined): ActionKind {
  if (event?.type.startsWith('tool.') === true) return 'tool_call'
  return event?.type.startsWith('retrieval.') === true ? 'retrieval' : 'model_call'
}

interface ActionStart {
  readonly name?: string | undefined
  readonly toolCallId?: string | undefined
  readonly parentActionId?: string | undefined
  readonly input?: JsonValue | undefined
}

function describeStart(event: ClawEvent | undefined): ActionStart {
  switch (event?.type) {
    case 'model.call.started':
      return { name: event.data.model, input: event.data.input, parentActionId: event.data.parentActionId }
    case 'tool.call.started':
      return event.data
    case 'retrieval.started':
      return { name: event.data.name, input: event.data.query, parentActionId: event.data.parentActionId }
    default:
      return {}
  }
}

interface ActionEnd {
  readonly outcome?: ActionOutcome | undefined
  readonly name?: string | undefined
  readonly toolCallId?: string | undefined
  readonly output?: JsonValue | undefined
  readonly error?: ErrorInfo | undefined
  readonly durationMs?: number | undefined
  readonly firstTokenMs?: number | undefined
}

function describeEnd(event: ClawEvent | undefined): ActionEnd {
  switch (event?.type) {
    case 'model.call.completed':
    case 'model.call.failed':
    case 'tool.call.completed':
    case 'tool.call.failed':
    case 'retrieval.failed':
      return event.data
    case 'retrieval.completed':
      return { ...event.data, output: event.data.documents }
    default:
      return {}
  }
}
