import { type ClawEvent, type ClawEventOf, isTerminalEvent } from '@pincer/protocol'
import type { BacklogBound, BacklogPolicy } from './backlog.ts'
import { estimateEventBytes } from './estimate-bytes.ts'

/** Name of the `raw` event that stands for events that were dropped; its payload is `{ dropped }`. */
export const shortenedName = 'log.shortened'

/** Keeps events within a bound: pieces of one text are merged first, and what ends or decides something stays longest. */
export const eventPolicy: BacklogPolicy<ClawEvent> = {
  sizeOf: estimateEventBytes,
  shorten(events, target) {
    return dropOldest(mergeDeltas(events), target, [0, 1, 2])
  },
}

/** The same for events of many runs: where they fill the bound by their starts and ends alone, the oldest of those go too. */
export const readerPolicy: BacklogPolicy<ClawEvent> = {
  sizeOf: estimateEventBytes,
  shorten(events, target) {
    return dropOldest(mergeDeltas(events), target, [0, 1, 2, 3])
  },
}

type TextDelta = ClawEventOf<'assistant.delta'> | ClawEventOf<'thinking.delta'>

function isText(event: ClawEvent | undefined): event is TextDelta & ClawEvent {
  return event?.type === 'assistant.delta' || event?.type === 'thinking.delta'
}

/** Merges pieces of one text between which nothing else of their run was told; the merged event is the last piece's, with all the text. */
function mergeDeltas(events: readonly ClawEvent[]): ClawEvent[] {
  const merged: ClawEvent[] = []
  const places = new Map<string | undefined, number>()
  for (const event of events) {
    if (!isText(event)) {
      places.delete(event.runId)
      merged.push(event)
      continue
    }
    const place = places.get(event.runId)
    const before = place === undefined ? undefined : merged[place]
    if (
      place === undefined ||
      !isText(before) ||
      before.type !== event.type ||
      before.data.itemId !== event.data.itemId
    ) {
      places.set(event.runId, merged.length)
      merged.push(event)
    } else merged[place] = mergePair(before, event)
  }
  return merged
}

function mergePair(before: TextDelta, event: TextDelta & ClawEvent): ClawEvent {
  if (event.data.replace === true) return event
  const delta = before.data.delta + event.data.delta
  const { itemId } = event.data
  const isReplacing = before.data.replace === true
  return {
    ...event,
    data: {
      delta,
      ...(itemId === undefined ? {} : { itemId }),
      ...(isReplacing ? { replace: true } : {}),
    },
  }
}

/** How soon an event of a type goes when there is no room: 0 goes first, 3 last, and from the log of a run never. */
function rankOf(event: ClawEvent): 0 | 1 | 2 | 3 {
  switch (event.type) {
    case 'assistant.delta':
    case 'thinking.delta':
    case 'tool.call.delta':
    case 'raw':
      return 0
    case 'approval.requested':
    case 'approval.resolved':
    case 'question.requested':
    case 'question.answered':
      return 2
    case 'run.started':
    case 'usage.reported':
      return 3
    default:
      return isTerminalEvent(event) ? 3 : 1
  }
}

function dropOldest(
  events: readonly ClawEvent[],
  target: BacklogBound,
  ranks: readonly number[],
): readonly ClawEvent[] {
  let count = events.length
  let bytes = 0
  for (const event of events) bytes += estimateEventBytes(event)
  const isWithin = (): boolean => count <= target.items && bytes <= target.bytes
  if (isWithin()) return events
  const dropped = new Set<ClawEvent>()
  let droppedBefore = 0
  for (const rank of ranks) {
    for (const event of events) {
      if (isWithin()) break
      // The last event is the newest, for which room is made.
      if (rankOf(event) !== rank || dropped.has(event) || event === events.at(-1)) continue
      dropped.add(event)
      count -= 1
      bytes -= estimateEventBytes(event)
      droppedBefore += droppedIn(event) ?? 1
    }
  }
  if (dropped.size === 0) return events
  return mark(events, dropped, droppedBefore)
}

function droppedIn(event: ClawEvent): number | undefined {
  if (event.type !== 'raw' || event.data.name !== shortenedName) return undefined
  const payload = event.data.payload
  const count =
    typeof payload === 'object' && payload !== null && 'dropped' in payload ? payload['dropped'] : undefined
  return typeof count === 'number' ? count : undefined
}

// One event tells of all that were dropped, in the place of the first of them.
function mark(
  events: readonly ClawEvent[],
  dropped: ReadonlySet<ClawEvent>,
  droppedBefore: number,
): readonly ClawEvent[] {
  const kept: ClawEvent[] = []
  let isMarked = false
  for (const event of events) {
    if (!dropped.has(event)) {
      kept.push(event)
      continue
    }
    if (isMarked) continue
    isMarked = true
    const isOneRun = events.every((other) => other.runId === events[0]?.runId)
    kept.push(shortenedEvent(isOneRun ? event.runId : undefined, droppedBefore, event.ts))
  }
  return kept
}

/** Makes the event that tells of events that were dropped from a run's log, or from a reader's backlog. */
export function shortenedEvent(runId: string | undefined, dropped: number, ts: number): ClawEvent {
  return {
    version: 1,
    id: `${runId ?? 'backlog'}.shortened.${dropped}`,
    ts,
    type: 'raw',
    ...(runId === undefined ? {} : { runId }),
    data: { name: shortenedName, payload: { dropped } },
  }
}
