import type { ClawEvent, ClawEventData, ClawEventType, Usage } from '@pincer/protocol'

/** When every story of the tests begins, in epoch milliseconds: 2025-10-09T08:00:00Z. */
export const storyStart = 1_759_996_800_000

/** Makes an event of a run; `seq` also sets the time, so that later means later. */
export function storyEvent<Type extends ClawEventType>(
  runId: string,
  seq: number,
  type: Type,
  data: ClawEventData[Type],
  more: Partial<ClawEvent> = {},
): ClawEvent {
  // The generic pairs type and data; the union cannot see that.
  return {
    version: 1,
    id: `${runId}.${seq}`,
    ts: storyStart + seq,
    type,
    runId,
    seq,
    data,
    ...more,
  } as ClawEvent
}

/** Usage of one call: so many tokens in, a tenth of them out. */
export function storyUsage(inputTokens: number, more: Partial<Usage> = {}): Usage {
  const outputTokens = inputTokens / 10
  return {
    provider: 'openai',
    model: 'gpt-4o-mini',
    inputTokens,
    cacheReadTokens: 0,
    cacheWriteTokens: 0,
    outputTokens,
    reasoningTokens: 0,
    totalTokens: inputTokens + outputTokens,
    ...more,
  }
}

/** One finished run: a model call with usage, a tool call, and the outcome. */
export function finishedRun(runId: string, more: Partial<ClawEvent> = {}): ClawEvent[] {
  const model = { ...more, actionId: `${runId}.model` }
  const tool = { ...more, actionId: `${runId}.tool` }
  return [
    storyEvent(runId, 1, 'run.started', { name: 'answer', input: 'What is in the file?' }, more),
    storyEvent(
      runId,
      2,
      'model.call.started',
      { provider: 'openai', model: 'gpt-4o-mini', input: 'x' },
      model,
    ),
    storyEvent(runId, 3, 'usage.reported', storyUsage(1_000), model),
    storyEvent(
      runId,
      4,
      'model.call.completed',
      { outcome: 'ok', output: 'read it', durationMs: 12, firstTokenMs: 5 },
      model,
    ),
    storyEvent(
      runId,
      5,
      'tool.call.started',
      { toolCallId: 'call_1', name: 'files.read', input: { path: 'a' } },
      tool,
    ),
    storyEvent(
      runId,
      6,
      'tool.call.completed',
      { toolCallId: 'call_1', outcome: 'ok', output: 'text', durationMs: 3 },
      tool,
    ),
    storyEvent(runId, 7, 'run.completed', { output: 'It is text.', stopReason: 'stop' }, more),
  ]
}
