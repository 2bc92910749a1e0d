import type { ClawEvent, ClawEventData, ClawEventType, Usage } from '@pincer/protocol'

/** Names and times of a run that is written by hand. */
export interface RecordedRunOptions {
  readonly runId: string
  readonly parentRunId?: string
  readonly parentActionId?: string
  /** Epoch milliseconds of the first event; every next one is 10 later. */
  readonly startedAt?: number
  readonly sessionKey?: string
  readonly agentId?: string
}

/** The usage that {@link recordedRun} reports for its model call. */
export const recordedUsage: Usage = {
  provider: 'demo',
  model: 'pincer-demo',
  inputTokens: 100,
  cacheReadTokens: 40,
  cacheWriteTokens: 5,
  outputTokens: 20,
  reasoningTokens: 8,
  totalTokens: 120,
}

/** Writes the events of a run as a client records them: a model call with usage, a tool call, and the end. */
export function recordedRun(options: RecordedRunOptions): readonly ClawEvent[] {
  const { runId, parentRunId, parentActionId, startedAt = 1_760_000_000_000, sessionKey, agentId } = options
  const events: ClawEvent[] = []
  const model = `${runId}-model`
  const tool = `${runId}-tool`
  function add<Type extends ClawEventType>(type: Type, data: ClawEventData[Type], actionId?: string): void {
    const seq = events.length + 1
    events.push({
      version: 1,
      id: `${runId}-event-${seq}`,
      ts: startedAt + seq * 10,
      type,
      runId,
      seq,
      ...(parentRunId === undefined ? {} : { parentRunId }),
      ...(actionId === undefined ? {} : { actionId }),
      ...(sessionKey === undefined ? {} : { sessionKey }),
      ...(agentId === undefined ? {} : { agentId }),
      data,
    } as ClawEvent)
  }
  add('run.started', {
    name: 'contract',
    input: 'question',
    ...(parentActionId === undefined ? {} : { parentActionId }),
  })
  add('model.call.started', { provider: 'demo', model: 'pincer-demo', operation: 'chat' }, model)
  add('usage.reported', recordedUsage, model)
  add('model.call.completed', { outcome: 'ok', output: 'calling', durationMs: 20 }, model)
  add('tool.call.started', { toolCallId: 'call-1', name: 'lookup', input: { word: 'crab' } }, tool)
  add(
    'tool.call.completed',
    { toolCallId: 'call-1', outcome: 'ok', output: 'an animal', durationMs: 10 },
    tool,
  )
  add('run.completed', { output: 'answer', durationMs: 60 })
  return events
}
