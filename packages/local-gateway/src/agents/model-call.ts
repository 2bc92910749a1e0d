import { randomUUID } from 'node:crypto'
import type { CompletedOutcome, ErrorInfo, JsonObject, JsonValue, Usage } from '@pincer/protocol'
import type { RunRecorder } from './run-recorder.ts'

/** How a model call of the loop opens. */
export interface ModelCallStart {
  readonly provider: string
  readonly model: string
  readonly input?: JsonValue | undefined
  readonly parameters?: JsonObject | undefined
}

/** How a model call of the loop ends well. */
interface ModelCallFinish {
  readonly outcome: CompletedOutcome
  readonly finishReason: string
  readonly responseId?: string | undefined
  readonly usage?: Usage | undefined
}

/** One model call of a run, as it goes into the record. */
export interface ModelCallRecord {
  readonly actionId: string
  text(delta: string): void
  thinking(delta: string): void
  complete(finish: ModelCallFinish): void
  /** The stream was given up by its reader. */
  cancel(reason: string): void
  fail(error: ErrorInfo, outcome?: 'error' | 'blocked' | 'denied' | 'timed_out'): void
}

/** Opens a model call in the record of a run. */
export function recordModelCall(
  recorder: RunRecorder,
  { provider, model, input, parameters }: ModelCallStart,
): ModelCallRecord {
  const actionId = `act_${randomUUID()}`
  const itemId = `msg_${randomUUID()}`
  const startedAt = performance.now()
  let firstTokenMs: number | undefined
  let text = ''
  recorder.record(
    'model.call.started',
    {
      provider,
      model,
      operation: 'chat',
      stream: true,
      ...(input === undefined ? {} : { input }),
      ...(parameters === undefined ? {} : { parameters }),
    },
    actionId,
  )
  const close = recorder.open(actionId, ({ status, reason }) => {
    if (status === 'timed_out') fail({ message: reason, code: 'timed_out' }, 'timed_out')
    else cancel(reason)
  })

  function ending(): {
    readonly output?: string
    readonly durationMs: number
    readonly firstTokenMs?: number
  } {
    return {
      durationMs: performance.now() - startedAt,
      ...(text === '' ? {} : { output: text }),
      ...(firstTokenMs === undefined ? {} : { firstTokenMs }),
    }
  }

  function take(): void {
    firstTokenMs ??= performance.now() - startedAt
  }

  function cancel(reason: string): void {
    if (close())
      recorder.record('model.call.completed', { outcome: 'cancelled', reason, ...ending() }, actionId)
  }

  function fail(error: ErrorInfo, outcome: 'error' | 'blocked' | 'denied' | 'timed_out' = 'error'): void {
    if (close()) recorder.record('model.call.failed', { outcome, error, ...ending() }, actionId)
  }

  return {
    actionId,
    text: (delta) => {
      take()
      text += delta
      recorder.delta('assistant.delta', delta, { itemId, actionId })
    },
    thinking: (delta) => {
      take()
      recorder.delta('thinking.delta', delta, { itemId: `${itemId}.thinking`, actionId })
    },
    complete: ({ outcome, finishReason, responseId, usage }) => {
      if (!close()) return
      const id = responseId === undefined ? {} : { responseId }
      recorder.record('model.call.completed', { outcome, finishReason, ...id, ...ending() }, actionId)
      if (usage !== undefined) recorder.record('usage.reported', usage, actionId)
      if (text !== '') recorder.record('assistant.message', { text, itemId }, actionId)
    },
    cancel,
    fail,
  }
}
