import { type ClawEvent, type EventVerdict, parseEvent, ProtocolError } from '@pincer/protocol'
import type { EventLog } from './event-log.ts'

/** The longest id, key or name in an event's envelope, in characters. */
const longestName = 512

/** The last millisecond that a date can name. */
const latestTime = 8.64e15

/** The largest count of one model call; a thousand of them still add up without loss. */
const largestCount = 1e12

/** The largest cost of one model call, in US dollars. */
const largestCost = 1e6

/** The most further counts of one model call. */
const mostDetails = 64

/** Names inside the data that rows are found by. */
const dataNames = ['approvalId', 'toolCallId', 'provider', 'model'] as const

const names = [
  'id',
  'runId',
  'parentRunId',
  'actionId',
  'sessionId',
  'sessionKey',
  'taskId',
  'agentId',
] as const

/**
 * Takes events from outside: each is checked by itself, so that a bad one is rejected and the others are kept.
 *
 * Gives one verdict per value, in the same order; `id` is empty where the value has none that can be read.
 */
export function receiveEvents(log: EventLog, values: readonly unknown[]): readonly EventVerdict[] {
  const parsed = values.map(readEvent)
  const kept = log.receive(parsed.flatMap((one) => ('event' in one ? [one.event] : [])))
  let at = 0
  return parsed.map((one) =>
    'event' in one ? (kept[at++] ?? rejectEvent(one.event.id, 'not_kept', 'not kept')) : one.verdict,
  )
}

/** The verdict on a value that is not an event. */
export function rejectEvent(id: string, code: string, message: string): EventVerdict {
  return { id, status: 'rejected', code, message }
}

function readEvent(value: unknown): { readonly event: ClawEvent } | { readonly verdict: EventVerdict } {
  try {
    const event = parseEvent(value)
    for (const name of names) expectName(name, event[name])
    for (const name of dataNames) expectShort(`data.${name}`, (event.data as Record<string, unknown>)[name])
    expectSums(event)
    return { event }
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error
    return { verdict: rejectEvent(readId(value), 'invalid_event', error.message) }
  }
}

/** Times are dates and counts are summed: both stay within what a date and a sum can hold. */
function expectSums(event: ClawEvent): void {
  if (event.ts > latestTime) throw new ProtocolError('ts', 'epoch milliseconds of a real date', event.ts)
  if (event.type !== 'usage.reported') return
  const { costUsd = 0, details = {} } = event.data
  if (costUsd > largestCost) throw new ProtocolError('data.costUsd', `at most ${largestCost}`, costUsd)
  const detailNames = Object.keys(details)
  if (detailNames.length > mostDetails)
    throw new ProtocolError('data.details', `at most ${mostDetails} counts`, details)
  for (const name of detailNames) expectShort('data.details', name)
  for (const [name, count] of Object.entries({ ...event.data.details, ...event.data })) {
    if (typeof count === 'number' && Math.abs(count) > largestCount) {
      throw new ProtocolError(`data.${name}`, `at most ${largestCount}`, count)
    }
  }
}

/** Ids are indexed, sorted and sent back in streams: they are short text without control characters. */
function expectName(name: string, value: string | undefined): void {
  if (value === undefined) return
  if (value === '' && name.endsWith('unId'))
    throw new ProtocolError(name, 'a string that is not empty', value)
  if (value.length > longestName) throw new ProtocolError(name, `at most ${longestName} characters`, value)
  // oxlint-disable-next-line no-control-regex
  if (/[\u0000-\u001f\u007f]/.test(value) || !value.isWellFormed()) {
    throw new ProtocolError(name, 'text without control characters', value)
  }
}

function expectShort(path: string, value: unknown): void {
  if (typeof value === 'string' && value.length > longestName)
    throw new ProtocolError(path, `at most ${longestName} characters`, value)
}

function readId(value: unknown): string {
  const id = typeof value === 'object' && value !== null && 'id' in value ? value.id : undefined
  return typeof id === 'string' ? id.slice(0, longestName) : ''
}
