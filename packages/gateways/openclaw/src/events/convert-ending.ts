import type { ClawEvent, ErrorInfo } from '@pincer/protocol'
import { convertRunError } from './convert-run-error.ts'
import type { RunEnding } from './end-run.ts'
import type { RunOutcome } from './event-feed.ts'
import { type Fields, parseCount, parseFields, parseText } from './parse-fields.ts'

// What the Gateway calls a run that somebody stopped.
const stopWords: ReadonlySet<string> = new Set([
  'rpc',
  'abort',
  'aborted',
  'cancel',
  'cancelled',
  'canceled',
  'user',
])

/** Reads how a run ended from the data of `lifecycle end` or `lifecycle error`. */
export function convertLifecycleEnding(phase: 'end' | 'error', data: Fields): RunEnding {
  const stopReason = parseText(data['stopReason'])
  const error = readError(data['error'], data['errorObservation'])
  const times = {
    text: parseText(parseFields(data['terminalReply'])['text']),
    startedAt: parseCount(data['startedAt']),
    endedAt: parseCount(data['endedAt']),
  }
  const status = parseText(data['status'])
  // A run that ran out of time is aborted too, so that the word of a person comes first, then the clock, then the rest.
  if (
    (status !== undefined && stopWords.has(status)) ||
    (stopReason !== undefined && stopWords.has(stopReason))
  )
    return { ...times, status: 'cancelled', reason: stopReason }
  if (typeof data['timeoutPhase'] === 'string' || status === 'timeout' || stopReason === 'timeout')
    return { ...times, status: 'timed_out', reason: error?.message }
  if (data['aborted'] === true) return { ...times, status: 'cancelled', reason: stopReason }
  if (phase === 'error' || status === 'failed' || status === 'error')
    return { ...times, status: 'failed', error }
  return { ...times, status: 'completed', stopReason }
}

/** Reads how a run ended from a `chat` frame of state `final`, `aborted` or `error`. */
export function convertChatEnding(payload: Fields): RunEnding {
  const state = payload['state']
  const stopReason = parseText(payload['stopReason'])
  if (state === 'aborted') {
    const endedAt = parseCount(parseFields(payload['message'])['timestamp'])
    return { status: 'cancelled', reason: stopReason, endedAt }
  }
  if (state === 'final') return { status: 'completed', stopReason }
  const error = readError(payload['errorMessage'], payload['errorDetail'])
  return payload['errorKind'] === 'timeout'
    ? { status: 'timed_out', reason: error?.message }
    : { status: 'failed', error }
}

function readError(message: unknown, detail: unknown): ErrorInfo | undefined {
  if (typeof message !== 'string' || message === '') return undefined
  return convertRunError(message, parseFields(detail)['failoverReason'])
}

/** The ending that an outcome stands for, which was found out by other means than the run's frames. */
export function convertOutcome(outcome: RunOutcome): RunEnding {
  const { text, stopReason, error } = outcome
  // A run that is not over has no outcome: what was asked for is its end.
  if (outcome.status === 'completed') return { status: 'completed', text, stopReason }
  if (outcome.status === 'failed') return { status: 'failed', text, error }
  return { status: outcome.status, text, reason: stopReason ?? error?.message }
}

/** The outcome that a terminal event tells; undefined for other events. */
export function outcomeOf(event: ClawEvent): RunOutcome | undefined {
  switch (event.type) {
    case 'run.completed': {
      const { stopReason } = event.data
      return {
        status: 'completed',
        ...textOf(event.data.output),
        ...(stopReason === undefined ? {} : { stopReason }),
      }
    }
    case 'run.failed':
      return { status: 'failed', ...textOf(event.data.output), error: event.data.error }
    case 'run.cancelled':
    case 'run.timed_out': {
      const { reason } = event.data
      const timedOut = event.type === 'run.timed_out'
      return {
        status: timedOut ? 'timed_out' : 'cancelled',
        ...textOf(event.data.output),
        ...(reason === undefined ? {} : timedOut ? { error: { message: reason } } : { stopReason: reason }),
      }
    }
    default:
      return undefined
  }
}

function textOf(output: unknown): { text?: string } {
  return typeof output === 'string' ? { text: output } : {}
}
