import { randomUUID } from 'node:crypto'
import type { ErrorInfo, FailedOutcome, JsonValue, Risk } from '@pincer/protocol'
import type { RunRecorder } from './run-recorder.ts'

/** One tool call of a run, as it goes into the record. */
export interface ToolCallRecord {
  readonly actionId: string
  complete(output: JsonValue): void
  fail(outcome: FailedOutcome, error: ErrorInfo): void
}

/** How a tool call opens. */
export interface ToolCallStart {
  readonly toolCallId: string
  readonly name: string
  readonly input?: JsonValue | undefined
  readonly risk?: Risk | undefined
}

/** Opens a tool call in the record of a run. */
export function recordToolCall(
  recorder: RunRecorder,
  { toolCallId, name, input, risk }: ToolCallStart,
): ToolCallRecord {
  const actionId = `act_${randomUUID()}`
  const startedAt = performance.now()
  recorder.record(
    'tool.call.started',
    { toolCallId, name, ...(input === undefined ? {} : { input }), ...(risk === undefined ? {} : { risk }) },
    actionId,
  )
  const close = recorder.open(actionId, ({ status, reason }) => {
    if (status === 'timed_out') fail('timed_out', { message: reason, code: 'timed_out' })
    else if (close()) {
      recorder.record(
        'tool.call.completed',
        { toolCallId, name, outcome: 'cancelled', reason, durationMs: elapsed() },
        actionId,
      )
    }
  })

  function elapsed(): number {
    return performance.now() - startedAt
  }

  function fail(outcome: FailedOutcome, error: ErrorInfo): void {
    if (close())
      recorder.record(
        'tool.call.failed',
        { toolCallId, name, outcome, error, durationMs: elapsed() },
        actionId,
      )
  }

  return {
    actionId,
    complete: (output) => {
      if (close())
        recorder.record(
          'tool.call.completed',
          { toolCallId, name, outcome: 'ok', output, durationMs: elapsed() },
          actionId,
        )
    },
    fail,
  }
}
